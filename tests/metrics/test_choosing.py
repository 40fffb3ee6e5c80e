"""Settings say which system counts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from apps.cli.metrics_readiness import metric_findings
from integrations.datadog.queries import DatadogQueries
from integrations.prometheus.metrics import PrometheusMetrics
from integrations.prometheus.queries import PrometheusQueries
from integrations.sentry.metrics import SentryEventMetrics, SentryReleaseHealth
from integrations.sentry.seer import SeerOpinions
from suture.errors import SettingsError
from suture.ports.metrics import MetricsQuery, ServiceCounters, ServiceMetrics
from suture.settings import Settings
from tests.fakes.metrics import FakeEventMetrics
from tests.fakes.problems import FakeProblems
from tests.fakes.sentry_server import TOKEN, FakeSentry
from tests.fakes.vendor_server import Fault, Fixed, Said, serving
from tests.metrics.test_sentry import NOON, SHOP
from workers.choosing_metrics import (
    MetricsByService,
    choose_event_metrics,
    choose_opinions,
    choose_service_metrics,
)

TABLES: dict[str, dict[str, object]] = {
    "prometheus": {"url": "http://prometheus:9090"},
    "datadog": {"api_key": "a", "application_key": "b"},
    "sentry": {"auth_token": TOKEN, "organisation": "acme"},
}
KINDS: dict[str, type[ServiceMetrics]] = {
    "endpoint": PrometheusMetrics,
    "prometheus": PrometheusQueries,
    "datadog": DatadogQueries,
    "sentry": SentryReleaseHealth,
}


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def settings_of(**given: object) -> Settings:
    return Settings.model_validate(given)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_settings_name_who_counts(kind: str) -> None:
    chosen = choose_service_metrics(settings_of(metrics=kind, **TABLES))
    assert isinstance(chosen, MetricsByService)
    assert isinstance(chosen._usual, KINDS[kind])


def test_a_service_may_be_counted_elsewhere() -> None:
    services = {
        "shop": {"repository": "acme/shop", "metrics": "datadog"},
        "till": {"repository": "acme/till"},
    }
    settings = settings_of(metrics="sentry", services=services, **TABLES)
    chosen = choose_service_metrics(settings)
    assert isinstance(chosen, MetricsByService)
    assert {name: type(one) for name, one in chosen._own.items()} == {"shop": DatadogQueries}
    assert "metrics" not in settings.catalogue()["shop"].model_dump()


class Told:
    """Implements `suture.ports.metrics.ServiceMetrics`."""

    def __init__(self, requests: int) -> None:
        self.requests = requests

    def read(self, query: MetricsQuery) -> ServiceCounters:
        return ServiceCounters(at=query.until, requests=self.requests)


def test_each_service_is_asked_for_where_it_is_counted() -> None:
    query = MetricsQuery(service=SHOP, since=NOON, until=NOON)
    other = query.model_copy(update={"service": SHOP.model_copy(update={"name": "till"})})
    metrics = MetricsByService(Told(1), {"shop": Told(2)})
    assert metrics.read(query).requests == 2
    assert metrics.read(other).requests == 1


@pytest.mark.parametrize("kind", sorted(TABLES))
def test_who_counts_needs_settings(kind: str) -> None:
    with pytest.raises(SettingsError, match=rf"\[{kind}\]"):
        choose_service_metrics(settings_of(metrics=kind))
    [missing] = metric_findings(settings_of(metrics=kind))
    assert not missing.ok


def test_nobody_else_counts() -> None:
    with pytest.raises(ValidationError):
        settings_of(metrics="graphite")


def test_own_errors_are_counted_at_sentry_only_with_its_settings() -> None:
    received, problems = FakeEventMetrics(), FakeProblems()
    chosen = choose_event_metrics(settings_of(), received, problems)
    assert chosen is received
    table = {**TABLES["sentry"], "own_errors": False}
    assert choose_event_metrics(settings_of(sentry=table), received, problems) is received
    chosen = choose_event_metrics(settings_of(**TABLES), received, problems)
    assert isinstance(chosen, SentryEventMetrics)


def test_seer_is_asked_only_where_it_may_be() -> None:
    assert choose_opinions(settings_of()) is None
    assert choose_opinions(settings_of(sentry={**TABLES["sentry"], "ask_seer": False})) is None
    assert isinstance(choose_opinions(settings_of(**TABLES)), SeerOpinions)


@pytest.fixture
def sentry() -> Iterator[FakeSentry]:
    server = FakeSentry()
    with serving(server):
        yield server


def test_the_check_looks_at_all_that_count(sentry: FakeSentry) -> None:
    services = {
        "shop": {"repository": "acme/shop"},
        "till": {"repository": "acme/till", "metrics": "endpoint"},
    }
    table = {**TABLES["sentry"], "url": sentry.url, "services": {"shpo": {"project": "x"}}}
    given = {"metrics": "sentry", "services": services, "sentry": table}
    found = {one.name: one.ok for one in metric_findings(settings_of(**given))}
    assert found == {
        "sentry.services.shpo": False,
        "Sentry": True,
        "clock against Sentry's": True,
        "Sentry's issues": True,
        "Sentry metrics of shop": False,
    }


@pytest.mark.parametrize("kind", ["prometheus", "datadog"])
def test_the_check_says_what_cannot_be_reached(kind: str) -> None:
    table = {**TABLES[kind], "url": "http://127.0.0.1:1"}
    [found] = metric_findings(settings_of(metrics=kind, **{kind: table}))
    assert not found.ok
    assert "does not answer" in found.detail


def test_the_check_reads_a_service_s_own_endpoint() -> None:
    page = b'http_requests_total{status="200"} 4\n'
    server = Fixed(Said(body=None))
    with serving(server):
        services = {
            "shop": {"repository": "acme/shop", "metrics_url": f"{server.url}/metrics"},
            "till": {"repository": "acme/till"},
        }
        server.faults = [Fault(body=page, headers={"Content-Type": "text/plain"})]
        [found] = metric_findings(settings_of(services=services))
        assert (found.ok, found.required) == (True, False)
        assert found.detail == "4 requests, 0 errors since it started"
        server.faults = [Fault(status=500)]
        [found] = metric_findings(settings_of(services=services))
        assert not found.ok


def test_without_such_a_system_there_is_nothing_to_check() -> None:
    assert list(metric_findings(settings_of())) == []
