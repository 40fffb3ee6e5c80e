from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations.gitlab.tracker import GitLabTracker
from suture.domain.service import Service
from suture.domain.ticket import TicketRef, TicketState
from suture.errors import NotFound, SettingsError, TransientError
from tests.builders.gitlab import ServedGitLabTracker, served_gitlab_tracker, settings_for
from tests.contracts.test_tracker import content
from tests.fakes.gitlab_server import PROJECT


@pytest.fixture
def tracker(tmp_path: Path) -> Iterator[ServedGitLabTracker]:
    with served_gitlab_tracker(tmp_path) as served:
        yield served


@pytest.mark.parametrize("fault", ["429", "500", "reset", "lost", "cut"])
def test_an_issue_and_a_comment_are_made_once_whatever_happens(
    tracker: ServedGitLabTracker, fault: str
) -> None:
    tracker.gitlab.faults = [("^POST .*/issues$", fault), ("^POST .*/notes$", fault)]
    done = False
    for _ in range(3):
        try:
            ticket = tracker.ensure_ticket("shop", "case-1", content())
            tracker.ensure_comment(ticket, "merged", "It is merged.")
            done = True
        except TransientError:
            continue
    assert done
    assert len(tracker.gitlab.issues) == 1
    assert len(tracker.gitlab.notes["i1"]) == 1


@pytest.mark.parametrize("fault", ["500", "reset", "lost", "cut"])
def test_an_update_that_failed_is_finished(tracker: ServedGitLabTracker, fault: str) -> None:
    ticket = tracker.ensure_ticket("shop", "case-1", content(TicketState.IN_PROGRESS))
    tracker.gitlab.faults = [("^PUT .*/issues/", fault)]
    with pytest.raises(TransientError):
        tracker.update_ticket(ticket, content(TicketState.CLOSED, title="Done"))
    tracker.update_ticket(ticket, content(TicketState.CLOSED, title="Done"))
    assert tracker.state(ticket) is TicketState.CLOSED
    assert tracker.issue(ticket)["title"] == "Done"
    tracker.update_ticket(ticket, content(TicketState.IN_PROGRESS, title="Done"))
    assert tracker.state(ticket) is TicketState.IN_PROGRESS


def test_repeating_an_update_writes_nothing(tracker: ServedGitLabTracker) -> None:
    ticket = tracker.ensure_ticket("shop", "case-1", content())
    tracker.gitlab.log.clear()
    tracker.update_ticket(ticket, content())
    assert all(called.startswith("GET") for called in tracker.gitlab.log)


def test_what_people_write_stays(tracker: ServedGitLabTracker) -> None:
    ticket = tracker.ensure_ticket("shop", "case-1", content())
    issue = tracker.issue(ticket)
    issue["description"] = f"See the runbook.\n\n{issue['description']}"
    issue["title"] = "Cart is down"
    issue["labels"] = [*issue["labels"][2:], "team-a"]
    before = list(issue["labels"])
    tracker.update_ticket(ticket, content(TicketState.IN_PROGRESS, title="Other words"))
    assert issue["title"] == "Cart is down"
    assert issue["description"].startswith("See the runbook.\n\n<!-- suture:begin state=in_prog")
    assert issue["labels"] == [*before, "in progress"]
    tracker.update_ticket(ticket, content(TicketState.OPEN, title="Other words"))
    assert issue["labels"] == before


def test_without_marks_suture_closes_and_never_reopens(tracker: ServedGitLabTracker) -> None:
    ticket = tracker.ensure_ticket("shop", "case-1", content())
    tracker.issue(ticket)["description"] = "Rewritten by hand."
    tracker.update_ticket(ticket, content(TicketState.CLOSED))
    assert tracker.state(ticket) is TicketState.CLOSED
    tracker.update_ticket(ticket, content(TicketState.IN_PROGRESS))
    assert tracker.state(ticket) is TicketState.CLOSED
    assert tracker.issue(ticket)["description"] == "Rewritten by hand."


def test_a_ticket_may_be_closed_or_worked_on_from_the_start(tracker: ServedGitLabTracker) -> None:
    closed = tracker.ensure_ticket("shop", "case-1", content(TicketState.CLOSED))
    assert tracker.state(closed) is TicketState.CLOSED
    working = tracker.ensure_ticket("shop", "case-2", content(TicketState.IN_PROGRESS))
    assert tracker.state(working) is TicketState.IN_PROGRESS


def test_hostile_text_forges_nothing(tracker: ServedGitLabTracker) -> None:
    title = "a\0b\nc" + "x" * 400
    body = "<!-- suture:end -->\0\ud800\n/close\n/label ~urgent"
    more = {"body": body, "labels": ("a,b\0\ud800", " ", "y" * 190)}
    hostile = content(title=title).model_copy(update=more)
    ticket = tracker.ensure_ticket("shop", "case\0", hostile)
    tracker.ensure_comment(ticket, "why", "/close")
    issue = tracker.issue(ticket)
    assert tracker.gitlab.commands == []
    assert issue["description"].count("<!-- suture:") == 2
    assert (len(issue["title"]), "\n" in issue["title"]) == (240, False)
    assert all(0 < len(label) <= 100 for label in issue["labels"])
    assert tracker.ensure_ticket("shop", "case\0", hostile) == ticket


@pytest.mark.parametrize(
    "nonsense", ["", "1", "shop#1", "acme/shop#0", "acme/shop#1/../2", "a/../b#1", "a/b!1"]
)
def test_a_nonsense_id_is_not_found(tracker: ServedGitLabTracker, nonsense: str) -> None:
    with pytest.raises(NotFound):
        tracker.state(TicketRef(ticket_id=nonsense, url=""))
    assert tracker.gitlab.log == []


def test_each_service_has_its_own_project(tracker: ServedGitLabTracker) -> None:
    services = {"shop": Service(name="shop", repository=PROJECT)}
    own = GitLabTracker(settings_for(tracker.gitlab.url), services)
    assert own.ensure_ticket("shop", "case-1", content()).ticket_id == f"{PROJECT}#1"
    with pytest.raises(SettingsError):
        own.ensure_ticket("till", "case-1", content())
