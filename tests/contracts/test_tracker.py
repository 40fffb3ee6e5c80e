from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine

from integrations.database import open_database
from integrations.local.tracker import LocalTracker
from suture.domain.alert import Severity
from suture.domain.ticket import TicketContent, TicketRef, TicketState
from suture.errors import NotFound
from tests.builders.github import ServedGitHubTracker, served_github_tracker
from tests.builders.gitlab import ServedGitLabTracker, served_gitlab_tracker
from tests.contracts.conftest import empty_database
from tests.fakes.jira_tracker import ServedJiraTracker, served_tracker
from tests.fakes.linear_tracker import ServedLinearTracker, served_linear_tracker
from tests.fakes.tracker import FakeTracker

Served = ServedGitHubTracker | ServedGitLabTracker | ServedJiraTracker | ServedLinearTracker
Subject = FakeTracker | LocalTracker | Served
NOWHERE = TicketRef(ticket_id="999", url="http://nowhere.invalid")


def content(
    state: TicketState = TicketState.OPEN, title: str = "KeyError in cart"
) -> TicketContent:
    return TicketContent(
        title=title, body="It broke.", severity=Severity.HIGH, state=state, labels=("shop",)
    )


SUBJECTS = (
    "fake",
    "sqlite",
    "postgresql",
    "github",
    "gitlab",
    "jira cloud",
    "jira server",
    "jira on postgresql",
    "linear",
    "linear on postgresql",
)


@pytest.fixture(params=SUBJECTS)
def tracker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    if request.param == "fake":
        yield FakeTracker()
    elif request.param == "github":
        with served_github_tracker(tmp_path) as github:
            yield github
    elif request.param == "gitlab":
        with served_gitlab_tracker(tmp_path) as gitlab:
            yield gitlab
    elif request.param in {"jira cloud", "jira server", "linear"}:
        engine = open_database(f"sqlite:///{tmp_path}/suture.db")
        with remembering_in(engine, request.param) as served:
            yield served
        engine.dispose()
    else:
        for engine in empty_database(request, tmp_path):
            with remembering_in(engine, request.param) as remembering:
                yield remembering


@contextmanager
def remembering_in(engine: Engine, subject: str) -> Iterator[Subject]:
    """Run a tracker that needs a database."""
    if subject.startswith("jira"):
        with served_tracker(engine, cloud=subject != "jira server") as jira:
            yield jira
    elif subject.startswith("linear"):
        with served_linear_tracker(engine) as linear:
            yield linear
    else:
        yield LocalTracker(engine, "http://console.invalid/")


def test_the_same_key_finds_the_same_ticket(tracker: Subject) -> None:
    first = tracker.ensure_ticket("shop", "case-1", content())
    assert tracker.ensure_ticket("shop", "case-1", content(title="Other words")) == first
    assert tracker.ensure_ticket("shop", "case-2", content()) != first
    assert tracker.ensure_ticket("till", "case-1", content()) != first


def test_an_update_says_what_suture_says(tracker: Subject) -> None:
    ticket = tracker.ensure_ticket("shop", "case-1", content())
    assert tracker.state(ticket) is TicketState.OPEN
    for state in (TicketState.IN_PROGRESS, TicketState.CLOSED):
        for _ in range(2):
            tracker.update_ticket(ticket, content(state))
            assert tracker.state(ticket) is state


def test_a_ticket_may_begin_closed(tracker: Subject) -> None:
    for _ in range(2):
        ticket = tracker.ensure_ticket("shop", "case-1", content(TicketState.CLOSED))
        assert tracker.state(ticket) is TicketState.CLOSED
    tracker.update_ticket(ticket, content(TicketState.CLOSED))
    assert tracker.state(ticket) is TicketState.CLOSED
    tracker.update_ticket(ticket, content(TicketState.IN_PROGRESS))
    assert tracker.state(ticket) is TicketState.IN_PROGRESS


def test_a_ticket_closed_by_a_human_stays_closed_while_work_goes_on(
    tracker: Subject,
) -> None:
    ticket = tracker.ensure_ticket("shop", "case-1", content())
    tracker.close_by_human(ticket.ticket_id, "ada")
    for state in (TicketState.OPEN, TicketState.IN_PROGRESS):
        tracker.update_ticket(ticket, content(state))
        assert tracker.state(ticket) is TicketState.CLOSED


