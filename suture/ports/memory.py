"""What Suture remembers across incidents: how they ended and what was spent."""

from typing import Protocol

from suture.domain.incident import IncidentKey
from suture.domain.resolution import ResolutionKind
from suture.domain.usage import Usage
from suture.domain.value import CommitSha, Instant, Line, Value


class PastIncident(Value):
    """How an earlier incident of the same key ended."""

    incident_id: str
    run_id: str
    kind: ResolutionKind
    summary: Line
    closed_at: Instant
    merge_sha: CommitSha | None = None


class Memory(Protocol):
    """Survives restarts and is shared by all workers."""

    def remember(self, key: IncidentKey, past: PastIncident) -> None:
        """Keep how an incident ended. Idempotent by run id."""
        ...

    def recall(self, key: IncidentKey, limit: int = 10) -> tuple[PastIncident, ...]:
        """Return earlier incidents of this key, newest first."""
        ...

    def spend(self, entry_key: str, repository: str, at: Instant, usage: Usage) -> None:
        """Book what was used. The same entry key is booked once."""
        ...

    def spent(self, since: Instant, repository: str | None = None) -> Usage:
        """Return what was used since a moment, of one repository or of all."""
        ...
