"""Datadog is asked by queries of the operator's own."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from integrations.datadog.queries import DatadogQueries
from suture.datadog_settings import DatadogSettings
from suture.domain.service import Service
from suture.errors import NotAuthorised, PermanentError, RateLimited, SutureError, Unreachable
from suture.ports.metrics import MetricsQuery, ServiceCounters
from tests.fakes.vendor_server import Fault, Request, Said, VendorServer, serving

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SINCE = NOON - timedelta(minutes=10)
SERVICE = Service(name="shop", repository="acme/shop", environment="live")
API_KEY, APPLICATION_KEY = "api-key-of-the-tests", "application-key-of-the-tests"
INTERVAL = 20


class FakeDatadog(VendorServer):
    """Keeps points of counts, and answers queries by the metric's name, as v1 documents it."""

    def __init__(self) -> None:
        super().__init__()
        self.points: dict[str, list[tuple[datetime, float | None]]] = {}
        self.kept: dict[str, Any] | None = None

    def count(self, metric: str, value: float, *, since: datetime, until: datetime) -> None:
        """Count so much in each interval."""
        at, points = since, self.points.setdefault(metric, [])
        while at < until:
            points.append((at, value))
            at += timedelta(seconds=INTERVAL)

    def answer(self, request: Request) -> Said:
        keys = (request.headers.get("dd-api-key"), request.headers.get("dd-application-key"))
        if keys != (API_KEY, APPLICATION_KEY):
            return Said(status=403, body={"errors": ["Forbidden"]})
        if request.path == "/api/v2/validate_keys":
            return Said(body={"status": "ok"})
        assert request.path == "/api/v1/query"
        if self.kept is not None:
            return Said(body=self.kept)
        metric = request.one("query").partition(":")[2].partition("{")[0]
        since, until = int(request.one("from")), int(request.one("to"))
        # An interval that has begun before is in it, as it is at Datadog.
        points = [
            [at.timestamp() * 1_000, value]
            for at, value in self.points.get(metric, [])
            if since - INTERVAL < at.timestamp() <= until
        ]
        series = {"metric": metric, "interval": INTERVAL, "pointlist": points, "scope": "*"}
        return Said(
            body={"status": "ok", "res_type": "time_series", "series": [series] * any(points)}
        )


@pytest.fixture
def server() -> Iterator[FakeDatadog]:
    server = FakeDatadog()
    with serving(server):
        yield server


def settings_for(server: VendorServer, **more: object) -> DatadogSettings:
    given = {
        "url": server.url,
        "api_key": API_KEY,
        "application_key": APPLICATION_KEY,
        "requests": "sum:hits{service:$service,env:$environment}.as_count()",
        "errors": "sum:failures{service:$service}.as_count()",
        **more,
    }
    return DatadogSettings.model_validate(given)


def read(server: VendorServer, since: datetime = SINCE, **more: object) -> ServiceCounters:
    query = MetricsQuery(service=SERVICE, since=since, until=NOON, release="1.4")
    return DatadogQueries(settings_for(server, **more)).read(query)


def test_a_window_s_intervals_are_added_up(server: FakeDatadog) -> None:
    server.count("hits", 8, since=SINCE, until=NOON)
    server.count("failures", 1, since=SINCE, until=NOON)
    assert read(server) == ServiceCounters(at=NOON, requests=240, errors=30, windowed=True)
    asked = server.requests[0]
    assert asked.one("query") == "sum:hits{service:shop,env:live}.as_count()"
    assert int(asked.one("to")) - int(asked.one("from")) == 600


def test_intervals_that_reach_out_of_the_window_are_left_out(server: FakeDatadog) -> None:
    ten = timedelta(seconds=10)
    server.count("hits", 8, since=SINCE - ten, until=NOON + ten)
    assert read(server).requests == 8 * 29


def test_points_without_a_value_count_nothing(server: FakeDatadog) -> None:
    server.points["hits"] = [(SINCE, None), (SINCE + timedelta(seconds=INTERVAL), 3.0)]
    assert read(server).requests == 3
    server.points["hits"] = [(SINCE, None)]
    assert read(server).requests is None


def test_no_errors_beside_requests_are_none_unless_the_operator_says_otherwise(
    server: FakeDatadog,
) -> None:
    server.count("hits", 8, since=SINCE, until=NOON)
    assert read(server).errors == 0
    assert read(server, errors_without_data=False).errors is None
    server.points.clear()
    assert read(server).errors is None


