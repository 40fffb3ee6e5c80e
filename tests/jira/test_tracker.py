"""What people did to a ticket stays, and what Suture says stands between its markers."""

import pytest
from sqlalchemy import Engine

from integrations.jira.adf import plain_text
from integrations.jira.tracker import JiraTracker
from suture.domain.alert import Severity
from suture.domain.ticket import Link, TicketRef, TicketState
from suture.errors import (
    NotAuthorised,
    NotFound,
    PermanentError,
    SutureError,
    TransientError,
    Unreachable,
)
from tests.fakes.faults import Fault
from tests.fakes.jira_server import TOKEN, Issue, JiraServer
from tests.fakes.jira_tracker import jira_settings
from tests.jira.conftest import content

PULL_REQUEST = Link(title="Pull request #3", url="https://host.invalid/shop/pull/3")


def opened(engine: Engine, jira: JiraServer, **given: object) -> tuple[JiraTracker, TicketRef]:
    tracker = JiraTracker(engine, jira_settings(jira, **given))
    return tracker, tracker.ensure_ticket("shop", "case-1", content())


def description(issue: Issue) -> str:
    kept = issue.fields["description"]
    return kept if isinstance(kept, str) else plain_text(kept)


def write_around(issue: Issue, text: str) -> None:
    """Write above and below as a person does."""
    kept = issue.fields["description"]
    if isinstance(kept, str):
        issue.fields["description"] = f"{text} above\r\n\r\n{kept}\r\n\r\n{text} below"
    else:
        words = [
            {"type": "paragraph", "content": [{"type": "text", "text": f"{text} {where}"}]}
            for where in ("above", "below")
        ]
        kept["content"] = [words[0], *kept["content"], words[1]]


def test_a_new_ticket_says_what_suture_knows(engine: Engine, jira: JiraServer) -> None:
    _, ticket = opened(
        engine, jira, priorities={"high": "P2"}, fields={"customfield_10010": {"value": "Shop"}}
    )
    fields = jira.issues[0].fields
    assert ticket.url == f"{jira.url}/browse/SHOP-1"
    assert fields["summary"] == "KeyError in cart"
    assert fields["priority"] == {"name": "P2"}
    assert fields["customfield_10010"] == {"value": "Shop"}
    assert fields["issuetype"] == {"name": "Bug"}
    assert fields["labels"][1:] == ["shop", "severity-high"]
    assert "broke" in description(jira.issues[0])


def test_people_write_around_what_suture_says(engine: Engine, jira: JiraServer) -> None:
    tracker, ticket = opened(engine, jira)
    write_around(jira.issues[0], "ada")
    tracker.update_ticket(ticket, content(body="It is being mended."))
    said = description(jira.issues[0])
    assert said.startswith("ada above")
    assert said.endswith("ada below")
    assert "mended" in said
    assert "broke" not in said


def test_what_a_person_changed_stays(engine: Engine, jira: JiraServer) -> None:
    names = {"high": "P2", "low": "P4", "critical": "P1"}
    tracker, ticket = opened(engine, jira, priorities=names)
    fields = jira.issues[0].fields
    tracker.update_ticket(
        ticket, content(title="New words", severity=Severity.CRITICAL, labels=("two words",))
    )
    assert (fields["summary"], fields["priority"]) == ("New words", {"name": "P1"})
    assert fields["labels"][1:] == ["two-words"]
    fields |= {"summary": "Ada's words", "priority": {"name": "P3"}, "labels": ["ada"]}
    tracker.update_ticket(ticket, content(title="Newer", severity=Severity.LOW, labels=("new",)))
    assert (fields["summary"], fields["priority"]) == ("Ada's words", {"name": "P3"})
    assert fields["labels"] == ["ada", "new"]


def test_saying_the_same_again_asks_nothing(engine: Engine, jira: JiraServer) -> None:
    tracker, ticket = opened(engine, jira)
    tracker.update_ticket(ticket, content(TicketState.IN_PROGRESS))
    asked = len(jira.requests)
    tracker.update_ticket(ticket, content(TicketState.IN_PROGRESS))
    assert len(jira.requests) == asked


def test_the_pull_request_is_linked_once(engine: Engine, jira: JiraServer) -> None:
    tracker, ticket = opened(engine, jira)
    jira.fail("POST", "/remotelink", Fault(reset=True, processed=True))
    linked = content(links=(PULL_REQUEST, Link(title="x", url="javascript:alert(1)")))
    with pytest.raises(Unreachable):
        tracker.update_ticket(ticket, linked)
    tracker.update_ticket(ticket, linked)
    (link,) = jira.issues[0].links.values()
    assert link["object"] == {"url": PULL_REQUEST.url, "title": "Pull request #3"}


def test_transitions_are_found_by_the_name_of_themselves_or_of_the_status(
    engine: Engine, jira: JiraServer
) -> None:
    names = {"in_progress": "go to in review", "closed": "won't do"}
    tracker, ticket = opened(engine, jira, transitions=names)
    for state, status in ((TicketState.IN_PROGRESS, "In Review"), (TicketState.CLOSED, "Won't Do")):
        tracker.update_ticket(ticket, content(state))
        assert jira.issues[0].fields["status"]["name"] == status


