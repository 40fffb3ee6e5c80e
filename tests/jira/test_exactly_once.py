"""Whatever happens on the way, each create happens exactly once."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import Engine

from integrations.database import open_database
from integrations.jira.records import JiraRecords
from integrations.jira.tracker import JiraTracker
from suture.domain.ticket import TicketRef, TicketState
from suture.errors import RateLimited, SutureError, TransientError, Unreachable
from tests.fakes.faults import Fault
from tests.fakes.jira_server import JiraServer
from tests.fakes.jira_tracker import jira_settings
from tests.jira.conftest import content

FAULTS = {
    "429 before": Fault(status=429, headers={"Retry-After": "7"}),
    "500 before": Fault(status=500),
    "500 after": Fault(status=500, processed=True),
    "503 with patience": Fault(status=503, headers={"Retry-After": "3"}),
    "reset before": Fault(reset=True),
    "reset after": Fault(reset=True, processed=True),
    "not JSON": Fault(status=200, body="<html>", processed=True),
    "truncated": Fault(status=200, body="{", headers={"Content-Length": "90"}, processed=True),
    "nothing said": Fault(status=201, body="{}", processed=True),
}


def tracker_of(engine: Engine, jira: JiraServer, **given: object) -> JiraTracker:
    return JiraTracker(engine, jira_settings(jira, **given))


def until_done(call: Callable[[], object], tries: int = 5) -> list[SutureError]:
    """Repeat a call as Temporal does, and return how it failed."""
    failures: list[SutureError] = []
    for _ in range(tries):
        try:
            call()
        except TransientError as error:
            failures.append(error)
        else:
            return failures
    pytest.fail(f"never done: {failures}")


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_ticket_is_created_once(engine: Engine, jira: JiraServer, fault: Fault) -> None:
    tracker = tracker_of(engine, jira)
    jira.fail("POST", "/issue", fault)
    failures = until_done(lambda: tracker.ensure_ticket("shop", "case-1", content()))
    assert len(failures) == 1
    assert [issue.key for issue in jira.issues] == ["SHOP-1"]
    assert tracker.ensure_ticket("shop", "case-1", content()).ticket_id == "SHOP-1"


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_ticket_that_begins_closed_is_closed_in_the_end(
    engine: Engine, jira: JiraServer, fault: Fault
) -> None:
    tracker = tracker_of(engine, jira)
    jira.fail("POST", "/transitions", fault)
    closed = content(TicketState.CLOSED)
    until_done(lambda: tracker.ensure_ticket("shop", "case-1", closed))
    ticket = tracker.ensure_ticket("shop", "case-1", closed)
    assert tracker.state(ticket) is TicketState.CLOSED
    jira.set_status(ticket.ticket_id, "To Do")
    assert tracker.ensure_ticket("shop", "case-1", closed) == ticket
    assert tracker.state(ticket) is TicketState.OPEN
    assert [issue.key for issue in jira.issues] == ["SHOP-1"]


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_comment_is_added_once(engine: Engine, jira: JiraServer, fault: Fault) -> None:
    tracker = tracker_of(engine, jira)
    ticket = tracker.ensure_ticket("shop", "case-1", content())
    jira.fail("POST", "/comment", fault)
    until_done(lambda: tracker.ensure_comment(ticket, "merged", "It is merged."))
    tracker.ensure_comment(ticket, "merged", "It is merged.")
    assert len(jira.issues[0].comments) == 1


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_ticket_is_closed_once(engine: Engine, jira: JiraServer, fault: Fault) -> None:
    tracker = tracker_of(engine, jira)
    ticket = tracker.ensure_ticket("shop", "case-1", content())
    jira.fail("POST", "/transitions", fault)
    until_done(lambda: tracker.update_ticket(ticket, content(TicketState.CLOSED)))
    assert tracker.state(ticket) is TicketState.CLOSED
    assert moves(jira) == (1 if fault.processed else 2)


def moves(jira: JiraServer) -> int:
    return sum(method == "POST" and path.endswith("/transitions") for method, path in jira.requests)


def test_a_slow_create_is_not_sent_again(engine: Engine, jira: JiraServer) -> None:
    meeting = Barrier(2, timeout=60)
    jira.fail("POST", "/issue", Fault(meeting=meeting, processed=True))
    hurried, tracker = tracker_of(engine, jira, timeout_seconds=2.0), tracker_of(engine, jira)
    with pytest.raises(Unreachable):
        hurried.ensure_ticket("shop", "case-1", content())
    meeting.wait()
    until_done(lambda: tracker.ensure_ticket("shop", "case-1", content()))
    assert len(jira.issues) == 1


def test_the_client_repeats_nothing_by_itself(engine: Engine, jira: JiraServer) -> None:
    tracker = tracker_of(engine, jira)
    for fault in (FAULTS["429 before"], FAULTS["503 with patience"], FAULTS["reset before"]):
        jira.fail("POST", "/issue", fault)
        before = creates(jira)
        with pytest.raises(TransientError):
            tracker.ensure_ticket("shop", "case-1", content())
        assert creates(jira) == before + 1


def creates(jira: JiraServer) -> int:
    return sum(method == "POST" and path.endswith("/issue") for method, path in jira.requests)


def test_patience_is_told(engine: Engine, jira: JiraServer) -> None:
    tracker = tracker_of(engine, jira)
    jira.fail("POST", "/issue", FAULTS["429 before"])
    with pytest.raises(RateLimited) as limited:
        tracker.ensure_ticket("shop", "case-1", content())
    assert limited.value.retry_after_seconds == 7
    for told, waits in (("soon", 30), ("nan", 30), ("1e9", 3_600), ("-1", 1)):
        jira.fail("GET", "/search/jql" if jira.cloud else "/search", late(told))
        with pytest.raises(RateLimited) as limited:
            tracker.ensure_ticket("shop", "case-1", content())
        assert limited.value.retry_after_seconds == waits


def late(told: str) -> Fault:
    return Fault(status=429, headers={"Retry-After": told})


def test_a_ticket_in_doubt_waits_for_the_index(engine: Engine, jira: JiraServer) -> None:
    patient = tracker_of(engine, jira, settle_seconds=3_600)
    jira.lags = True
    jira.fail("POST", "/issue", FAULTS["reset after"])
    with pytest.raises(Unreachable):
        patient.ensure_ticket("shop", "case-1", content())
    with pytest.raises(Unreachable) as waits:
        patient.ensure_ticket("shop", "case-1", content())
    assert 3_500 < (waits.value.retry_after_seconds or 0) <= 3_600
    jira.catch_up()
    # Another process, after a crash of this one.
    found = tracker_of(engine, jira, settle_seconds=3_600)
    assert found.ensure_ticket("shop", "case-1", content()).ticket_id == "SHOP-1"
    assert len(jira.issues) == 1


def test_calls_at_the_same_time_create_one_ticket(engine: Engine, jira: JiraServer) -> None:
    tracker = tracker_of(engine, jira, settle_seconds=3_600)
    jira.lags = True

    def attempt(_: int) -> str:
        try:
            return tracker.ensure_ticket("shop", "case-1", content()).ticket_id
        except Unreachable:
            return "later"

    with ThreadPoolExecutor(4) as pool:
        answers = set(pool.map(attempt, range(8)))
    assert answers <= {"SHOP-1", "later"}
    assert "SHOP-1" in answers
    assert len(jira.issues) == 1


def test_a_ticket_found_meanwhile_is_not_created(engine: Engine, jira: JiraServer) -> None:
    records = JiraRecords(engine, 0.0)
    early = records.begin("shop", "case-1", "mark")
    records.created(records.begin("shop", "case-1", "mark"), "SHOP-1")
    with pytest.raises(Unreachable):
        records.claim_create(early, content())
    assert creates(jira) == 0


def test_a_comment_in_doubt_waits(engine: Engine, jira: JiraServer) -> None:
    tracker = tracker_of(engine, jira, settle_seconds=3_600)
    ticket = tracker.ensure_ticket("shop", "case-1", content())
    jira.fail("POST", "/comment", FAULTS["500 before"])
    for _ in range(2):
        with pytest.raises(Unreachable):
            tracker.ensure_comment(ticket, "merged", "It is merged.")
    assert jira.issues[0].comments == []


def test_of_twins_the_lowest_key_wins_and_the_later_is_closed_with_a_link(
    engine: Engine, jira: JiraServer
) -> None:
    tracker = tracker_of(engine, jira)
    jira.lags = True
    jira.fail("POST", "/issue", FAULTS["reset after"])
    with pytest.raises(Unreachable):
        tracker.ensure_ticket("shop", "case-1", content())
    # The index lags for longer than the setting says.
    later = tracker.ensure_ticket("shop", "case-1", content())
    assert later.ticket_id == "SHOP-2"
    jira.catch_up()
    tracker.update_ticket(later, content(TicketState.IN_PROGRESS))
    first, twin = jira.issues
    assert statuses(jira) == ["In Progress", "Done"]
    assert [link["object"]["url"] for link in twin.links.values()] == [f"{jira.url}/browse/SHOP-1"]
    assert first.links == {}
    # What was handed out goes on leading to the ticket.
    tracker.ensure_comment(later, "merged", "It is merged.")
    assert (len(first.comments), len(twin.comments)) == (1, 0)
    assert tracker.state(later) is TicketState.IN_PROGRESS
    assert tracker.ensure_ticket("shop", "case-1", content()).ticket_id == "SHOP-1"
    # A twin that somebody opens again is theirs.
    jira.set_status("SHOP-2", "To Do")
    tracker.state(later)
    assert statuses(jira) == ["In Progress", "To Do"]


def statuses(jira: JiraServer) -> list[str]:
    return [issue.fields["status"]["name"] for issue in jira.issues]


def test_a_create_that_something_in_between_sends_twice_is_one_ticket(
    engine: Engine, jira: JiraServer
) -> None:
    tracker = tracker_of(engine, jira)
    jira.lags = True
    jira.fail("POST", "/issue", Fault(twice=True, processed=True))
    ticket = tracker.ensure_ticket("shop", "case-1", content())
    assert ticket.ticket_id == "SHOP-2"
    jira.catch_up()
    tracker.update_ticket(ticket, content(TicketState.IN_PROGRESS))
    assert statuses(jira) == ["In Progress", "Done"]
    asked = len(jira.requests)
    tracker.update_ticket(ticket, content(TicketState.IN_PROGRESS))
    assert len(jira.requests) == asked


@pytest.mark.parametrize("end", ["/remotelink", "/transitions"])
def test_reconciling_twins_survives_a_lost_answer(
    engine: Engine, jira: JiraServer, end: str
) -> None:
    tracker = tracker_of(engine, jira)
    jira.lags = True
    jira.fail("POST", "/issue", FAULTS["reset after"])
    with pytest.raises(Unreachable):
        tracker.ensure_ticket("shop", "case-1", content())
    later = tracker.ensure_ticket("shop", "case-1", content())
    jira.catch_up()
    jira.fail("POST", end, FAULTS["reset after"])
    with pytest.raises(Unreachable):
        tracker.state(later)
    assert tracker.state(later) is TicketState.OPEN
    assert statuses(jira) == ["To Do", "Done"]
    assert len(jira.issues[1].links) == 1


def test_a_twin_that_cannot_be_closed_does_not_stop_the_ticket(
    engine: Engine, jira: JiraServer
) -> None:
    tracker = tracker_of(engine, jira)
    jira.lags = True
    jira.fail("POST", "/issue", FAULTS["reset after"])
    with pytest.raises(Unreachable):
        tracker.ensure_ticket("shop", "case-1", content())
    later = tracker.ensure_ticket("shop", "case-1", content())
    jira.catch_up()
    jira.statuses = {"21": "In Progress"}
    tracker.update_ticket(later, content(TicketState.IN_PROGRESS))
    assert statuses(jira) == ["In Progress", "To Do"]


def test_a_copy_that_a_person_made_is_no_twin(engine: Engine, jira: JiraServer) -> None:
    tracker = tracker_of(engine, jira)
    jira.fail("POST", "/issue", FAULTS["reset after"])
    with pytest.raises(Unreachable):
        tracker.ensure_ticket("shop", "case-1", content())
    copied = {**jira.issues[0].fields, "project": {"key": "SHOP"}}
    jira.on_create({"fields": copied})
    assert tracker.ensure_ticket("shop", "case-1", content()).ticket_id == "SHOP-1"
    assert statuses(jira) == ["To Do", "To Do"]


def test_a_refused_create_is_tried_again_at_once(engine: Engine, jira: JiraServer) -> None:
    tracker = tracker_of(engine, jira, settle_seconds=3_600)
    jira.fail("POST", "/issue", Fault(status=400, body='{"errors":{"summary":"too dull"}}'))
    with pytest.raises(SutureError, match="too dull"):
        tracker.ensure_ticket("shop", "case-1", content())
    assert tracker.ensure_ticket("shop", "case-1", content()).ticket_id == "SHOP-1"


def test_a_lost_database_finds_the_ticket_again(
    engine: Engine, jira: JiraServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tracker_of(engine, jira).ensure_ticket("shop", "case-1", content())
    other = open_database(f"sqlite:///{tmp_path_factory.mktemp('other')}/suture.db")
    tracker = tracker_of(other, jira)
    ticket = tracker.ensure_ticket("shop", "case-1", content())
    assert ticket == TicketRef(ticket_id="SHOP-1", url=f"{jira.url}/browse/SHOP-1")
    jira.issues[0].fields["summary"] = "Renamed by ada"
    tracker.update_ticket(ticket, content(body="Other words"))
    assert jira.issues[0].fields["summary"] == "Renamed by ada"
    other.dispose()


def test_the_mark_is_a_label_without_what_jql_could_read(engine: Engine, jira: JiraServer) -> None:
    tracker_of(engine, jira).ensure_ticket("shop", 'x" OR labels != "y', content())
    assert re.fullmatch(r"suture-[0-9a-f]{24}", jira.issues[0].fields["labels"][0])
