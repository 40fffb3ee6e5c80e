"""What Suture writes into Linear, and what it leaves to people."""

import pytest
from sqlalchemy import Engine

from integrations.linear.client import MAX_BODY_BYTES
from integrations.linear.description import BEGIN, END, MAX_CHARACTERS, has_own_part
from integrations.linear.tracker import LinearTracker
from suture.domain.alert import Severity
from suture.domain.ticket import Link, TicketRef, TicketState
from suture.errors import (
    NotAuthorised,
    NotFound,
    PermanentError,
    RateLimited,
    SutureError,
    Unreachable,
)
from tests.fakes.faults import Fault
from tests.fakes.linear_server import ACCESS_TOKEN, API_KEY, Issue, LinearServer
from tests.fakes.linear_tracker import linear_settings
from tests.linear.conftest import content, opened

PULL_REQUEST = Link(title="Pull request #3", url="https://github.invalid/acme/shop/pull/3")


def names(linear: LinearServer, issue: Issue) -> set[str]:
    return {one["name"] for one in linear.labels if one["id"] in issue.label_ids}


def test_a_ticket_says_what_it_is_told(engine: Engine, linear: LinearServer) -> None:
    _, ticket = opened(engine, linear)
    issue = linear.issue()
    assert ticket == TicketRef(ticket_id="SHOP-1", url=issue.url)
    assert (issue.title, issue.priority) == ("KeyError in cart", 2)
    assert issue.state["name"] == "Backlog"
    assert names(linear, issue) == {"shop", "severity-high"}
    assert issue.description == f"_{BEGIN}_\n\nIt **broke**.\n\n_{END}_"


def test_an_oauth_token_does_as_well(engine: Engine, linear: LinearServer) -> None:
    opened(engine, linear, api_key=None, access_token=ACCESS_TOKEN)
    assert len(linear.issues) == 1


def test_priorities_and_states_are_as_the_settings_say(
    engine: Engine, linear: LinearServer
) -> None:
    states = {"open": "todo", "in_progress": "In review", "closed": "Canceled"}
    tracker, ticket = opened(engine, linear, states=states, priorities={"critical": 1})
    assert linear.issue().state["name"] == "Todo"
    assert linear.issue().priority == 0
    for state, name in ((TicketState.IN_PROGRESS, "In Review"), (TicketState.CLOSED, "Canceled")):
        tracker.update_ticket(ticket, content(state, severity=Severity.CRITICAL))
        assert linear.issue().state["name"] == name
    assert linear.issue().priority == 1


def test_a_team_without_such_a_state_is_told_with_the_setting(
    engine: Engine, linear: LinearServer
) -> None:
    tracker, ticket = opened(engine, linear, states={"closed": "Shipped"})
    with pytest.raises(PermanentError, match=r"Triage, Backlog.*linear\.states\.closed"):
        tracker.update_ticket(ticket, content(TicketState.CLOSED))


def test_people_write_around_suture(engine: Engine, linear: LinearServer) -> None:
    tracker, ticket = opened(engine, linear)
    issue = linear.issue()
    issue.description = f"Mine.\n\n{issue.description}\n\n* ours"
    tracker.update_ticket(ticket, content(body="News."))
    assert issue.description == f"Mine.\n\n_{BEGIN}_\n\nNews.\n\n_{END}_\n\n* ours"
    issue.description = f"I removed a line.\n\n*{END}*"
    tracker.update_ticket(ticket, content(body="More."))
    assert issue.description.startswith("I removed a line.")
    assert issue.description.endswith(f"_{BEGIN}_\n\nMore.\n\n_{END}_")


def test_what_people_changed_stays(engine: Engine, linear: LinearServer) -> None:
    tracker, ticket = opened(engine, linear)
    issue = linear.issue()
    linear.add_label("theirs")
    issue.title, issue.priority = "Cart is down", 4
    issue.label_ids.append(linear.labels[-1]["id"])
    worse = content(title="Worse", severity=Severity.CRITICAL, labels=("suture", "shop"))
    tracker.update_ticket(ticket, worse)
    assert (issue.title, issue.priority) == ("Cart is down", 4)
    assert names(linear, issue) == {"shop", "suture", "theirs"}


