"""The gateway's own metrics, in Prometheus format, in a registry of their own."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from apps.gateway.refusals import Code

BATCH_BUCKETS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000)
SECONDS_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
ITEM_TYPES = {
    "event",
    "transaction",
    "log",
    "session",
    "sessions",
    "client_report",
    "attachment",
    "check_in",
    "profile",
    "profile_chunk",
    "span",
    "statsd",
    "feedback",
    "user_report",
    "replay_event",
    "replay_recording",
}
"""Item types with a series of their own; senders must not be able to make up new ones."""


class Telemetry:
    """Counts what the gateway does."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._count_alerts()
        self._requests = Counter(
            "suture_gateway_requests",
            "Requests by route and status.",
            ["route", "status"],
            registry=self.registry,
        )
        self._refused = Counter(
            "suture_gateway_refused",
            "Requests refused, by reason.",
            ["reason"],
            registry=self.registry,
        )
        self._items = Counter(
            "suture_gateway_envelope_items",
            "Items of Sentry envelopes; only events are kept.",
            ["type"],
            registry=self.registry,
        )
        self._batches = Histogram(
            "suture_gateway_batch_alerts",
            "Alerts that travelled to Temporal together.",
            buckets=BATCH_BUCKETS,
            registry=self.registry,
        )
        self._commits = Histogram(
            "suture_gateway_commit_seconds",
            "Time of one commit, storage included.",
            buckets=SECONDS_BUCKETS,
            registry=self.registry,
        )
        self._failures = Counter(
            "suture_gateway_commit_failures",
            "Commits that Temporal did not confirm.",
            registry=self.registry,
        )
        self._waiting = Gauge(
            "suture_gateway_waiting_alerts",
            "Alerts that wait for Temporal.",
            registry=self.registry,
        )

    def _count_alerts(self) -> None:
        self._accepted = Counter(
            "suture_gateway_alerts_accepted",
            "Alerts acknowledged after Temporal had them.",
            ["service", "source"],
            registry=self.registry,
        )
        self._unrouted = Counter(
            "suture_gateway_alerts_unrouted",
            "Alerts that no service takes.",
            ["source"],
            registry=self.registry,
        )

    def request_answered(self, route: str, status: int) -> None:
        """Count an answer."""
        self._requests.labels(route, str(status)).inc()

    def alert_accepted(self, service: str, source: str) -> None:
        """Count an acknowledged alert."""
        self._accepted.labels(service, source).inc()

    def alerts_unrouted(self, source: str, count: int) -> None:
        """Count alerts that no service takes."""
        self._unrouted.labels(source).inc(count)

    def refused(self, code: Code) -> None:
        """Count a refusal."""
        self._refused.labels(code.value).inc()

    def item_received(self, kind: str) -> None:
        """Count an item of an envelope."""
        self._items.labels(kind if kind in ITEM_TYPES else "other").inc()

    def batch_committed(self, alerts: int, seconds: float) -> None:
        """Count a commit."""
        self._batches.observe(alerts)
        self._commits.observe(seconds)

    def commit_failed(self) -> None:
        """Count a commit without confirmation."""
        self._failures.inc()

    def render(self, waiting: int) -> bytes:
        """Return all series in Prometheus' text format."""
        self._waiting.set(waiting)
        return generate_latest(self.registry)
