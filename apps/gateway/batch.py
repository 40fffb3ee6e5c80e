"""What travels to Temporal together: the alerts of one incident that arrived meanwhile."""

import asyncio
from dataclasses import dataclass, field

from suture.arrival import Arrival
from suture.domain.alert import AlertBatch, AlertNotice, Severity
from suture.domain.incident import IncidentKey
from suture.domain.value import Line
from suture.errors import SutureError

SAMPLE = 5
"""Alerts of a batch that are kept in full: each costs a durable write, and one batch's alerts
are about the same fault. So the size of a signal does not depend on how many alerts it is about."""
WORST_FIRST = tuple(Severity)


def unanswered() -> asyncio.Future[SutureError | None]:
    """Return a fate to wait for: None once Temporal has the batch."""
    return asyncio.get_running_loop().create_future()


@dataclass(kw_only=True, slots=True)
class Batch:
    """Alerts of one incident with their common fate. Its id is the same in every attempt."""

    batch_id: str
    key: IncidentKey
    title: Line
    environment: str
    opened_at: float
    """Monotonic seconds."""
    outcome: asyncio.Future[SutureError | None] = field(default_factory=unanswered)
    identities: list[tuple[str, str]] = field(default_factory=list)
    sample: list[AlertNotice] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list)
    """Of the sample, until they are stored."""
    sealed: bool = False
    """Nothing joins any more: an attempt has begun."""
    storing: asyncio.Task[None] | None = None
    """Artifacts and counts being written; once done they are never written again."""

    @property
    def held_bytes(self) -> int:
        """Memory that its contents take."""
        return sum(map(len, self.contents))

    def add(self, arrival: Arrival) -> None:
        """Take an alert on board; the first few are kept in full, and any that is worse."""
        self.identities.append(arrival.identity)
        if len(self.sample) == SAMPLE:
            if not self._is_worse(arrival.notice):
                return
            del self.sample[-1], self.contents[-1]
        self.sample.append(arrival.notice)
        self.contents.append(arrival.content)

    def _is_worse(self, notice: AlertNotice) -> bool:
        """Tell whether the incident would not learn from the sample how bad it is."""
        worst = min(WORST_FIRST.index(kept.severity) for kept in self.sample)
        return WORST_FIRST.index(notice.severity) < worst

    def message(self) -> AlertBatch:
        """Return what the incident is told."""
        return AlertBatch(
            batch_id=self.batch_id, count=len(self.identities), notices=tuple(self.sample)
        )

    def succeed(self) -> None:
        """Tell all who wait that Temporal has it."""
        self.outcome.set_result(None)

    def fail(self, error: SutureError) -> None:
        """Tell all who wait that it is not confirmed; who asks later waits for the next attempt."""
        self.outcome.set_result(error)
        self.outcome = unanswered()
