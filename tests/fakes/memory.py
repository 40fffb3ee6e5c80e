"""Past incidents and spending in dictionaries."""

from dataclasses import dataclass
from threading import Lock

from suture.domain.incident import IncidentKey
from suture.domain.usage import Usage
from suture.domain.value import Instant
from suture.policy.budgets import DAY, Day, Grant, Reservation, Spending, grant_for
from suture.policy.model import Budget
from suture.ports.memory import PastIncident


@dataclass(frozen=True)
class Entry:
    """One reservation, settled or not."""

    repository: str
    at: Instant
    usage: Usage
    grant: Grant
    settled: bool = False


class FakeMemory:
    """Implements `suture.ports.memory.Memory`."""

    def __init__(self) -> None:
        self.past: dict[str, tuple[IncidentKey, PastIncident]] = {}
        self.entries: dict[str, Entry] = {}
        self._turn = Lock()

    def remember(self, key: IncidentKey, past: PastIncident) -> None:
        self.past.setdefault(past.run_id, (key, past))

    def recall(self, key: IncidentKey, limit: int = 10) -> tuple[PastIncident, ...]:
        found = [past for of, past in self.past.values() if of == key]
        return tuple(sorted(found, key=lambda past: past.closed_at, reverse=True)[:limit])

    def reserve(self, reservation: Reservation, budget: Budget) -> Grant:
        with self._turn:
            key, since = reservation.entry_key, reservation.at - DAY
            if key in self.entries:
                return self.entries[key].grant
            spent = self.spent(since, reservation.repository)
            grant = grant_for(reservation, Day(repository=spent, total=self.spent(since)), budget)
            if grant.overrun is None:
                held = Usage(attempts=1, cost_usd=grant.cost_usd)
                self.entries[key] = Entry(reservation.repository, reservation.at, held, grant)
            return grant

    def settle(self, entry_key: str, repository: str, at: Instant, usage: Usage) -> None:
        with self._turn:
            known = self.entries.get(entry_key)
            if known is None or not known.settled:
                grant = known.grant if known else Grant(entry_key=entry_key)
                self.entries[entry_key] = Entry(repository, at, usage, grant, settled=True)

    def spent(self, since: Instant, repository: str | None = None) -> Spending:
        counted = [
            entry
            for entry in self.entries.values()
            if entry.at >= since and repository in {None, entry.repository}
        ]
        return Spending(
            usage=sum((entry.usage for entry in counted), Usage()),
            reserved_usd=sum(entry.usage.cost_usd for entry in counted if not entry.settled),
        )
