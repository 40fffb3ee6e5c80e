"""What counting requests and errors needs, each need with the way to mend it."""

from collections.abc import Iterator

from integrations.datadog.queries import DatadogQueries
from integrations.metric_queries import Finding, service_findings
from integrations.prometheus.metrics import PrometheusMetrics
from integrations.prometheus.queries import PrometheusQueries
from integrations.sentry.client import SentryClient
from integrations.sentry.metrics import SentryReleaseHealth, api_findings
from suture.domain.service import Service
from suture.metrics_settings import MetricsKind
from suture.settings import Settings

NAMES = {
    MetricsKind.PROMETHEUS: "Prometheus",
    MetricsKind.DATADOG: "Datadog",
    MetricsKind.SENTRY: "Sentry",
}


def metric_findings(settings: Settings) -> Iterator[Finding]:
    """Look at every system that counts, and at the metrics of each service that it counts for."""
    catalogue = settings.catalogue()
    counted: dict[MetricsKind, list[Service]] = {settings.metrics: []}
    for name, service in settings.services.items():
        counted.setdefault(service.metrics or settings.metrics, []).append(catalogue[name])
    yield from _unknown_services(settings)
    if settings.sentry is not None:
        yield from api_findings(SentryClient(settings.sentry), settings.sentry)
    for kind, services in counted.items():
        yield from _findings(settings, kind, tuple(services))


def _findings(
    settings: Settings, kind: MetricsKind, services: tuple[Service, ...]
) -> Iterator[Finding]:
    match kind:
        case MetricsKind.PROMETHEUS if settings.prometheus is not None:
            yield from PrometheusQueries(settings.prometheus).findings(services)
        case MetricsKind.DATADOG if settings.datadog is not None:
            yield from DatadogQueries(settings.datadog).findings(services)
        case MetricsKind.SENTRY if settings.sentry is not None:
            yield from SentryReleaseHealth(settings.sentry).findings(services)
        case MetricsKind.ENDPOINT:
            told = tuple(service for service in services if service.metrics_url)
            mend = "Correct its metrics_url, requests_metric and metrics_labels."
            yield from service_findings("own", PrometheusMetrics(), told, mend)
        case _:
            mend = f"Add the table [{kind}]."
            yield Finding(name=NAMES[kind], ok=False, detail="no settings", mend=mend)


def _unknown_services(settings: Settings) -> Iterator[Finding]:
    """Name tables of services that do not exist: their queries would never be asked."""
    for kind in NAMES:
        table = getattr(settings, kind.value)
        for name in sorted(table.services.keys() - settings.services.keys() if table else ()):
            yield Finding(
                name=f"{kind}.services.{name}",
                ok=False,
                detail="there is no such service",
                mend=f"Rename it, or add [services.{name}].",
            )
