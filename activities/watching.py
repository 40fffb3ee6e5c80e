"""Deploy watch: which deployment contains the fix, and how the service does since."""

from collections.abc import Callable
from typing import TypeVar

import structlog
from temporalio import activity

from activities.failures import translated
from suture.domain.incident import IncidentKey
from suture.domain.rollout import Deployment, Reading, RolloutReport
from suture.domain.service import Service
from suture.domain.value import CommitSha, Instant, Value
from suture.errors import NoData, PermanentError, TransientError
from suture.policy.model import Watch
from suture.ports.deployments import Deployments
from suture.ports.metrics import EventMetrics, MetricsQuery, ServiceCounters, ServiceMetrics
from suture.ports.source import SourceRepositories
from suture.redaction import scrub
from suture.verdict.rollout import Observations, judge_rollout

TRIES = 4
"""How often a metric is asked for before it counts as missing: no incident waits for metrics."""
PATIENCE_SECONDS = 60.0
"""Whoever asks for more patience is not asked again."""

log = structlog.get_logger()

T = TypeVar("T")


class DeploymentQuery(Value):
    """Which deployment is looked for."""

    service: Service
    merge_sha: CommitSha
    since: Instant


class DeploymentAnswer(Value):
    """The first deployment that contains the commit, if there is one yet."""

    deployment: Deployment | None = None


class ReadingRequest(Value):
    """Which window of which incident is read."""

    service: Service
    key: IncidentKey
    since: Instant
    until: Instant


class JudgingRequest(Value):
    """Everything seen so far."""

    observations: Observations
    watch: Watch


class WatchingActivities:
    """Reads deployments and metrics; concludes by statistics."""

    def __init__(
        self,
        deployments: Deployments,
        events: EventMetrics,
        services: ServiceMetrics,
        sources: SourceRepositories,
    ) -> None:
        self._deployments = deployments
        self._events = events
        self._services = services
        self._sources = sources

    @activity.defn(name="find_deployment")
    @translated
    def find_deployment(self, query: DeploymentQuery) -> DeploymentAnswer:
        """Look for a successful deployment whose commit contains the merge."""
        service = query.service
        candidates = self._deployments.since(service.name, service.environment, query.since)
        if not candidates:
            return DeploymentAnswer()
        repository = self._sources.open(service.remote)
        repository.refresh()
        for deployment in candidates:
            if repository.is_ancestor(query.merge_sha, deployment.commit):
                return DeploymentAnswer(deployment=deployment)
        return DeploymentAnswer()

    @activity.defn(name="take_reading")
    @translated
    def take_reading(self, request: ReadingRequest) -> Reading:
        """Count the incident's own events in the window and read the service's counters.

        What cannot be read after a few tries is missing, which is a finding, too.
        """
        service, window = request.service, (request.since, request.until)
        deployed = self._deployments.running(service.name, service.environment, request.until)
        query = MetricsQuery(
            service=service,
            since=request.since,
            until=request.until,
            release=deployed.release if deployed else None,
        )
        own_errors = _unless_missing(
            lambda: self._events.count(service.name, request.key.fingerprint, *window), NoData
        )
        counters = _unless_missing(lambda: self._services.read(query), TransientError)
        counters = counters or ServiceCounters(at=request.until)
        return Reading(
            at=request.until,
            own_errors=own_errors,
            requests=counters.requests,
            errors=counters.errors,
            windowed=counters.windowed,
        )

    @activity.defn(name="judge_rollout")
    @translated
    def judge_rollout(self, request: JudgingRequest) -> RolloutReport:
        """Say whether the service recovered, regressed, or neither can be said yet."""
        return judge_rollout(request.observations, request.watch)


def _unless_missing(read: Callable[[], T], passing: type[TransientError]) -> T | None:
    """Return what is read; None if it cannot be, or not by the last try.

    Raises:
        TransientError: it is worth another try.
    """
    try:
        return read()
    except passing as error:
        waits_long = (error.retry_after_seconds or 0.0) > PATIENCE_SECONDS
        if activity.info().attempt < TRIES and not waits_long:
            raise
        reason = str(error)
    except PermanentError as error:
        reason = str(error)
    log.warning("metrics.missing", reason=scrub(reason)[:300])
    return None
