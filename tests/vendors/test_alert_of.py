"""What becomes of a vendor's words: bounded, scrubbed, and links that people may follow."""

from datetime import timedelta

import pytest

from benchmarks.envelopes import NOW
from suture.domain.alert import Alert, AlertSource
from suture.domain.inbound import VendorAlert
from suture.errors import InvalidInput
from suture.traces.vendor import alert_of


def alert(**fields: object) -> Alert:
    facts = {"alert_id": "1", "source": AlertSource.GRAFANA, "group": "g", "title": "Slow"}
    told = VendorAlert.model_validate({**facts, **fields})
    return alert_of(told, service="shop", environment="live", received_at=NOW)


@pytest.mark.parametrize("title", ["", "  \n \t"])
def test_an_alert_that_says_nothing_is_refused(title: str) -> None:
    with pytest.raises(InvalidInput, match="no title"):
        alert(title=title)


@pytest.mark.parametrize(
    ("link", "kept"),
    [
        ("https://grafana.example/d/1?x=2", True),
        ("http://grafana.example", True),
        ("javascript:alert(1)", False),
        ("https://user:password@grafana.example/", False),
        ("https://grafana.example/\nevil", False),
        ("https://[half", False),
        ("https://grafana.example/" + "a" * 1_000, False),
        ("", False),
    ],
)
def test_only_links_that_people_may_follow_are_kept(link: str, kept: bool) -> None:  # noqa: FBT001 -- a case's answer
    assert alert(link=link).link == (link if kept else "")


def test_long_names_stay_names_of_their_own() -> None:
    first, second = alert(group="g" * 300), alert(group="g" * 301)
    assert len(first.group) == len(second.group) == 64
    assert first.group != second.group
    assert alert(group="g" * 200).group == "g" * 200


def test_nothing_happens_later_than_it_is_told() -> None:
    assert alert(occurred_at=NOW + timedelta(days=1)).occurred_at == NOW
    assert alert(occurred_at=NOW - timedelta(days=1)).occurred_at == NOW - timedelta(days=1)
    assert alert().occurred_at == NOW
