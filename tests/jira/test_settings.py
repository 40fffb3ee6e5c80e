"""What an operator sets for Jira, and what `suture check` says about it."""

import pytest
from pydantic import ValidationError

from apps.cli.readiness import tracker_needs
from integrations.jira.probe import probe
from integrations.jira.tracker import JiraTracker
from suture.errors import SettingsError
from suture.jira_settings import JiraSettings
from suture.settings import Settings
from tests.fakes.faults import Fault
from tests.fakes.jira_server import JiraServer
from tests.fakes.jira_tracker import jira_settings
from tests.jira.conftest import content
from workers.parts import build_parts

CLOUD = {
    "url": "https://acme.atlassian.net",
    "email": "suture@acme.invalid",
    "token": "secret",
    "project": "SHOP",
}


@pytest.mark.parametrize(
    ("url", "cloud"),
    [
        ("https://acme.atlassian.net", True),
        ("https://api.atlassian.com/ex/jira/1", True),
        ("https://jira.acme.example/jira", False),
        ("https://atlassian.net.acme.example", False),
    ],
)
def test_the_kind_of_jira_is_told_by_its_host(url: str, cloud: bool) -> None:  # noqa: FBT001 -- a parameter
    assert JiraSettings.model_validate(CLOUD | {"url": url}).is_cloud is cloud


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"email": None}, "needs the email"),
        ({"settle_seconds": 10}, "less than timeout_seconds"),
        ({"token": ""}, "token is empty"),
        ({"fields": {"summary": "x"}}, "may not set summary"),
        ({"project": 'SHOP" OR x'}, "project"),
        ({"url": "ftp://x"}, "url"),
    ],
)
def test_wrong_settings_are_told(given: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        JiraSettings.model_validate(CLOUD | given)


def test_a_usable_jira_has_all_that_is_needed(jira: JiraServer) -> None:
    found = list(probe(jira_settings(jira)))
    assert [one.name for one in found] == [
        "Jira",
        "Jira credentials",
        "Jira permissions",
        "Jira issue type",
    ]
    assert all(one.ok for one in found)


def test_what_is_missing_is_told_with_its_mend(jira: JiraServer) -> None:
    jira.permissions -= {"LINK_ISSUES"}
    jira.date = "Sat, 21 Nov 2020 12:00:00 GMT"
    found = {one.name: one for one in probe(jira_settings(jira, issue_type="Epic"))}
    assert [one.ok for one in found.values()] == [False, True, False, False]
    assert found["Jira permissions"].detail == "lacks LINK_ISSUES"
    assert "Bug, Task" in found["Jira issue type"].mend
    assert "NTP" in found["Jira"].mend


@pytest.mark.parametrize(
    ("given", "last"),
    [
        ({"url": "http://127.0.0.1:9"}, "Jira reachable"),
        ({"token": "wrong"}, "Jira reachable"),
        ({"project": "TILL"}, "Jira project"),
    ],
)
def test_what_cannot_be_looked_at_ends_the_look(
    jira: JiraServer, given: dict[str, object], last: str
) -> None:
    found = list(probe(jira_settings(jira, **given)))
    named = next(one for one in found if not one.ok)
    assert named.name == last
    assert "jira.token" in named.mend


def test_a_server_without_a_clock_is_told(jira: JiraServer) -> None:
    jira.date = "soon"
    assert "no date" in next(iter(probe(jira_settings(jira)))).detail


def test_refused_credentials_are_told(jira: JiraServer) -> None:
    jira.fail("GET", "/myself", Fault(status=401, body="<html>no</html>"))
    assert [one.ok for one in probe(jira_settings(jira))] == [True, False]


def test_check_looks_at_jira_only_where_it_keeps_the_tickets(jira: JiraServer) -> None:
    settings = jira_settings(jira, settle_seconds=60.0)
    assert list(tracker_needs(Settings(jira=settings))) == []
    needs = list(tracker_needs(Settings.model_validate({"tracker": "jira", "jira": settings})))
    assert [need.ok for need in needs] == [True] * 4
    (need,) = tracker_needs(Settings.model_validate({"tracker": "jira"}))
    assert not need.ok


def test_jira_needs_its_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    place = tmp_path_factory.mktemp("state")
    with pytest.raises(SettingsError, match=r"\[jira\]"):
        build_parts(Settings.model_validate({"tracker": "jira", "state_dir": place}))


def test_jira_keeps_the_tickets_where_it_is_chosen(
    jira: JiraServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    given = {
        "tracker": "jira",
        "jira": jira_settings(jira, settle_seconds=60.0),
        "state_dir": tmp_path_factory.mktemp("state"),
    }
    parts = build_parts(Settings.model_validate(given))
    assert isinstance(parts.tracker, JiraTracker)
    ticket = parts.tracker.ensure_ticket("shop", "case-1", content())
    assert ticket.ticket_id == "SHOP-1"
    parts.close()
