"""A Prometheus server is asked by queries of the operator's own."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from integrations.prometheus.queries import PrometheusQueries
from suture.domain.service import Service
from suture.errors import NotAuthorised, PermanentError, RateLimited, SutureError, Unreachable
from suture.ports.metrics import MetricsQuery, ServiceCounters
from suture.prometheus_settings import PrometheusSettings
from tests.fakes.vendor_server import Fault, Request, Said, VendorServer, serving

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SERVICE = Service(name="shop", repository="acme/shop", environment="live")
QUERIES = {"requests": "requests[$window]", "errors": "errors[$window]"}
RATES: dict[str, Any] = {
    "requests": "shop:requests:rate1m",
    "errors": "shop:errors:rate1m",
    "per_second": True,
}


class FakePrometheus(VendorServer):
    """Knows the result of each query, as the server's documentation shapes it."""

    def __init__(self) -> None:
        super().__init__()
        self.results: dict[str, list[Any]] = {}
        self.kind = "vector"
        self.warnings: list[str] = []

    def answer(self, request: Request) -> Said:
        query = request.one("query").partition("[")[0]
        if request.path == "/prefix/api/v1/query_range":
            data = {"resultType": "matrix", "result": self.results.get(query, [])}
        elif request.path == "/prefix/api/v1/query":
            data = {"resultType": self.kind, "result": self.results.get(query, [])}
        else:
            return Said(status=404, body={"status": "error"})
        body = {"status": "success", "data": data}
        return Said(body={**body, "warnings": self.warnings} if self.warnings else body)


@pytest.fixture
def server() -> Iterator[FakePrometheus]:
    server = FakePrometheus()
    with serving(server):
        yield server


def one(value: str, **labels: str) -> dict[str, Any]:
    return {"metric": labels, "value": [NOON.timestamp(), value]}


def settings_for(server: VendorServer, **more: object) -> PrometheusSettings:
    given = {"url": f"{server.url}/prefix", **QUERIES, **more}
    return PrometheusSettings.model_validate(given)


def read(
    server: VendorServer, *, seconds: float = 600, release: str | None = None, **more: object
) -> ServiceCounters:
    query = MetricsQuery(
        service=SERVICE, since=NOON - timedelta(seconds=seconds), until=NOON, release=release
    )
    return PrometheusQueries(settings_for(server, **more)).read(query)


def test_a_window_is_counted_at_its_end(server: FakePrometheus) -> None:
    server.results = {"requests": [one("1234.6")], "errors": [one("0")]}
    counters = read(server)
    assert (counters.requests, counters.errors, counters.windowed) == (1_235, 0, True)
    first = server.requests[0]
    assert first.one("query") == "requests[600s]"
    assert float(first.one("time")) == NOON.timestamp()


def test_placeholders_are_filled(server: FakePrometheus) -> None:
    query = 'x{job="$service",env="$environment",version="$release",path=~".*$$"}[$window]'
    read(server, seconds=90, release="shop@1.4.2+7", requests=query)
    expected = 'x{job="shop",env="live",version="shop@1.4.2+7",path=~".*$"}[90s]'
    assert server.requests[0].one("query") == expected


@pytest.mark.parametrize("release", [None, "", '1"} or vector(1e9) or {a="', "a b", "x" * 201])
def test_a_release_that_is_unknown_or_unfit_is_not_asked_for(
    server: FakePrometheus, release: str | None
) -> None:
    server.results = {"requests{v='x'}": [one("5")], "errors": [one("1")]}
    counters = read(server, release=release, requests='requests{v="$release"}[$window]')
    assert (counters.requests, counters.errors) == (None, 1)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "result",
    [
        [],
        [one("NaN")],
        [one("+Inf")],
        [one("-1")],
        [one("1e300")],
        [one("x")],
        [one("5"), one("NaN")],
        [{"metric": {}}],
        [{"metric": {}, "value": [1]}],
        ["nonsense"],
    ],
    ids=repr,
)
def test_what_is_no_count_is_no_data(server: FakePrometheus, result: list[Any]) -> None:
    server.results = {"requests": result, "errors": result}
    counters = read(server)
    assert (counters.requests, counters.errors) == (None, None)


def test_several_series_are_added_up(server: FakePrometheus) -> None:
    server.results = {"requests": [one("5", pod="a"), one("7", pod="b")]}
    assert read(server).requests == 12


def test_a_scalar_counts_too(server: FakePrometheus) -> None:
    server.kind = "scalar"
    server.results = {"requests": [NOON.timestamp(), "7"]}
    assert read(server, errors=None) == ServiceCounters(at=NOON, requests=7, windowed=True)


def test_an_answer_with_a_part_missing_is_no_data(server: FakePrometheus) -> None:
    server.results = {"requests": [one("5")], "errors": [one("0")]}
    server.warnings = ["PromQL info: metric might not be a counter"]
    assert read(server).requests == 5
    server.warnings.append("No StoreAPIs matched for this query")
    assert read(server).requests is None


def test_a_window_without_length_is_not_asked_for(server: FakePrometheus) -> None:
    assert read(server, seconds=0).requests is None
    assert server.requests == []


