"""What Suture remembers across incidents: how they ended, and what was reserved and spent."""

from typing import Protocol

from suture.domain.incident import IncidentKey
from suture.domain.resolution import ResolutionKind
from suture.domain.usage import Usage
from suture.domain.value import CommitSha, Instant, Line, Value
from suture.policy.budgets import Grant, Reservation, Spending
from suture.policy.model import Budget


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

    def reserve(self, reservation: Reservation, budget: Budget) -> Grant:
        """Grant what `suture.policy.budgets.grant_for` allows after the day's spending.

        Reading the day and reserving are one step: however many ask at once, from any number of
        processes, no more is granted than the day's limits leave. What is reserved counts as
        spent, as one attempt and its money, until it is settled; it is never given back by
        itself. Idempotent by entry key: a key that was granted once gets the same grant again.
        """
        ...

    def settle(self, entry_key: str, repository: str, at: Instant, usage: Usage) -> None:
        """Put what was really used in a reservation's place, be it less or more.

        Without a reservation it is booked all the same. Idempotent by entry key: what was
        settled first stays.
        """
        ...

    def spent(self, since: Instant, repository: str | None = None) -> Spending:
        """Return what was spent since a moment, of one repository or of all."""
        ...
