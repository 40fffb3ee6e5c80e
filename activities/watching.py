"""Deploy watch: which deployment contains the fix, and how the service does since."""

from temporalio import activity

from activities.failures import translated
from suture.domain.incident import IncidentKey
from suture.domain.rollout import Deployment, Reading, RolloutReport
from suture.domain.service import Service
from suture.domain.value import CommitSha, Instant, Value
from suture.policy.model import Watch
from suture.ports.deployments import Deployments
from suture.ports.metrics import EventMetrics, ServiceMetrics
from suture.ports.source import SourceRepositories
from suture.verdict.rollout import Observations, judge_rollout


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
        """Count the incident's own events in the window and read the service's counters."""
        counters = self._services.read(request.service)
        return Reading(
            at=request.until,
            own_errors=self._events.count(
                request.service.name, request.key.fingerprint, request.since, request.until
            ),
            requests=counters.requests,
            errors=counters.errors,
        )

    @activity.defn(name="judge_rollout")
    @translated
    def judge_rollout(self, request: JudgingRequest) -> RolloutReport:
        """Say whether the service recovered, regressed, or neither can be said yet."""
        return judge_rollout(request.observations, request.watch)