def test_news_after_closing_reopens_a_ticket(tracker: Subject) -> None:
    ticket = tracker.ensure_ticket("shop", "case-1", content())
    tracker.close_by_human(ticket.ticket_id, "ada")
    tracker.update_ticket(ticket, content(TicketState.CLOSED))
    tracker.update_ticket(ticket, content(TicketState.IN_PROGRESS))
    assert tracker.state(ticket) is TicketState.IN_PROGRESS


def test_a_comment_with_the_same_key_is_one_comment(tracker: Subject) -> None:
    ticket = tracker.ensure_ticket("shop", "case-1", content())
    for text in ("first", "again"):
        tracker.ensure_comment(ticket, "merged", text)
    tracker.ensure_comment(ticket, "deployed", "second")
    if isinstance(tracker, FakeTracker):
        texts = list(tracker.get(ticket).comments.values())
    elif isinstance(tracker, Served):
        texts = tracker.texts(ticket)
    else:
        texts = [comment.text for comment in tracker.get_ticket(ticket.ticket_id).comments]
    assert texts == ["first", "second"]


def test_a_ticket_that_does_not_exist_is_not_found(tracker: Subject) -> None:
    with pytest.raises(NotFound):
        tracker.state(NOWHERE)
    with pytest.raises(NotFound):
        tracker.update_ticket(NOWHERE, content())
    with pytest.raises(NotFound):
        tracker.ensure_comment(NOWHERE, "key", "text")


def test_hostile_text_is_kept_as_far_as_text_goes(engine: Engine) -> None:
    tracker = LocalTracker(engine, "http://console.invalid")
    hostile = "a\0b '; DROP TABLE tickets; --"
    ticket = tracker.ensure_ticket("shop", "case\0", content(title=hostile))
    assert tracker.ensure_ticket("shop", "case\0", content()) == ticket
    assert tracker.get_ticket(ticket.ticket_id).content.title == hostile.replace("\0", "\ufffd")


def test_pages_read_tickets_with_comments_and_who_closed_them(engine: Engine) -> None:
    tracker = LocalTracker(engine, "http://console.invalid/")
    first = tracker.ensure_ticket("shop", "case-1", content())
    tracker.ensure_ticket("shop", "case-2", content(title="Later"))
    assert first.url == f"http://console.invalid/tickets/{first.ticket_id}"
    for _ in range(2):
        tracker.close_by_human(first.ticket_id, "ada")
    closed = tracker.get_ticket(first.ticket_id)
    assert (closed.content, closed.closed_by) == (content(TicketState.CLOSED), "ada")
    assert [comment.text for comment in closed.comments] == ["Closed by ada."]
    assert [ticket.key for ticket in tracker.list_tickets()] == ["case-2", "case-1"]
    assert len(tracker.list_tickets(limit=1)) == 1


def test_a_ticket_reopened_by_a_human_stays_open_until_there_is_news(engine: Engine) -> None:
    tracker = LocalTracker(engine, "http://console.invalid")
    ticket = tracker.ensure_ticket("shop", "case-1", content())
    tracker.update_ticket(ticket, content(TicketState.CLOSED))
    tracker.reopen_by_human(ticket.ticket_id, "ada")
    tracker.update_ticket(ticket, content(TicketState.CLOSED, title="Other words"))
    assert tracker.state(ticket) is TicketState.OPEN
    assert tracker.get_ticket(ticket.ticket_id).closed_by is None


@pytest.mark.parametrize("nonsense", ["", "x", "-1", "²", "1" * 400, "1 OR 1=1"])
def test_a_nonsense_id_is_not_found(engine: Engine, nonsense: str) -> None:
    with pytest.raises(NotFound):
        LocalTracker(engine, "http://console.invalid").get_ticket(nonsense)


def test_repeating_an_update_leaves_no_trace(engine: Engine) -> None:
    tracker = LocalTracker(engine, "http://console.invalid")
    ticket = tracker.ensure_ticket("shop", "case-1", content())
    before = tracker.get_ticket(ticket.ticket_id)
    tracker.update_ticket(ticket, content())
    assert tracker.get_ticket(ticket.ticket_id) == before
