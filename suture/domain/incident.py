"""An incident: everything that happens because of one cause in one service."""

from enum import StrEnum

from pydantic import Field

from suture.domain.alert import Severity
from suture.domain.value import Digest, Instant, Line, Slug, Value

KEY_VERSION = 1
"""Raised when the key is made of other things. A new recipe of fingerprints needs no new version
here: the recipe's own version is part of every digest, so old and new incidents never mix."""


class Stage(StrEnum):
    """Where an incident is in its story, in order."""

    DETECTED = "detected"
    TICKET = "ticket"
    ROOT_CAUSE = "root_cause"
    FIX = "fix"
    TEST = "test"
    APPROVAL = "approval"
    DEPLOY_WATCH = "deploy_watch"
    HUMAN = "human"
    """A human has taken over; Suture only watches."""
    CLOSED = "closed"


class Goal(StrEnum):
    """How far an incident is to be taken."""

    RECOVERY = "recovery"
    PULL_REQUEST = "pull_request"
    """Stop once the pull request is open, as `suture fix` does."""


class IncidentKey(Value):
    """What makes two alerts the same incident."""

    service: Slug
    fingerprint: Digest

    @property
    def incident_id(self) -> str:
        """The incident's public name and its Temporal workflow id."""
        return f"incident-v{KEY_VERSION}-{self.service}-{self.fingerprint[:16]}"


class TimelineEntry(Value):
    """One line of the incident's story."""

    at: Instant
    stage: Stage
    event: str
    """A noun with a verb, such as `pull_request.opened`."""
    summary: Line
    evidence: Digest | None = None


class IncidentSummary(Value):
    """What lists and pages show of an incident."""

    incident_id: str
    run_id: str
    service: Slug
    fingerprint: Digest
    title: Line
    severity: Severity
    stage: Stage
    alerts: int = Field(ge=0)
    opened_at: Instant
    closed_at: Instant | None = None
    resolution: str | None = None
    regression_of: str | None = None
    """Run id of the earlier incident of the same key, when this is a recurrence."""
