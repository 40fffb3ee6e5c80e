"""Past incidents and spending in dictionaries."""

from suture.domain.incident import IncidentKey
from suture.domain.usage import Usage
from suture.domain.value import Instant
from suture.ports.memory import PastIncident


class FakeMemory:
    """Implements `suture.ports.memory.Memory`."""

    def __init__(self) -> None:
        self.past: dict[str, tuple[IncidentKey, PastIncident]] = {}
        self.entries: dict[str, tuple[str, Instant, Usage]] = {}

    def remember(self, key: IncidentKey, past: PastIncident) -> None:
        self.past.setdefault(past.run_id, (key, past))

    def recall(self, key: IncidentKey, limit: int = 10) -> tuple[PastIncident, ...]:
        found = [past for of, past in self.past.values() if of == key]
        return tuple(sorted(found, key=lambda past: past.closed_at, reverse=True)[:limit])

    def spend(self, entry_key: str, repository: str, at: Instant, usage: Usage) -> None:
        self.entries.setdefault(entry_key, (repository, at, usage))

    def spent(self, since: Instant, repository: str | None = None) -> Usage:
        total = Usage()
        for of, at, usage in self.entries.values():
            if at >= since and repository in {None, of}:
                total += usage
        return total