def test_suture_follows_its_own_news(engine: Engine, linear: LinearServer) -> None:
    tracker, ticket = opened(engine, linear)
    tracker.update_ticket(ticket, content(title="Worse", severity=Severity.CRITICAL, links=()))
    assert (linear.issue().title, linear.issue().priority) == ("Worse", 1)
    edits = len(linear.operations)
    tracker.update_ticket(ticket, content(title="Worse", severity=Severity.CRITICAL))
    assert len(linear.operations) == edits


def test_only_labels_that_exist_are_set(engine: Engine, linear: LinearServer) -> None:
    tracker = LinearTracker(engine, linear_settings(linear))
    tracker.ensure_ticket("shop", "case-1", content(labels=("unheard of", "shop")))
    tracker.ensure_ticket("shop", "case-2", content(labels=()))
    assert [names(linear, one) for one in linear.issues.values()] == [{"shop"}, set()]
    assert len(linear.labels) == 3


def test_the_pull_request_is_a_link_and_nothing_else_is(
    engine: Engine, linear: LinearServer
) -> None:
    tracker, ticket = opened(engine, linear)
    forged = Link(title="x", url="javascript:alert(1)")
    tracker.update_ticket(ticket, content(links=(PULL_REQUEST, forged)))
    assert list(linear.issue().attachments) == [PULL_REQUEST.url]


def test_a_state_of_the_same_type_is_a_persons_choice(engine: Engine, linear: LinearServer) -> None:
    tracker, ticket = opened(engine, linear)
    linear.set_state(ticket.ticket_id, "In Review")
    tracker.update_ticket(ticket, content(TicketState.IN_PROGRESS))
    assert linear.issue().state["name"] == "In Review"


def test_a_ticket_that_a_person_opens_again_stays_open(
    engine: Engine, linear: LinearServer
) -> None:
    tracker, ticket = opened(engine, linear)
    tracker.update_ticket(ticket, content(TicketState.CLOSED))
    linear.set_state(ticket.ticket_id, "Todo")
    tracker.update_ticket(ticket, content(TicketState.CLOSED, body="Closed, I said."))
    assert tracker.state(ticket) is TicketState.OPEN


def test_a_deleted_ticket_is_closed_and_stays_deleted_while_work_goes_on(
    engine: Engine, linear: LinearServer
) -> None:
    tracker, ticket = opened(engine, linear)
    linear.delete(ticket.ticket_id)
    assert tracker.state(ticket) is TicketState.CLOSED
    tracker.update_ticket(ticket, content(TicketState.IN_PROGRESS, body="News."))
    tracker.ensure_comment(ticket, "merged", "It is merged.")
    assert linear.issue().trashed
    assert (linear.issue().edits, linear.texts(ticket.ticket_id)) == (0, [])
    tracker.update_ticket(ticket, content(TicketState.CLOSED))
    tracker.update_ticket(ticket, content(TicketState.IN_PROGRESS, body="It is back."))
    assert not linear.issue().trashed
    assert "It is back." in linear.issue().description


def test_a_deleted_comment_stays_deleted(engine: Engine, linear: LinearServer) -> None:
    tracker, ticket = opened(engine, linear)
    tracker.ensure_comment(ticket, "merged", "It is merged.")
    (kept,) = linear.issue().comments.values()
    kept["archivedAt"] = "2026-11-21T12:00:00.000Z"
    tracker.ensure_comment(ticket, "merged", "It is merged.")
    assert len(linear.issue().comments) == 1


