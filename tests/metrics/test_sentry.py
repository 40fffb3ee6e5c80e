"""Sentry counts an incident's own errors and a service's sessions."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations.sentry.client import SentryClient
from integrations.sentry.metrics import SentryEventMetrics, SentryReleaseHealth, api_findings
from suture.domain.alert import AlertSource
from suture.domain.service import Service
from suture.errors import (
    NoData,
    NotAuthorised,
    NotFound,
    PermanentError,
    RateLimited,
    SutureError,
    Unreachable,
)
from suture.ports.metrics import EventCount, MetricsQuery, ServiceCounters
from suture.ports.problems import Problem
from suture.sentry_settings import SentrySettings
from tests.fakes.metrics import FakeEventMetrics
from tests.fakes.problems import FakeProblems
from tests.fakes.sentry_server import TOKEN, FakeSentry, Issue, Session
from tests.fakes.vendor_server import Fault, VendorServer, serving

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
FAULT = "a" * 64
SHOP = Service(name="shop", repository="acme/shop", environment="live")


@pytest.fixture
def server() -> Iterator[FakeSentry]:
    server = FakeSentry()
    with serving(server):
        yield server


def settings_for(server: VendorServer, **more: object) -> SentrySettings:
    given = {"url": server.url, "auth_token": TOKEN, "organisation": "acme", **more}
    return SentrySettings.model_validate(given)


class Counting:
    """An incident whose alerts came from issue 7."""

    def __init__(self, server: FakeSentry) -> None:
        self.server = server
        self.received = FakeEventMetrics()
        self.problems = FakeProblems()
        self.metrics = SentryEventMetrics(
            self.received, self.problems, SentryClient(settings_for(server))
        )
        self.seen_as("issue/7")
        self.happened("7", *(NOON - MINUTE * number for number in range(1, 6)))

    def seen_as(self, group: str) -> None:
        problem = Problem(service="shop", source=AlertSource.SENTRY, group=group)
        self.problems.remember(problem, FAULT, NOON)

    def happened(self, number: str, *times: datetime) -> None:
        issue = self.server.issues.setdefault(number, Issue(number))
        issue.events += [{"dateCreated": at.isoformat()} for at in times]

    def count(self, since: datetime = NOON - HOUR, until: datetime = NOON) -> int | None:
        return self.metrics.count("shop", FAULT, since, until)


@pytest.fixture
def counting(server: FakeSentry) -> Counting:
    return Counting(server)


def test_an_incident_s_errors_are_counted_by_its_issue(counting: Counting) -> None:
    assert counting.count() == 5
    assert counting.count(since=NOON - 2 * MINUTE) == 2
    assert counting.count(since=NOON, until=NOON + HOUR) == 0


def test_what_was_received_counts_where_sentry_has_less(counting: Counting) -> None:
    counting.metrics.record("shop", FAULT, NOON - MINUTE, 3)
    assert counting.count() == 5
    more = EventCount(service="shop", fingerprint=FAULT, at=NOON - MINUTE, count=6)
    counting.metrics.record_all([more])
    assert counting.count() == 9


def test_faults_that_are_no_issue_are_counted_as_received(counting: Counting) -> None:
    counting.received.record("shop", "b" * 64, NOON - MINUTE, 2)
    assert counting.metrics.count("shop", "b" * 64, NOON - HOUR, NOON) == 2
    metric = Problem(service="shop", source=AlertSource.SENTRY, group="metric/1/2")
    counting.problems.remember(metric, "b" * 64, NOON)
    assert counting.metrics.count("shop", "b" * 64, NOON - HOUR, NOON) == 2
    assert counting.server.requests == []


def test_a_window_without_length_is_not_asked_for(counting: Counting) -> None:
    assert counting.count(since=NOON) == 0
    assert counting.server.requests == []


def test_several_issues_of_one_fault_are_added_up(counting: Counting) -> None:
    counting.seen_as("issue/8")
    counting.happened("8", NOON - MINUTE)
    assert counting.count() == 6


def test_issues_that_were_merged_count_once(counting: Counting) -> None:
    counting.seen_as("issue/8")
    counting.server.issues["8"] = Issue("8", merged_into="7")
    assert counting.count() == 5


def test_an_issue_that_is_gone_is_no_data_rather_than_no_error(counting: Counting) -> None:
    counting.seen_as("issue/8")
    assert counting.count() == 5
    del counting.server.issues["7"]
    assert counting.count() is None


@pytest.mark.parametrize("group", ["issue/x", "issue/", "issue/1/../../2"])
def test_a_name_that_is_no_number_is_not_asked_for(counting: Counting, group: str) -> None:
    counting.seen_as(group)
    assert counting.count() == 5
    assert {request.path for request in counting.server.requests} == {
        "/api/0/organizations/acme/issues/7/",
        "/api/0/organizations/acme/events/",
    }


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=500),
        Fault(reset=True),
        Fault(cut=10),
        Fault(body=b"[]"),
        Fault(status=429, headers={"Retry-After": "11"}),
    ],
)
def test_an_outage_says_that_there_is_no_data_now(counting: Counting, fault: Fault) -> None:
    counting.server.faults = [fault]
    with pytest.raises(NoData) as raised:
        counting.count()
    assert raised.value.retry_after_seconds == (11 if fault.status == 429 else None)


@pytest.mark.parametrize("body", [b'{"data": []}', b"{}", b'{"data": [{"count()": "5"}]}'])
def test_an_answer_without_a_count_is_no_count(counting: Counting, body: bytes) -> None:
    issue = b'{"id": "7", "project": {"id": "1"}}'
    counting.server.faults = [Fault(body=issue), Fault(body=body)]
    with pytest.raises(NoData, match="did not count"):
        counting.count()


def test_a_token_that_may_not_see_the_issue_counts_nothing_as_nothing(counting: Counting) -> None:
    counting.server.scopes = frozenset({"org:read"})
    with pytest.raises(NotAuthorised):
        counting.count()


def health(
    server: VendorServer, length: timedelta = 30 * MINUTE, **more: object
) -> ServiceCounters:
    query = MetricsQuery(service=SHOP, since=NOON - length, until=NOON)
    return SentryReleaseHealth(settings_for(server, **more)).read(query)


def test_sessions_are_requests_and_crashed_ones_failed(server: FakeSentry) -> None:
    for minute in range(1, 31):
        at = NOON - MINUTE * minute
        statuses = ["healthy"] * 7 + ["errored", "crashed", "abnormal"]
        server.sessions += [Session(at=at, status=status) for status in statuses]
    assert health(server) == ServiceCounters(at=NOON, requests=300, errors=60, windowed=True)


def test_only_intervals_inside_the_window_count(server: FakeSentry) -> None:
    half = timedelta(seconds=30)
    server.sessions = [Session(at=NOON - MINUTE * minute) for minute in range(1, 11)]
    query = MetricsQuery(service=SHOP, since=NOON - 5 * MINUTE - half, until=NOON - half)
    assert SentryReleaseHealth(settings_for(server)).read(query).requests == 4


def test_where_minutes_are_refused_whole_hours_count(server: FakeSentry) -> None:
    server.minutes = False
    server.sessions = [Session(at=NOON - MINUTE * minute) for minute in range(1, 241)]
    assert health(server, 3 * HOUR).requests == 180
    assert health(server, 12 * HOUR).requests == 240
    with pytest.raises(PermanentError, match="at least one hour"):
        health(server)


def test_a_service_goes_by_what_sentry_calls_it(server: FakeSentry) -> None:
    server.sessions = [Session(at=NOON - MINUTE, project="front", environment="prod")]
    assert health(server).requests is None
    names = {"shop": {"project": "front", "environment": "prod"}}
    assert health(server, services=names).requests == 1


def test_no_sessions_are_no_data(server: FakeSentry) -> None:
    assert health(server).requests is None
    assert health(server, timedelta(0)).requests is None


MINUTES = b'["2026-03-01T11:40:00Z", "2026-03-01T11:41:00Z"]'


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b'{"groups": [], "intervals": []}',
        b'{"groups": [], "intervals": ["2026-03-01T11:40:00Z", "later"]}',
        b'{"groups": [], "intervals": ["2026-03-01T11:40:00", "2026-03-01T11:41:00"]}',
        b'{"groups": [{"series": {"sum(session)": ["x", 1]}}], "intervals": %b}' % MINUTES,
        b'{"groups": [{"by": {}, "series": null}], "intervals": %b}' % MINUTES,
    ],
)
def test_an_answer_of_another_shape_is_no_data(server: FakeSentry, body: bytes) -> None:
    server.faults = [Fault(body=body)]
    assert health(server).requests is None


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault(status=502), Unreachable),
        (Fault(reset=True), Unreachable),
        (Fault(status=429), RateLimited),
        (Fault(status=401), NotAuthorised),
        (Fault(status=404), NotFound),
    ],
)
def test_a_failure_of_sessions_is_raised(
    server: FakeSentry, fault: Fault, kind: type[SutureError]
) -> None:
    server.faults = [fault]
    with pytest.raises(kind):
        health(server, 2 * HOUR)


def test_a_limit_may_be_told_as_the_moment_when_it_ends(server: FakeSentry) -> None:
    moment = int(datetime.now(UTC).timestamp()) + 120
    headers = {"X-Sentry-Rate-Limit-Reset": str(moment)}
    server.faults = [Fault(status=429, headers=headers)]
    with pytest.raises(RateLimited) as raised:
        SentryClient(settings_for(server)).look()
    assert raised.value.retry_after_seconds is not None
    assert 60 < raised.value.retry_after_seconds <= 120


CAUSE = {
    "id": 4,
    "description": "`count` is zero for an empty cart.",
    "root_cause_reproduction": [
        {"title": "A", "relevant_code_file": {"file_path": "shop/server.py"}},
        {
            "title": "B",
            "is_most_important_event": True,
            "relevant_code_file": {"file_path": "shop/cart.py"},
        },
        {"title": "C", "relevant_code_file": None},
    ],
}


def autofix(*causes: object, selected: object = 4) -> dict[str, Any]:
    found = {
        "type": "root_cause_analysis",
        "causes": list(causes),
        "selection": {"cause_id": selected},
    }
    return {"status": "COMPLETED", "steps": [{"type": "default", "causes": None}, found]}


def test_seer_s_root_cause_is_read(server: FakeSentry) -> None:
    server.issues["7"] = Issue("7", autofix=autofix({"id": 1, "description": "Other."}, CAUSE))
    cause = SentryClient(settings_for(server)).root_cause("7")
    assert cause is not None
    assert cause.description == "`count` is zero for an empty cart."
    assert cause.files == ("shop/cart.py", "shop/server.py")


@pytest.mark.parametrize(
    "found",
    [
        None,
        {},
        {"steps": "none"},
        autofix(),
        autofix({"id": 4}),
        autofix({"id": 4, "description": "  "}),
        autofix("nonsense"),
    ],
)
def test_seer_may_have_found_nothing(server: FakeSentry, found: dict[str, Any] | None) -> None:
    server.issues["7"] = Issue("7", autofix=found)
    assert SentryClient(settings_for(server)).root_cause("7") is None


def test_issues_are_listed_page_by_page(server: FakeSentry) -> None:
    server.page = 2
    for number in range(5):
        at = (NOON - MINUTE * number).isoformat()
        server.issues[str(number)] = Issue(str(number), events=[{"dateCreated": at}])
    client = SentryClient(settings_for(server))
    found = [one["id"] for one in client.issues("is:unresolved", NOON - HOUR, NOON + MINUTE)]
    assert found == ["0", "1", "2", "3", "4"]


def findings(server: FakeSentry, **more: object) -> list[tuple[str, bool]]:
    settings = settings_for(server, **more)
    return [(one.name, one.ok) for one in api_findings(SentryClient(settings), settings)]


def test_the_check_tries_each_scope(server: FakeSentry) -> None:
    clock = ("clock against Sentry's", True)
    assert findings(server) == [("Sentry", True), clock, ("Sentry's issues", True)]
    server.scopes = frozenset({"org:read"})
    assert findings(server) == [("Sentry", True), clock, ("Sentry's API", False)]
    assert findings(server, auth_token="other") == [("Sentry's API", False)]


def test_the_check_reads_sessions_of_each_service(server: FakeSentry) -> None:
    server.sessions = [Session(at=datetime.now(UTC) - 5 * MINUTE)]
    [found] = SentryReleaseHealth(settings_for(server)).findings((SHOP,))
    assert (found.ok, found.required) == (True, False)
    assert "1 requests" in found.detail