def test_a_status_within_the_category_is_a_persons_choice(engine: Engine, jira: JiraServer) -> None:
    tracker, ticket = opened(engine, jira)
    jira.set_status("SHOP-1", "In Review")
    tracker.update_ticket(ticket, content(TicketState.IN_PROGRESS))
    assert jira.issues[0].fields["status"]["name"] == "In Review"


@pytest.mark.parametrize("names", [{}, {"closed": "Ship it"}])
def test_a_workflow_without_a_way_is_told_with_the_setting(
    engine: Engine, jira: JiraServer, names: dict[str, str]
) -> None:
    tracker, ticket = opened(engine, jira, transitions=names)
    jira.statuses = {"21": "In Progress"}
    with pytest.raises(PermanentError, match=r"Go to In Progress.*jira\.transitions\.closed"):
        tracker.update_ticket(ticket, content(TicketState.CLOSED, body="Over."))
    assert "Over." in description(jira.issues[0])


@pytest.mark.parametrize(("given", "chosen"), [(None, "Fixed"), ("Solved", "Solved")])
def test_a_resolution_is_given_where_closing_asks_for_one(
    engine: Engine, jira: JiraServer, given: str | None, chosen: str
) -> None:
    jira.asks_resolution = True
    tracker, ticket = opened(engine, jira, resolution=given)
    tracker.update_ticket(ticket, content(TicketState.CLOSED))
    assert jira.issues[0].fields["resolution"] == {"name": chosen}
    assert jira.issues[0].fields["status"]["name"] == "Done"


def test_a_ticket_that_a_person_opens_again_stays_open(engine: Engine, jira: JiraServer) -> None:
    tracker, ticket = opened(engine, jira)
    tracker.update_ticket(ticket, content(TicketState.CLOSED))
    jira.set_status("SHOP-1", "To Do")
    tracker.update_ticket(ticket, content(TicketState.CLOSED, body="Closed, I said."))
    assert tracker.state(ticket) is TicketState.OPEN


def test_a_comment_is_found_among_many(engine: Engine, jira: JiraServer) -> None:
    tracker, ticket = opened(engine, jira)
    jira.fail("POST", "/comment", Fault(reset=True, processed=True))
    with pytest.raises(Unreachable):
        tracker.ensure_comment(ticket, "merged", "It is merged.")
    (ours,) = jira.issues[0].comments
    theirs: dict[str, object] = {"body": ours["body"] if jira.cloud else "words", "properties": []}
    jira.issues[0].comments += [{"id": str(100 + n), **theirs} for n in range(150)]
    tracker.ensure_comment(ticket, "merged", "It is merged.")
    assert len(jira.issues[0].comments) == 151


def test_a_deleted_issue_is_not_found(engine: Engine, jira: JiraServer) -> None:
    tracker, ticket = opened(engine, jira)
    jira.issues.clear()
    with pytest.raises(NotFound):
        tracker.state(ticket)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(status=401), NotAuthorised),
        (Fault(status=403), NotAuthorised),
        (Fault(status=404), NotFound),
        (Fault(status=400), PermanentError),
        (Fault(status=409), Unreachable),
        (Fault(status=302, headers={"Location": "http://127.0.0.1:1/x"}), PermanentError),
        (Fault(status=500), Unreachable),
        (Fault(reset=True), Unreachable),
    ],
)
def test_what_jira_answers_becomes_an_error_of_suture(
    engine: Engine, jira: JiraServer, fault: Fault, error: type[SutureError]
) -> None:
    tracker, ticket = opened(engine, jira)
    jira.fail("GET", "/SHOP-1", fault)
    with pytest.raises(error) as raised:
        tracker.state(ticket)
    assert raised.value.retryable is issubclass(error, TransientError)
    assert (raised.value.__cause__, raised.value.__context__) == (None, None)


def test_no_error_repeats_the_token(engine: Engine, jira: JiraServer) -> None:
    tracker, ticket = opened(engine, jira)
    told = f'{{"errorMessages": ["bad token {TOKEN} of password=hunter2222"]}}'
    jira.fail("GET", "/SHOP-1", Fault(status=403, body=told))
    with pytest.raises(NotAuthorised) as refused:
        tracker.state(ticket)
    assert TOKEN not in str(refused.value)
    assert "hunter2222" not in str(refused.value)
    assert TOKEN not in repr(jira_settings(jira))


def test_a_jira_that_is_down_is_unreachable(engine: Engine, jira: JiraServer) -> None:
    tracker = JiraTracker(engine, jira_settings(jira, url="http://127.0.0.1:9"))
    with pytest.raises(Unreachable):
        tracker.ensure_ticket("shop", "case-1", content())


def test_hostile_words_make_a_ticket(engine: Engine, jira: JiraServer) -> None:
    tracker = JiraTracker(engine, jira_settings(jira))
    hostile = "a\0b\n'; DROP {code} [~ada]"
    ticket = tracker.ensure_ticket(
        "shop", "case\0", content(title=hostile, body=hostile, labels=("a b", " ", "ß x"))
    )
    tracker.ensure_comment(ticket, "key\0\ud800", hostile)
    assert jira.issues[0].fields["labels"][1:] == ["a-b", "ß-x"]
    assert jira.issues[0].fields["summary"].startswith("a\ufffdb '; DROP {code}")
