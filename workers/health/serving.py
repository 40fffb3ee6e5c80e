"""Opens and closes what watches a process: reports, traces, metrics and their endpoints."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import prometheus_client
from prometheus_client.registry import CollectorRegistry
from temporalio.client import Interceptor as ClientInterceptor
from temporalio.runtime import PrometheusConfig, Runtime
from temporalio.worker import Interceptor

from suture.errors import SettingsError
from suture.health_settings import MetricsSettings
from suture.settings import Settings, telemetry_variables
from workers.connecting import Connection
from workers.core_runtime import telemetry
from workers.health.day import DayCollector
from workers.health.meters import Meters
from workers.health.observing import Observer
from workers.health.reporting import Reporter, logged_errors_reported
from workers.health.watching import Watching
from workers.parts import Parts

if TYPE_CHECKING:
    from workers.health.tracing import Tracing


@dataclass(frozen=True, kw_only=True)
class Health:
    """What watches one process."""

    meters: Meters
    reporter: Reporter
    tracing: "Tracing | None" = None
    runtime: Runtime | None = None

    @property
    def connection(self) -> Connection:
        """Return how Temporal's client is watched; its workers are by the same."""
        traced: tuple[ClientInterceptor, ...] = ()
        if self.tracing is not None:
            traced = (self.tracing.interceptor,)
        return Connection(interceptors=traced, runtime=self.runtime)

    @property
    def interceptors(self) -> tuple[Interceptor, ...]:
        """Return what watches activities and workflows."""
        return (Watching(self.meters, self.reporter),)

    def watched(self, parts: Parts) -> Parts:
        """Return the parts with their calls observed, and let their budgets be scraped."""
        repositories = [service.repository for service in parts.catalogue.values()]
        day = DayCollector(parts.memory, parts.policy.budget, repositories)
        self.meters.registry.register(day)
        return Observer(self.meters, self.tracing).all_of(parts)


@contextlib.contextmanager
def open_health(settings: Settings, *, works: bool) -> Iterator[Health]:
    """Watch this process while the context is open; only one that works serves metrics here.

    Raises:
        SettingsError: an address is taken, or a setting is wrong.
    """
    health = settings.health
    meters = Meters()
    with contextlib.ExitStack() as stack:
        reporter = Reporter(health.sentry, settings.services, meters)
        stack.callback(reporter.close)
        stack.enter_context(logged_errors_reported(reporter))
        tracing = open_tracing(settings)
        if tracing is not None:
            stack.callback(tracing.close)
        runtime = None
        if works:
            stack.enter_context(_metrics_served(health.metrics, meters.registry))
            runtime = _runtime(health.metrics)
        yield Health(meters=meters, reporter=reporter, tracing=tracing, runtime=runtime)


def open_tracing(settings: Settings) -> "Tracing | None":
    """Return what traces this process, if traces have somewhere to go.

    Raises:
        SettingsError: OpenTelemetry's variables are malformed.
    """
    traces = settings.health.traces.completed(telemetry_variables())
    if traces.endpoint is None:
        return None
    from workers.health.tracing import Tracing  # noqa: PLC0415 -- OpenTelemetry is slow to load

    return Tracing(traces)


@contextlib.contextmanager
def _metrics_served(settings: MetricsSettings, registry: CollectorRegistry) -> Iterator[None]:
    if settings.port is None:
        yield
        return
    try:
        server, thread = prometheus_client.start_http_server(settings.port, settings.host, registry)
    except OSError as error:
        raise SettingsError(_taken(settings.host, settings.port, "port", str(error))) from error
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _runtime(settings: MetricsSettings) -> Runtime | None:
    if settings.temporal_port is None:
        return None
    address = f"{settings.host}:{settings.temporal_port}"
    metrics = PrometheusConfig(
        bind_address=address,
        counters_total_suffix=True,
        unit_suffix=True,
        durations_as_seconds=True,
    )
    try:
        return Runtime(telemetry=telemetry(metrics))
    except (RuntimeError, ValueError) as error:
        said = _taken(settings.host, settings.temporal_port, "temporal_port", str(error))
        raise SettingsError(said) from error


def _taken(host: str, port: int, name: str, reason: str) -> str:
    return f"health.metrics.{name}: {host}:{port} cannot be used: {reason[:200]}"