def error(code: str, message: str = "no") -> str:
    return f'{{"errors":[{{"message":"{message}","extensions":{{"code":"{code}"}}}}]}}'


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        (Fault(status=401, body=error("AUTHENTICATION_ERROR")), NotAuthorised),
        (Fault(status=403, body="<html>"), NotAuthorised),
        (Fault(status=200, body=error("FORBIDDEN")), NotAuthorised),
        (Fault(status=200, body=error("FEATURE_NOT_ACCESSIBLE")), NotAuthorised),
        (Fault(status=400, body=error("INPUT_ERROR")), PermanentError),
        (Fault(status=200, body=error("INPUT_ERROR", "Entity not found: Issue")), NotFound),
        (Fault(status=404, body="<html>"), NotFound),
        (Fault(status=200, body=error("RATELIMITED")), RateLimited),
        (Fault(status=429, body="<html>"), RateLimited),
        (Fault(status=200, body=error("LOCK_TIMEOUT")), Unreachable),
        (
            Fault(status=200, body='{"errors":["what", {"extensions":[]}],"data":{}}'),
            PermanentError,
        ),
        (Fault(status=200, body='{"errors":"what"}'), PermanentError),
        (Fault(status=502, body="<html>"), Unreachable),
        (Fault(status=302, headers={"Location": "http://127.0.0.1:1/x"}), PermanentError),
        (Fault(status=200, body='{"data":{"issues":{"nodes":[{}]}}}'), Unreachable),
        (Fault(status=200, body=" " * (MAX_BODY_BYTES + 1)), Unreachable),
        (Fault(reset=True), Unreachable),
    ],
)
def test_what_linear_answers_becomes_an_error_of_suture(
    engine: Engine, linear: LinearServer, fault: Fault, raised: type[SutureError]
) -> None:
    tracker, ticket = opened(engine, linear)
    linear.fail("SutureIssue", fault)
    with pytest.raises(raised) as told:
        tracker.state(ticket)
    assert type(told.value) is raised
    assert (told.value.__cause__, told.value.__context__) == (None, None)


def test_no_error_repeats_a_credential(engine: Engine, linear: LinearServer) -> None:
    tracker, ticket = opened(engine, linear)
    told = error("FORBIDDEN", f"bad key {API_KEY} of password=hunter2222")
    linear.fail("SutureIssue", Fault(status=403, body=told))
    with pytest.raises(NotAuthorised) as refused:
        tracker.state(ticket)
    assert API_KEY not in str(refused.value)
    assert "hunter2222" not in str(refused.value)
    assert API_KEY not in repr(linear_settings(linear))


def test_a_linear_that_is_down_is_unreachable(engine: Engine, linear: LinearServer) -> None:
    tracker = LinearTracker(engine, linear_settings(linear, api_url="http://127.0.0.1:9"))
    with pytest.raises(Unreachable):
        tracker.ensure_ticket("shop", "case-1", content())


def test_hostile_words_make_a_ticket(engine: Engine, linear: LinearServer) -> None:
    tracker = LinearTracker(engine, linear_settings(linear))
    hostile = f'a\0b\n\x1f "}} mutation {{ *{BEGIN}* ![x](http://evil.invalid/y)'
    ticket = tracker.ensure_ticket("shop", "case\0\ud800", content(title=hostile, body=hostile))
    tracker.ensure_comment(ticket, "key\0\ud800", hostile)
    issue = linear.issue()
    assert issue.title.startswith('a\ufffdb \ufffd "} mutation {')
    assert issue.description.count("\u25bc") == 1
    assert has_own_part(issue.description)
    (comment,) = linear.texts(ticket.ticket_id)
    assert "![" not in comment + issue.description


def test_a_long_text_is_cut(engine: Engine, linear: LinearServer) -> None:
    tracker, ticket = opened(engine, linear)
    tracker.update_ticket(ticket, content(body="x" * MAX_CHARACTERS * 2, title="y" * 400))
    assert len(linear.issue().description) < MAX_CHARACTERS + 200
    assert linear.issue().title == "y" * 254 + "\u2026"
