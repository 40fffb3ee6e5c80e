"""What every system that counts requests has in common, whatever it is and whatever goes wrong."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest

from integrations.datadog.queries import DatadogQueries
from integrations.prometheus.queries import PrometheusQueries
from integrations.sentry.metrics import SentryReleaseHealth
from suture.domain.service import Service
from suture.errors import NotAuthorised, NotFound, RateLimited, SutureError, Unreachable
from suture.ports.metrics import MetricsQuery, ServiceMetrics
from tests.fakes.sentry_server import TOKEN, FakeSentry, Session
from tests.fakes.vendor_server import Fault, VendorServer, serving
from tests.metrics import test_datadog, test_sentry
from tests.metrics.test_datadog import FakeDatadog
from tests.prometheus import test_queries
from tests.prometheus.test_queries import FakePrometheus, one

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SHOP = Service(name="shop", repository="acme/shop", environment="live")
WINDOW = MetricsQuery(service=SHOP, since=NOON - 10 * MINUTE, until=NOON)
PROMETHEUS_TOKEN = "prometheus-token-of-the-tests"


class Counting(Protocol):
    """A system that counts, and hands to make it count."""

    server: VendorServer
    secrets: tuple[str, ...]
    """What it is sent, and may say again."""

    def metrics(self, seconds: float = 60.0) -> ServiceMetrics:
        """Return the adapter."""
        ...

    def happen(self, requests: int, errors: int) -> None:
        """Let so many requests happen in each of the window's minutes."""
        ...


class ByPrometheus:
    def __init__(self) -> None:
        self.server: VendorServer = FakePrometheus()
        self.secrets = (PROMETHEUS_TOKEN,)

    def metrics(self, seconds: float = 60.0) -> ServiceMetrics:
        more = {"timeout_seconds": seconds, "token": PROMETHEUS_TOKEN}
        return PrometheusQueries(test_queries.settings_for(self.server, **more))

    def happen(self, requests: int, errors: int) -> None:
        assert isinstance(self.server, FakePrometheus)
        counted = {"requests": [one(str(10 * requests))], "errors": [one(str(10 * errors))]}
        self.server.results = dict(counted)


class ByDatadog:
    def __init__(self) -> None:
        self.server: VendorServer = FakeDatadog()
        self.secrets = (test_datadog.API_KEY, test_datadog.APPLICATION_KEY)

    def metrics(self, seconds: float = 60.0) -> ServiceMetrics:
        return DatadogQueries(test_datadog.settings_for(self.server, timeout_seconds=seconds))

    def happen(self, requests: int, errors: int) -> None:
        assert isinstance(self.server, FakeDatadog)
        # Three intervals a minute.
        self.server.count("hits", requests / 3, since=WINDOW.since, until=NOON)
        self.server.count("failures", errors / 3, since=WINDOW.since, until=NOON)


class BySentry:
    def __init__(self) -> None:
        self.server: VendorServer = FakeSentry()
        self.secrets = (TOKEN,)

    def metrics(self, seconds: float = 60.0) -> ServiceMetrics:
        return SentryReleaseHealth(test_sentry.settings_for(self.server, timeout_seconds=seconds))

    def happen(self, requests: int, errors: int) -> None:
        assert isinstance(self.server, FakeSentry)
        statuses = ["crashed"] * errors + ["healthy"] * (requests - errors)
        for minute in range(1, 11):
            at = NOON - MINUTE * minute
            self.server.sessions += [Session(at=at, status=status) for status in statuses]


@pytest.fixture(params=[ByPrometheus, ByDatadog, BySentry])
def counting(request: pytest.FixtureRequest) -> Iterator[Counting]:
    made: Counting = request.param()
    with serving(made.server):
        yield made


def test_a_window_s_requests_and_failed_requests_are_counted(counting: Counting) -> None:
    counting.happen(12, 3)
    counters = counting.metrics().read(WINDOW)
    assert (counters.requests, counters.errors) == (120, 30)
    assert (counters.windowed, counters.at) == (True, NOON)


def test_requests_without_failures_are_zero_failures(counting: Counting) -> None:
    counting.happen(12, 0)
    assert counting.metrics().read(WINDOW).errors == 0


def test_nothing_measured_is_no_data(counting: Counting) -> None:
    counters = counting.metrics().read(WINDOW)
    assert (counters.requests, counters.errors) == (None, None)


@pytest.mark.parametrize("seconds", [0, -5])
def test_an_empty_window_is_no_data_and_asks_nobody(counting: Counting, seconds: int) -> None:
    since = NOON - timedelta(seconds=seconds)
    query = WINDOW.model_copy(update={"since": since})
    assert counting.metrics().read(query).requests is None
    assert counting.server.requests == []


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault(status=500), Unreachable),
        (Fault(status=502, body=b"<html>"), Unreachable),
        (Fault(status=503, headers={"Retry-After": "7"}), Unreachable),
        (Fault(reset=True), Unreachable),
        (Fault(cut=4), Unreachable),
        (Fault(body=b'{"status": "ok", "ser'), Unreachable),
        (Fault(status=429, headers={"Retry-After": "7"}), RateLimited),
        (Fault(status=401), NotAuthorised),
        (Fault(status=403), NotAuthorised),
        (Fault(status=404), NotFound),
    ],
    ids=repr,
)
def test_every_failure_says_whether_to_try_again(
    counting: Counting, fault: Fault, kind: type[SutureError]
) -> None:
    counting.happen(12, 3)
    echo = " ".join(counting.secrets).encode()
    counting.server.faults = [fault if fault.body or fault.cut else _saying(fault, echo)]
    with pytest.raises(SutureError) as raised:
        counting.metrics().read(WINDOW)
    assert type(raised.value) is kind
    told = fault.headers.get("Retry-After")
    assert raised.value.retry_after_seconds == (float(told) if told else None)
    assert not any(secret in str(raised.value) for secret in counting.secrets)


def test_who_says_nothing_is_not_waited_for(counting: Counting) -> None:
    counting.server.faults = [Fault(silent=True)]
    with pytest.raises(Unreachable, match="too long"):
        counting.metrics(seconds=0.05).read(WINDOW)


def test_a_failure_is_over_when_it_is_over(counting: Counting) -> None:
    counting.happen(12, 3)
    counting.server.faults = [Fault(status=500)]
    metrics = counting.metrics()
    with pytest.raises(Unreachable):
        metrics.read(WINDOW)
    assert metrics.read(WINDOW).requests == 120


def _saying(fault: Fault, body: bytes) -> Fault:
    return Fault(status=fault.status, headers=fault.headers, body=body, reset=fault.reset)