def values(*numbers: float) -> list[Any]:
    return [[NOON.timestamp() + index * 15, str(number)] for index, number in enumerate(numbers)]


def test_rates_are_read_as_a_range_and_added_up(server: FakePrometheus) -> None:
    server.results = {
        "shop:requests:rate1m": [{"metric": {}, "values": values(*[2.0] * 40)}],
        "shop:errors:rate1m": [{"metric": {}, "values": values(*[0.0] * 40)}],
    }
    counters = read(server, **RATES)
    assert (counters.requests, counters.errors) == (1_200, 0)
    asked = server.requests[0]
    assert asked.path == "/prefix/api/v1/query_range"
    assert (asked.one("step"), float(asked.one("end"))) == ("15", NOON.timestamp())
    assert float(asked.one("start")) == NOON.timestamp() - 585


def test_a_long_range_has_larger_steps(server: FakePrometheus) -> None:
    read(server, seconds=86_400, **RATES)
    assert server.requests[0].one("step") == "87"


@pytest.mark.parametrize(
    "result",
    [
        [],
        [{"metric": {}, "values": values(*[2.0] * 19)}],
        [{"metric": {}, "values": values(*[2.0] * 39, float("nan"))}],
        [{"metric": {}, "values": None}],
    ],
    ids=["none", "mostly missing", "no number", "no list"],
)
def test_a_rate_that_is_not_there_is_no_data(server: FakePrometheus, result: list[Any]) -> None:
    server.results = {"shop:requests:rate1m": result}
    assert read(server, **RATES).requests is None


def test_a_range_shorter_than_a_step_is_no_data(server: FakePrometheus) -> None:
    assert read(server, seconds=14, **RATES).requests is None


def test_a_service_s_own_queries_come_first(server: FakePrometheus) -> None:
    own = {"shop": {"requests": "own[$window]"}, "till": {"requests": "till[$window]"}}
    server.results = {"own": [one("3")], "errors": [one("9")]}
    counters = read(server, services=own)
    assert (counters.requests, counters.errors) == (3, None)


@pytest.mark.parametrize(
    ("credentials", "header"),
    [
        ({}, None),
        ({"token": "t"}, "Bearer t"),
        (
            {"username": "u", "password": "p"},
            f"Basic {base64.b64encode(b'u:p').decode()}",
        ),
    ],
)
def test_credentials_are_sent(
    server: FakePrometheus, credentials: dict[str, Any], header: str | None
) -> None:
    read(server, tenant="acme", **credentials)
    assert server.requests[0].headers.get("authorization") == header
    assert server.requests[0].headers["x-scope-orgid"] == "acme"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault(status=503), Unreachable),
        (Fault(status=429, headers={"Retry-After": "3"}), RateLimited),
        (Fault(reset=True), Unreachable),
        (Fault(cut=10), Unreachable),
        (Fault(status=401), NotAuthorised),
        (Fault(status=400, body=b'{"status":"error","error":"parse error"}'), PermanentError),
    ],
)
def test_a_failure_is_raised_rather_than_counted(
    server: FakePrometheus, fault: Fault, kind: type[SutureError]
) -> None:
    server.faults = [fault]
    with pytest.raises(kind):
        read(server)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"requests": "x"}, "needs $window"),
        ({"errors": "x"}, "needs $window"),
        ({"requests": "x[$windows]"}, "$windows"),
        ({"requests": "x{a=~'b$'}[$window]"}, "write $$"),
        ({"services": {"shop": {"requests": "x"}}}, "services.shop.requests needs $window"),
        ({"services": {"shop": {"requests": "x", "error": "y"}}}, "error"),
        ({**RATES, "requests": "x[$window]"}, "may not have $window"),
        ({"username": "u"}, "username and password"),
        ({"username": "u", "password": "p", "token": "t"}, "not both"),
        ({"url": "http://u:p@server"}, "url"),
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, object], says: str) -> None:
    given = {"url": "http://prometheus:9090", **QUERIES, **wrong}
    with pytest.raises(ValidationError) as raised:
        PrometheusSettings.model_validate(given)
    assert says in str(raised.value)


def findings(server: VendorServer) -> dict[str, bool]:
    found = PrometheusQueries(settings_for(server)).findings((SERVICE,))
    return {one.name: one.ok for one in found}


def test_the_check_asks_as_a_watch_would(server: FakePrometheus) -> None:
    server.results = {"time()": [NOON.timestamp(), "1"], "requests": [one("7")]}
    assert findings(server) == {
        "Prometheus": True,
        "clock against Prometheus's": True,
        "Prometheus metrics of shop": True,
    }
    server.results = {}
    assert not findings(server)["Prometheus metrics of shop"]


def test_the_check_says_what_is_wrong(server: FakePrometheus) -> None:
    server.faults = [Fault(status=401)]
    assert findings(server) == {"Prometheus": False}
    early = {"Date": "Sun, 01 Mar 2020 12:00:00 GMT"}
    server.faults = [Fault(headers=early, body=b"{}"), Fault(status=400)]
    found = findings(server)
    assert not found["Prometheus metrics of shop"]
