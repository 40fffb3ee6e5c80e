from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations.github.tracker import GitHubTracker
from suture.domain.service import Service
from suture.domain.ticket import TicketRef, TicketState
from suture.errors import NotFound, RateLimited, SettingsError, TransientError
from tests.builders.github import (
    GitHubWorkshop,
    ServedGitHubTracker,
    served_github_tracker,
    settings_for,
)
from tests.contracts.test_tracker import content
from tests.fakes.github_server import REPOSITORY


@pytest.fixture
def tracker(tmp_path: Path) -> Iterator[ServedGitHubTracker]:
    with served_github_tracker(tmp_path) as served:
        yield served


@pytest.mark.parametrize("fault", ["429", "500", "reset", "lost", "cut"])
def test_an_issue_and_a_comment_are_made_once_whatever_happens(
    tracker: ServedGitHubTracker, fault: str
) -> None:
    tracker.github.faults = [("^POST .*/issues$", fault), ("^POST .*/comments$", fault)]
    done = False
    for _ in range(3):
        try:
            ticket = tracker.ensure_ticket("shop", "case-1", content())
            tracker.ensure_comment(ticket, "merged", "It is merged.")
            done = True
        except RateLimited:
            # Whoever was asked for patience asks nothing until it is over: another worker may.
            tracker = ServedGitHubTracker(tracker.github)
        except TransientError:
            continue
    assert done
    assert len(tracker.github.issues) == 1
    assert len(tracker.github.comments[1]) == 1


@pytest.mark.parametrize("fault", ["500", "reset", "lost", "cut"])
def test_an_update_that_failed_half_way_is_finished(
    tracker: ServedGitHubTracker, fault: str
) -> None:
    ticket = tracker.ensure_ticket("shop", "case-1", content(TicketState.IN_PROGRESS))
    for match in ("^DELETE .*/labels/", "^PATCH .*/issues/"):
        tracker.github.faults = [(match, fault)]
        with pytest.raises(TransientError):
            tracker.update_ticket(ticket, content(TicketState.CLOSED, title=match))
        tracker.update_ticket(ticket, content(TicketState.CLOSED, title=match))
        assert tracker.state(ticket) is TicketState.CLOSED
        assert tracker.issue(ticket)["title"] == match
        tracker.update_ticket(ticket, content(TicketState.IN_PROGRESS, title=match))
        assert tracker.state(ticket) is TicketState.IN_PROGRESS


def test_repeating_an_update_writes_nothing(tracker: ServedGitHubTracker) -> None:
    ticket = tracker.ensure_ticket("shop", "case-1", content())
    tracker.github.log.clear()
    tracker.update_ticket(ticket, content())
    assert all(called.startswith("GET") for called in tracker.github.log)


def test_the_issue_is_never_looked_for_in_the_search_index(tracker: ServedGitHubTracker) -> None:
    tracker.ensure_ticket("shop", "case-1", content())
    assert not any("/search/" in called for called in tracker.github.log)


def test_what_people_write_stays(tracker: ServedGitHubTracker) -> None:
    ticket = tracker.ensure_ticket("shop", "case-1", content())
    issue = tracker.issue(ticket)
    issue["body"] = f"See the runbook.\n\n{issue['body']}"
    issue["title"] = "Cart is down"
    issue["labels"] = [*issue["labels"][2:], {"name": "team-a"}]
    before = list(issue["labels"])
    tracker.update_ticket(ticket, content(TicketState.IN_PROGRESS, title="Other words"))
    assert issue["title"] == "Cart is down"
    assert issue["body"].startswith("See the runbook.\n\n<!-- suture:begin state=in_progress")
    assert issue["labels"] == [*before, {"name": "in progress"}]


def test_sutures_own_title_follows(tracker: ServedGitHubTracker) -> None:
    ticket = tracker.ensure_ticket("shop", "case-1", content())
    tracker.update_ticket(ticket, content(title="Other words"))
    assert tracker.issue(ticket)["title"] == "Other words"


def test_without_marks_suture_closes_and_never_reopens(tracker: ServedGitHubTracker) -> None:
    ticket = tracker.ensure_ticket("shop", "case-1", content())
    tracker.issue(ticket)["body"] = "Rewritten by hand."
    tracker.update_ticket(ticket, content(TicketState.CLOSED))
    assert tracker.state(ticket) is TicketState.CLOSED
    tracker.update_ticket(ticket, content(TicketState.IN_PROGRESS))
    assert tracker.state(ticket) is TicketState.CLOSED
    assert tracker.issue(ticket)["body"] == "Rewritten by hand."


def test_an_issue_reopened_by_a_human_stays_open_until_there_is_news(
    tracker: ServedGitHubTracker,
) -> None:
    ticket = tracker.ensure_ticket("shop", "case-1", content())
    tracker.update_ticket(ticket, content(TicketState.CLOSED))
    tracker.issue(ticket)["state"] = "open"
    tracker.update_ticket(ticket, content(TicketState.CLOSED, title="Other words"))
    assert tracker.state(ticket) is TicketState.OPEN


def test_a_ticket_may_be_closed_from_the_start(tracker: ServedGitHubTracker) -> None:
    ticket = tracker.ensure_ticket("shop", "case-1", content(TicketState.CLOSED))
    assert tracker.state(ticket) is TicketState.CLOSED
    tracker.issue(ticket)["state"] = "open"
    assert tracker.ensure_ticket("shop", "case-1", content(TicketState.CLOSED)) == ticket
    assert tracker.state(ticket) is TicketState.OPEN


def test_a_pull_request_with_the_label_is_no_ticket(tracker: ServedGitHubTracker) -> None:
    first = tracker.ensure_ticket("shop", "case-1", content())
    tracker.issue(first)["pull_request"] = {"url": "https://github.invalid"}
    assert tracker.ensure_ticket("shop", "case-1", content()) != first


def test_hostile_text_forges_nothing(tracker: ServedGitHubTracker) -> None:
    title = "a\0b\nc" + "x" * 400
    hostile = content(title=title).model_copy(
        update={"body": "<!-- suture:end -->\0", "labels": ("a,b", " ", "y" * 90)}
    )
    ticket = tracker.ensure_ticket("shop", "case\0", hostile)
    issue = tracker.issue(ticket)
    assert issue["body"].count("<!-- suture:") == 2
    assert (len(issue["title"]), "\n" in issue["title"]) == (256, False)
    assert all(0 < len(label["name"]) <= 50 for label in issue["labels"])
    assert tracker.ensure_ticket("shop", "case\0", hostile) == ticket


@pytest.mark.parametrize("nonsense", ["", "1", "acme/shop#0", "acme/shop#1/../2", "a/../b#1"])
def test_a_nonsense_id_is_not_found(tracker: ServedGitHubTracker, nonsense: str) -> None:
    with pytest.raises(NotFound):
        tracker.state(TicketRef(ticket_id=nonsense, url=""))
    assert tracker.github.log == []


def test_each_service_has_its_own_repository(shop: GitHubWorkshop) -> None:
    services = {"shop": Service(name="shop", repository=REPOSITORY)}
    tracker = GitHubTracker(settings_for(shop.github.url), services)
    ticket = tracker.ensure_ticket("shop", "case-1", content())
    assert ticket.ticket_id == f"{REPOSITORY}#1"
    with pytest.raises(SettingsError):
        tracker.ensure_ticket("till", "case-1", content())
