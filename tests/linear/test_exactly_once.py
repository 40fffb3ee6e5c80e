"""Whatever happens on the way, each create happens exactly once."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import Engine, delete

from integrations.database import open_database, writing
from integrations.linear.client import LinearClient
from integrations.linear.issues import LinearIssues, issue_id_of
from integrations.linear.tracker import LinearTracker
from integrations.schema import linear_tickets
from suture.domain.ticket import Link, TicketState
from suture.errors import NotFound, PermanentError, RateLimited, TransientError, Unreachable
from tests.fakes.faults import Fault
from tests.fakes.linear_server import LinearServer, serving
from tests.fakes.linear_tracker import linear_settings
from tests.linear.conftest import content, opened

LIMITED = '{"errors":[{"message":"slow","extensions":{"code":"RATELIMITED"}}]}'
INTERNAL = '{"errors":[{"message":"oops","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}'
FAULTS = {
    "429": Fault(status=429, headers={"Retry-After": "7"}),
    "400 that limits": Fault(status=400, body=LIMITED),
    "200 that fails": Fault(status=200, body=INTERNAL, processed=True),
    "200 that does not say that it did": Fault(status=200, body='{"data":{}}', processed=True),
    "500 before": Fault(status=500),
    "500 after": Fault(status=500, processed=True),
    "reset before": Fault(reset=True),
    "reset after": Fault(reset=True, processed=True),
    "not JSON": Fault(status=200, body="<html>", processed=True),
    "no object": Fault(status=200, body="[]", processed=True),
    "truncated": Fault(status=200, body="{", headers={"Content-Length": "90"}, processed=True),
}
every_fault = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
CREATE, UPDATE, COMMENT = "SutureCreateIssue", "SutureUpdateIssue", "SutureCreateComment"


def until_done(call: Callable[[], object], tries: int = 5) -> list[TransientError]:
    """Repeat a call as Temporal does, and return how it failed."""
    failures: list[TransientError] = []
    for _ in range(tries):
        try:
            call()
        except TransientError as error:
            failures.append(error)
        else:
            return failures
    pytest.fail(f"never done: {failures}")


@every_fault
def test_a_ticket_is_created_once(engine: Engine, linear: LinearServer, fault: Fault) -> None:
    tracker = LinearTracker(engine, linear_settings(linear))
    linear.fail(CREATE, fault)
    failures = until_done(lambda: tracker.ensure_ticket("shop", "case-1", content()))
    assert len(failures) == 1
    assert len(linear.issues) == 1


@every_fault
def test_a_comment_is_added_once(engine: Engine, linear: LinearServer, fault: Fault) -> None:
    tracker, ticket = opened(engine, linear)
    linear.fail(COMMENT, fault)
    until_done(lambda: tracker.ensure_comment(ticket, "merged", "It is merged."))
    tracker.ensure_comment(ticket, "merged", "It is merged.")
    assert linear.texts(ticket.ticket_id) == ["It is merged."]


@every_fault
def test_a_ticket_is_updated_once(engine: Engine, linear: LinearServer, fault: Fault) -> None:
    tracker, ticket = opened(engine, linear)
    linear.fail(UPDATE, fault)
    closing = content(TicketState.CLOSED, body="Over.", title="Closed")
    until_done(lambda: tracker.update_ticket(ticket, closing))
    assert tracker.state(ticket) is TicketState.CLOSED
    assert linear.issue().title == "Closed"
    assert linear.issue().description.count("Over.") == 1


@every_fault
def test_a_ticket_that_begins_closed_is_closed_in_the_end(
    engine: Engine, linear: LinearServer, fault: Fault
) -> None:
    tracker = LinearTracker(engine, linear_settings(linear))
    linear.fail(UPDATE, fault)
    closed = content(TicketState.CLOSED)
    assert len(until_done(lambda: tracker.ensure_ticket("shop", "case-1", closed))) == 1
    ticket = tracker.ensure_ticket("shop", "case-1", closed)
    assert tracker.state(ticket) is TicketState.CLOSED
    linear.set_state(ticket.ticket_id, "Todo")
    assert tracker.ensure_ticket("shop", "case-1", closed) == ticket
    assert tracker.state(ticket) is TicketState.OPEN


@every_fault
def test_a_link_is_made_once(engine: Engine, linear: LinearServer, fault: Fault) -> None:
    tracker, ticket = opened(engine, linear)
    link = Link(title="Pull request #3", url="https://github.invalid/acme/shop/pull/3")
    linear.fail("SutureAttach", fault)
    until_done(lambda: tracker.update_ticket(ticket, content(links=(link,))))
    assert [one["title"] for one in linear.issue().attachments.values()] == ["Pull request #3"]


def test_a_slow_create_is_one_ticket(engine: Engine, linear: LinearServer) -> None:
    meeting = Barrier(2, timeout=60)
    linear.fail(CREATE, Fault(meeting=meeting, processed=True))
    hurried = LinearTracker(engine, linear_settings(linear, timeout_seconds=2.0))
    with pytest.raises(Unreachable):
        hurried.ensure_ticket("shop", "case-1", content())
    meeting.wait()
    tracker = LinearTracker(engine, linear_settings(linear))
    until_done(lambda: tracker.ensure_ticket("shop", "case-1", content()))
    assert len(linear.issues) == 1


@pytest.mark.parametrize("operation", [CREATE, COMMENT])
def test_what_something_in_between_sends_twice_is_done_once(
    engine: Engine, linear: LinearServer, operation: str
) -> None:
    linear.fail(operation, Fault(twice=True, processed=True))
    tracker, ticket = opened(engine, linear)
    tracker.ensure_comment(ticket, "merged", "It is merged.")
    assert len(linear.issues) == 1
    assert linear.texts(ticket.ticket_id) == ["It is merged."]


def test_calls_at_the_same_time_create_one_ticket(engine: Engine, linear: LinearServer) -> None:
    tracker = LinearTracker(engine, linear_settings(linear))
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(lambda _: tracker.ensure_ticket("shop", "case-1", content()), range(8))
    assert len(set(found)) == len(linear.issues) == 1


def test_the_client_repeats_nothing_by_itself(engine: Engine, linear: LinearServer) -> None:
    tracker = LinearTracker(engine, linear_settings(linear))
    for fault in ("429", "500 before", "reset before"):
        linear.fail(CREATE, FAULTS[fault])
        before = linear.operations.count(CREATE)
        with pytest.raises(TransientError):
            tracker.ensure_ticket("shop", "case-1", content())
        assert linear.operations.count(CREATE) == before + 1


def test_a_refused_create_is_told_and_may_be_repeated(engine: Engine, linear: LinearServer) -> None:
    refused = {"code": "INPUT_ERROR", "userPresentableMessage": "too dull"}
    body = json.dumps({"errors": [{"message": "Argument Validation Error", "extensions": refused}]})
    linear.fail(CREATE, Fault(status=400, body=body))
    tracker = LinearTracker(engine, linear_settings(linear))
    with pytest.raises(PermanentError, match="too dull"):
        tracker.ensure_ticket("shop", "case-1", content())
    assert tracker.ensure_ticket("shop", "case-1", content()).ticket_id == "SHOP-1"


def test_a_lost_database_finds_the_ticket_and_takes_its_words_for_peoples(
    engine: Engine, linear: LinearServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    _, ticket = opened(engine, linear)
    other = open_database(f"sqlite:///{tmp_path_factory.mktemp('other')}/suture.db")
    tracker = LinearTracker(other, linear_settings(linear))
    assert tracker.ensure_ticket("shop", "case-1", content()) == ticket
    tracker.update_ticket(ticket, content(body="Other words", title="Other title"))
    assert linear.issue().title == "KeyError in cart"
    assert "Other words" in linear.issue().description
    assert "broke" not in linear.issue().description
    other.dispose()


@pytest.mark.parametrize("wrong", ["", "999", "shop-1", "SHOP-01", 'SHOP-1"}', "SHOP-2"])
def test_a_ticket_that_nobody_knows_is_not_found(
    engine: Engine, linear: LinearServer, wrong: str
) -> None:
    tracker, ticket = opened(engine, linear)
    unknown = ticket.model_copy(update={"ticket_id": wrong})
    with pytest.raises(NotFound):
        tracker.state(unknown)


def test_a_ticket_is_found_without_the_database_by_a_name_that_it_had(
    engine: Engine, linear: LinearServer
) -> None:
    tracker, ticket = opened(engine, linear)
    linear.issue().former, linear.issue().number = ticket.ticket_id, 7
    with writing(engine) as connection:
        connection.execute(delete(linear_tickets))
    for _ in range(2):
        assert tracker.state(ticket) is TicketState.OPEN
    assert linear.operations.count("SutureNamedIssue") == 1


def test_the_same_name_in_two_workspaces_is_two_tickets(
    engine: Engine, linear: LinearServer
) -> None:
    tracker, ticket = opened(engine, linear)
    with serving() as elsewhere:
        elsewhere.place = "other"
        other, theirs = opened(engine, elsewhere)
        assert (theirs.ticket_id, theirs == ticket) == (ticket.ticket_id, False)
        elsewhere.set_state(theirs.ticket_id, "Done")
        assert other.state(theirs) is TicketState.CLOSED
        assert tracker.state(ticket) is TicketState.OPEN
        moved = ticket.model_copy(update={"url": "https://linear.invalid/elsewhere"})
        assert tracker.state(moved) is TicketState.OPEN


def test_an_id_that_linear_holds_but_does_not_show_is_told(
    engine: Engine, linear: LinearServer
) -> None:
    settings = linear_settings(linear)
    said = '{"errors":[{"message":"conflict on insert of Issue"}]}'
    linear.fail(CREATE, Fault(status=400, body=said))
    with pytest.raises(NotFound, match="has no issue"):
        LinearTracker(engine, settings).ensure_ticket("shop", "case-1", content())


def test_ids_differ_by_team_and_service_and_key_and_have_the_form_that_linear_takes() -> None:
    given = [("t", "s", "k"), ("u", "s", "k"), ("t", "r", "k"), ("t", "s", "l"), ("t", "sk", "")]
    made = [issue_id_of(*one) for one in given]
    assert len(set(made)) == len(given)
    assert made[0] == issue_id_of("t", "s", "k")
    assert all(UUID(one).version == 4 and str(UUID(one)) == one for one in made)


@pytest.mark.parametrize(
    ("headers", "low", "high"),
    [
        ({"Retry-After": "7"}, 7, 7),
        ({"Retry-After": "-1"}, 1, 1),
        ({"Retry-After": "1e9"}, 3_600, 3_600),
        ({"Retry-After": "soon"}, 30, 30),
        ({"Retry-After": "nan"}, 30, 30),
        ({}, 30, 30),
        ({"X-RateLimit-Requests-Remaining": "0"}, 30, 30),
        ({"X-RateLimit-Requests-Remaining": "9", "X-RateLimit-Requests-Reset": "9e12"}, 30, 30),
        ({"X-RateLimit-Requests-Remaining": "0", "X-RateLimit-Requests-Reset": "1"}, 1, 1),
        (
            {"X-RateLimit-Complexity-Remaining": "0", "X-RateLimit-Complexity-Reset": "9e12"},
            3_600,
            3_600,
        ),
    ],
)
def test_patience_is_told(
    linear: LinearServer, headers: dict[str, str], low: float, high: float
) -> None:

    settings = linear_settings(linear)
    issues = LinearIssues(LinearClient(settings), settings)
    linear.fail("SutureTeam", Fault(status=400, body=LIMITED, headers=headers))
    with pytest.raises(RateLimited) as limited:
        issues.team()
    assert low <= (limited.value.retry_after_seconds or 0) <= high
