"""What Suture remembers across incidents: how they ended, and what was reserved and spent."""

from typing import Protocol

from suture.domain.incident import IncidentKey
from suture.domain.resolution import ResolutionKind
from suture.domain.usage import Usage
from suture.domain.value import CommitSha, Digest, Instant, Line, Value
from suture.memory.calibration import Claim, Outcome
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


class IncidentTraits(Value):
    """What an incident looked like, to know others like it."""

    incident_id: str
    service: str
    at: Instant
    kind: str
    """Type of the exception that decides, or the sort of alert."""
    frames: tuple[str, ...] = ()
    """`path:function` of the failing path, oldest call first."""
    words: tuple[str, ...] = ()
    """Of the error's message, in lower case, without numbers."""


class SimilarIncident(Value):
    """An earlier incident that is alike."""

    likeness: float
    """From 0 to 1."""
    past: PastIncident


class FixInFlight(Value):
    """An open incident that is repaired, by its cause."""

    cause: Digest
    """See `suture.memory.causes.cause_of`."""
    incident_id: str
    until: Instant
    """When a repair without a pull request has ended, whatever became of it."""
    pull_request: str = ""
    """Address of the proposed fix, once there is one."""


class Memory(Protocol):
    """Survives restarts and is shared by all workers."""

    def remember(self, key: IncidentKey, past: PastIncident) -> None:
        """Keep how an incident ended, and let its causes go. Idempotent by run id."""
        ...

    def recall(self, key: IncidentKey, limit: int = 10) -> tuple[PastIncident, ...]:
        """Return earlier incidents of this key, newest first."""
        ...

    def note_traits(self, traits: IncidentTraits) -> None:
        """Keep what an incident looks like. The newest account of an incident counts."""
        ...

    def similar(self, traits: IncidentTraits) -> tuple[SimilarIncident, ...]:
        """Return ended incidents that are alike, the most alike first; not the incident's own."""
        ...

    def claim_fix(self, fix: FixInFlight, now: Instant) -> FixInFlight:
        """Take a cause for an incident, unless another one holds it; return whoever has it.

        It is held until `until`, longer once there is a pull request, and at most until its
        incident has ended. Asking and taking are one step.
        """
        ...

    def holder_of(self, cause: Digest, now: Instant) -> FixInFlight | None:
        """Return who holds a cause."""
        ...

    def propose_fix(self, incident_id: str, pull_request: str, until: Instant) -> None:
        """Hold an incident's causes for longer: its fix is proposed."""
        ...

    def ending_of(self, incident_id: str) -> PastIncident | None:
        """Return how an incident ended last, if it ever did."""
        ...

    def note_claim(self, claim: Claim) -> None:
        """Keep what a diagnosis stated. Idempotent by incident and time."""
        ...

    def outcomes(self) -> tuple[Outcome, ...]:
        """Return what claims proved to be, the newest ones, oldest first."""
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
