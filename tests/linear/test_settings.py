"""What an operator sets for Linear, and what `suture check` says about it."""

import pytest
from pydantic import ValidationError

from apps.cli.readiness import tracker_needs
from integrations.linear.probe import probe
from integrations.linear.tracker import LinearTracker
from suture.errors import SettingsError
from suture.linear_settings import LinearSettings
from suture.settings import Settings
from tests.fakes.faults import Fault
from tests.fakes.linear_server import ACCESS_TOKEN, LinearServer
from tests.fakes.linear_tracker import linear_settings
from tests.linear.conftest import content
from workers.parts import build_parts


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "api_key or access_token"),
        ({"api_key": "a", "access_token": "b"}, "not both"),
        ({"api_key": ""}, "api_key"),
        ({"api_key": "a", "team": 'X"}'}, "team"),
        ({"api_key": "a", "api_url": "ftp://x"}, "api_url"),
        ({"api_key": "a", "api_url": "https://key@api.linear.app"}, "api_url"),
        ({"api_key": "a", "priorities": {"high": 5}}, "priorities"),
    ],
)
def test_wrong_settings_are_told(given: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        LinearSettings.model_validate({"team": "SHOP"} | given)


def test_a_usable_linear_has_all_that_is_needed(linear: LinearServer) -> None:
    for given in ({"team": "shop"}, {"api_key": None, "access_token": ACCESS_TOKEN}):
        found = list(probe(linear_settings(linear, **given)))
        assert [one.name for one in found] == ["Linear", "Linear credentials", "Linear team"]
        assert all(one.ok for one in found)
    assert linear.issues == {}


def test_what_is_missing_is_told_with_its_mend(linear: LinearServer) -> None:
    linear.date = "Sat, 21 Nov 2020 12:00:00 GMT"
    found = list(probe(linear_settings(linear, states={"closed": "Shipped"})))
    assert [one.ok for one in found] == [False, True, False]
    assert "NTP" in found[0].mend
    assert "no state for closed" in found[2].detail
    assert "Done" in found[2].mend


@pytest.mark.parametrize(
    ("given", "last", "mend"),
    [
        ({"api_url": "http://127.0.0.1:9"}, "Linear reachable", "api_url"),
        ({"api_key": "wrong"}, "Linear credentials", "linear.api_key"),
        (
            {"api_key": None, "access_token": "wrong"},
            "Linear credentials",
            "linear.access_token",
        ),
        ({"team": "TILL"}, "Linear team", "linear.team"),
    ],
)
def test_what_cannot_be_looked_at_ends_the_look(
    linear: LinearServer, given: dict[str, object], last: str, mend: str
) -> None:
    *before, named = probe(linear_settings(linear, **given))
    assert all(one.ok for one in before)
    assert (named.ok, named.name) == (False, last)
    assert mend in named.mend


def test_a_server_without_a_clock_is_told(linear: LinearServer) -> None:
    linear.date = "soon"
    assert "no date" in next(iter(probe(linear_settings(linear)))).detail


def test_a_viewer_without_a_name_is_one(linear: LinearServer) -> None:
    linear.fail("SutureViewer", Fault(status=200, body='{"data":{"viewer":null}}'))
    assert [one.ok for one in probe(linear_settings(linear))] == [True] * 3


def test_check_looks_at_linear_only_where_it_keeps_the_tickets(linear: LinearServer) -> None:
    settings = linear_settings(linear)
    assert list(tracker_needs(Settings(linear=settings))) == []
    chosen = Settings.model_validate({"tracker": "linear", "linear": settings})
    assert [need.ok for need in tracker_needs(chosen)] == [True] * 3
    (need,) = tracker_needs(Settings.model_validate({"tracker": "linear"}))
    assert not need.ok


def test_linear_needs_its_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    place = tmp_path_factory.mktemp("state")
    with pytest.raises(SettingsError, match=r"\[linear\]"):
        build_parts(Settings.model_validate({"tracker": "linear", "state_dir": place}))


def test_linear_keeps_the_tickets_where_it_is_chosen(
    linear: LinearServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = tmp_path_factory.mktemp("state")
    given = {"tracker": "linear", "linear": linear_settings(linear), "state_dir": place}
    parts = build_parts(Settings.model_validate(given))
    assert isinstance(parts.tracker, LinearTracker)
    parts.tracker.ensure_ticket("shop", "case-1", content())
    assert len(linear.issues) == 1
    parts.close()
