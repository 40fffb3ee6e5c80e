"""What workers count, in Prometheus' format, in a registry of their own.

Labels have few values: services and repositories are those of the catalogue, models those of the
policy, everything else is named by the code. Nothing that an alert says becomes a label.
"""

from prometheus_client import CollectorRegistry, Counter, Histogram

from suture import errors
from suture.domain.incident import Stage
from suture.domain.resolution import Resolution
from suture.policy.budgets import Grant
from suture.ports.model import ModelReply

CALL_BUCKETS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
ACTIVITY_BUCKETS = (0.05, 0.25, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3_600.0)
STAGE_BUCKETS = (1.0, 10.0, 60.0, 300.0, 900.0, 3_600.0, 14_400.0, 86_400.0, 604_800.0)
OK = "ok"
UNEXPECTED = "unexpected"
CANCELLED = "cancelled"
RENEWED = "renewed"
"""An incident goes on in a new run of its workflow; the stage goes on, too."""
KINDS = frozenset(
    name
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.SutureError)
)
"""Names of the errors that Suture raises on purpose."""


class Meters:
    """Counts what workers do. Every method may be called from any thread."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._meter_incidents()
        self._meter_activities()
        self._meter_vendors()
        self._meter_models()
        self._meter_budgets()
        self._reports = Counter(
            "suture_error_reports",
            "Unexpected errors of Suture's own, by what became of the report.",
            ["outcome"],
            registry=self.registry,
        )

    def _meter_incidents(self) -> None:
        self._opened = Counter(
            "suture_incidents_opened",
            "Incidents that began, by service.",
            ["service"],
            registry=self.registry,
        )
        self._ended = Counter(
            "suture_incidents_ended",
            "Incidents that ended, by service and resolution.",
            ["service", "outcome"],
            registry=self.registry,
        )
        self._incident_seconds = Histogram(
            "suture_incident_seconds",
            "Time from an incident's first alert to its end, by resolution.",
            ["outcome"],
            buckets=STAGE_BUCKETS,
            registry=self.registry,
        )
        self._stages = Histogram(
            "suture_stage_seconds",
            "Time that incidents spent in a stage, by the stage that came next or the resolution.",
            ["stage", "outcome"],
            buckets=STAGE_BUCKETS,
            registry=self.registry,
        )

    def _meter_activities(self) -> None:
        self._attempts = Counter(
            "suture_activity_attempts",
            "Attempts of activities that began.",
            ["activity"],
            registry=self.registry,
        )
        self._failures = Counter(
            "suture_activity_failures",
            "Attempts of activities that failed, by the kind of error.",
            ["activity", "kind"],
            registry=self.registry,
        )
        self._activity_seconds = Histogram(
            "suture_activity_seconds",
            "Time of one attempt of an activity.",
            ["activity"],
            buckets=ACTIVITY_BUCKETS,
            registry=self.registry,
        )

    def _meter_vendors(self) -> None:
        labels = ["port", "vendor", "call"]
        self._calls = Counter(
            "suture_vendor_calls",
            "Calls of what stands behind a port, by outcome: ok or the kind of error.",
            [*labels, "outcome"],
            registry=self.registry,
        )
        self._call_seconds = Histogram(
            "suture_vendor_call_seconds",
            "Time of one call of what stands behind a port.",
            labels,
            buckets=CALL_BUCKETS,
            registry=self.registry,
        )

    def _meter_models(self) -> None:
        self._model_calls = Counter(
            "suture_model_calls",
            "Calls of models that were answered.",
            ["model"],
            registry=self.registry,
        )
        self._model_tokens = Counter(
            "suture_model_tokens",
            "Tokens by model and direction.",
            ["model", "direction"],
            registry=self.registry,
        )
        self._model_cost = Counter(
            "suture_model_cost_usd",
            "Money spent on models, in US dollars.",
            ["model"],
            registry=self.registry,
        )

    def _meter_budgets(self) -> None:
        self._reserved = Counter(
            "suture_budget_reserved_usd",
            "Money that repairs reserved when they began, in US dollars.",
            ["repository"],
            registry=self.registry,
        )
        self._settled = Counter(
            "suture_budget_settled_usd",
            "Money that repairs really used, in US dollars.",
            ["repository"],
            registry=self.registry,
        )
        self._refusals = Counter(
            "suture_budget_refusals",
            "Repairs that a limit of the policy forbade.",
            ["limit"],
            registry=self.registry,
        )

    def incident_opened(self, service: str) -> None:
        """Count the beginning of an incident."""
        self._opened.labels(service).inc()

    def incident_ended(self, service: str, resolution: Resolution) -> None:
        """Count the end of an incident."""
        self._ended.labels(service, resolution.kind.value).inc()
        self._incident_seconds.labels(resolution.kind.value).observe(resolution.duration_seconds)

    def stage_ended(self, stage: Stage, outcome: str, seconds: float) -> None:
        """Count the time of a stage."""
        self._stages.labels(stage.value, outcome).observe(seconds)

    def activity_began(self, activity: str) -> None:
        """Count an attempt."""
        self._attempts.labels(activity).inc()

    def activity_ended(self, activity: str, seconds: float, failure: str | None) -> None:
        """Count the time of an attempt, and the kind of its failure."""
        self._activity_seconds.labels(activity).observe(seconds)
        if failure is not None:
            self._failures.labels(activity, failure).inc()

    def vendor_called(self, call: tuple[str, str, str], outcome: str, seconds: float) -> None:
        """Count a call of (port, vendor, name)."""
        self._calls.labels(*call, outcome).inc()
        self._call_seconds.labels(*call).observe(seconds)

    def model_answered(self, model: str, reply: ModelReply) -> None:
        """Count what an answer used."""
        self._model_calls.labels(model).inc()
        self._model_tokens.labels(model, "input").inc(reply.usage.input_tokens)
        self._model_tokens.labels(model, "output").inc(reply.usage.output_tokens)
        self._model_cost.labels(model).inc(reply.usage.cost_usd)

    def budget_reserved(self, repository: str, grant: Grant) -> None:
        """Count what a repair reserved, or the limit that forbade it."""
        if grant.overrun is not None:
            self._refusals.labels(grant.overrun.limit).inc()
        else:
            self._reserved.labels(repository).inc(grant.cost_usd)

    def budget_settled(self, repository: str, cost_usd: float) -> None:
        """Count what a repair used."""
        self._settled.labels(repository).inc(cost_usd)

    def error_reported(self, outcome: str) -> None:
        """Count what became of a report."""
        self._reports.labels(outcome).inc()


def kind_of(name: str | None) -> str:
    """Return the name of one of Suture's errors as a label; others are unexpected."""
    return name if name in KINDS and name is not None else UNEXPECTED
