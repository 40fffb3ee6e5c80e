"""Which system counts a service's requests and an incident's own errors, and who is asked."""

from collections.abc import Callable, Mapping

from integrations.datadog.queries import DatadogQueries
from integrations.prometheus.metrics import PrometheusMetrics
from integrations.prometheus.queries import PrometheusQueries
from integrations.sentry.client import SentryClient
from integrations.sentry.metrics import SentryEventMetrics, SentryReleaseHealth
from integrations.sentry.seer import SeerOpinions
from suture.errors import SettingsError
from suture.metrics_settings import MetricsKind
from suture.ports.metrics import EventMetrics, MetricsQuery, ServiceCounters, ServiceMetrics
from suture.ports.opinions import Opinions
from suture.ports.problems import Problems
from suture.settings import Settings


class MetricsByService:
    """Implements `suture.ports.metrics.ServiceMetrics`: asks who counts for the service."""

    def __init__(self, usual: ServiceMetrics, own: Mapping[str, ServiceMetrics]) -> None:
        self._usual = usual
        self._own = own

    def read(self, query: MetricsQuery) -> ServiceCounters:
        """Read the counters where they are.

        Raises:
            SutureError: as whoever counts answers.
        """
        return self._own.get(query.service.name, self._usual).read(query)

    def each(self, wrap: Callable[[ServiceMetrics], ServiceMetrics]) -> "MetricsByService":
        """Return the same with everybody who counts wrapped."""
        own = {name: wrap(metrics) for name, metrics in self._own.items()}
        return MetricsByService(wrap(self._usual), own)


def choose_service_metrics(settings: Settings) -> ServiceMetrics:
    """Return who counts requests: as `metrics` says, or a service's own `metrics`.

    Raises:
        SettingsError: one that is named has no settings.
    """
    chosen = {
        name: service.metrics
        for name, service in settings.services.items()
        if service.metrics is not None
    }
    kinds = {settings.metrics, *chosen.values()}
    counting = {kind: _metrics(settings, kind) for kind in kinds}
    own = {name: counting[kind] for name, kind in chosen.items()}
    return MetricsByService(counting[settings.metrics], own)


def choose_event_metrics(
    settings: Settings, received: EventMetrics, problems: Problems
) -> EventMetrics:
    """Return who counts an incident's own errors: Sentry, if it may, and what was received."""
    if settings.sentry is None or not settings.sentry.own_errors:
        return received
    return SentryEventMetrics(received, problems, SentryClient(settings.sentry))


def _metrics(settings: Settings, kind: MetricsKind) -> ServiceMetrics:
    match kind:
        case MetricsKind.PROMETHEUS if settings.prometheus is not None:
            return PrometheusQueries(settings.prometheus)
        case MetricsKind.DATADOG if settings.datadog is not None:
            return DatadogQueries(settings.datadog)
        case MetricsKind.SENTRY if settings.sentry is not None:
            return SentryReleaseHealth(settings.sentry)
        case MetricsKind.ENDPOINT:
            return PrometheusMetrics()
    raise SettingsError(f'metrics = "{kind}" needs its settings: add the table [{kind}].')


def choose_opinions(settings: Settings) -> Opinions | None:
    """Return whose conclusions are read: Sentry's agent, if it may be asked."""
    if settings.sentry is None or not settings.sentry.ask_seer:
        return None
    return SeerOpinions(SentryClient(settings.sentry))