@pytest.mark.parametrize(
    "series",
    [
        [],
        ["nonsense"],
        [{"interval": 20}],
        [{"interval": 20, "pointlist": [[1]]}],
        [{"interval": 20, "pointlist": [["x", 1]]}],
        [{"interval": 20, "pointlist": [[SINCE.timestamp() * 1_000, "5"]]}],
        [{"interval": 20, "pointlist": [[SINCE.timestamp() * 1_000, -5]]}],
        [{"interval": 20, "pointlist": [[SINCE.timestamp() * 1_000, 1e300]]}],
    ],
    ids=repr,
)
def test_what_is_no_count_is_no_data(server: FakeDatadog, series: list[Any]) -> None:
    server.kept = {"status": "ok", "series": series}
    counters = read(server)
    assert (counters.requests, counters.errors) == (None, None)


def test_a_service_s_own_queries_come_first_and_may_tell_no_errors(server: FakeDatadog) -> None:
    server.count("own", 2, since=SINCE, until=NOON)
    own = {"shop": {"requests": "sum:own{version:$release}.rollup(sum, 60)"}}
    counters = read(server, services=own)
    assert (counters.requests, counters.errors) == (60, None)
    assert server.requests[0].one("query") == "sum:own{version:1.4}.rollup(sum, 60)"


def test_a_window_without_length_is_not_asked_for(server: FakeDatadog) -> None:
    assert read(server, since=NOON).requests is None
    assert server.requests == []


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault(status=500), Unreachable),
        (Fault(reset=True), Unreachable),
        (Fault(cut=10), Unreachable),
        (Fault(status=403), NotAuthorised),
        (Fault(body=b'{"status": "error", "error": "Rule \'x\' is wrong"}'), PermanentError),
    ],
)
def test_a_failure_is_raised_rather_than_counted(
    server: FakeDatadog, fault: Fault, kind: type[SutureError]
) -> None:
    server.faults = [fault]
    with pytest.raises(kind) as raised:
        read(server)
    assert API_KEY not in str(raised.value)


def test_a_limit_is_waited_for_as_its_header_says(server: FakeDatadog) -> None:
    limits = {"X-RateLimit-Limit": "1600", "X-RateLimit-Period": "60", "X-RateLimit-Reset": "37"}
    server.faults = [Fault(status=429, headers=limits)]
    with pytest.raises(RateLimited) as raised:
        read(server)
    assert raised.value.retry_after_seconds == 37


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"requests": "sum:hits{*}"}, "requests must count"),
        ({"errors": "avg:hits{*}.rollup(avg, 60)"}, "errors must count"),
        ({"services": {"shop": {"requests": "sum:hits{*}"}}}, "services.shop.requests must count"),
        ({"requests": "sum:hits{a:$host}.as_count()"}, "$host"),
        ({"site": "https://datadoghq.com"}, "site"),
        ({"api_key": ""}, "api_key"),
    ],
)
def test_settings_that_cannot_work_are_refused(
    server: FakeDatadog, wrong: dict[str, object], says: str
) -> None:
    with pytest.raises(ValidationError) as raised:
        settings_for(server, **wrong)
    assert says in str(raised.value)
    assert APPLICATION_KEY not in str(raised.value.errors(include_input=False))


def test_the_api_follows_from_the_site() -> None:
    keys = {"api_key": "a", "application_key": "b"}
    assert DatadogSettings.model_validate(keys).api_url == "https://api.datadoghq.com"
    given = {**keys, "site": "us5.datadoghq.com"}
    assert DatadogSettings.model_validate(given).api_url == "https://api.us5.datadoghq.com"


def test_the_check_tries_keys_clock_and_queries(server: FakeDatadog) -> None:
    now = datetime.now(UTC)
    server.count("hits", 8, since=now - timedelta(minutes=15), until=now)
    found = list(DatadogQueries(settings_for(server)).findings((SERVICE,)))
    assert [(one.name, one.ok) for one in found] == [
        ("Datadog", True),
        ("clock against Datadog's", True),
        ("Datadog metrics of shop", True),
    ]
    [wrong] = DatadogQueries(settings_for(server, api_key="other")).findings((SERVICE,))
    assert not wrong.ok
    assert "both keys" in wrong.mend
