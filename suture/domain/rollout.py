"""What happened after the merge: deployments and whether the service recovered."""

from enum import StrEnum

from pydantic import Field

from suture.domain.value import CommitSha, Instant, Prose, Slug, Value


class DeploymentStatus(StrEnum):
    """How a deployment ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STARTED = "started"


class Deployment(Value):
    """One deployment as somebody reported it. Idempotent by `deployment_id`."""

    deployment_id: str
    service: Slug
    environment: str = "production"
    commit: CommitSha
    release: str | None = None
    status: DeploymentStatus = DeploymentStatus.SUCCEEDED
    at: Instant


class Reading(Value):
    """Counts seen since some moment. None means no data, which is never health."""

    at: Instant
    own_errors: int | None = Field(default=None, ge=0)
    """Events of the incident's own fingerprint."""
    requests: int | None = Field(default=None, ge=0)
    errors: int | None = Field(default=None, ge=0)
    """Failed requests of the service, whatever the cause."""
    windowed: bool = False
    """Requests and errors count from that moment, too. Else they are counters of the service's
    process, which may reset."""


class RolloutVerdict(StrEnum):
    """What the watch concluded."""

    RECOVERED = "recovered"
    REGRESSED = "regressed"
    INCONCLUSIVE = "inconclusive"


class RolloutReport(Value):
    """A verdict with the numbers that say so."""

    verdict: RolloutVerdict
    explanation: Prose
    deployment: Deployment | None = None
    baseline: Reading | None = None
    """The window before the deployment."""
    after: Reading | None = None
    """The same counts since the deployment."""
    e_value_recovered: float = Field(default=1.0, ge=0)
    """Evidence against "nothing changed", valid at any moment of looking."""
    e_value_regressed: float = Field(default=1.0, ge=0)
    watched_seconds: float = Field(default=0.0, ge=0)
