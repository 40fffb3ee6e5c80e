"""Past incidents and spending in dictionaries."""

from dataclasses import dataclass
from threading import Lock

from suture.domain.incident import IncidentKey
from suture.domain.usage import Usage
from suture.domain.value import Digest, Instant
from suture.memory.calibration import Claim, Outcome, outcomes_of
from suture.memory.similarity import most_alike
from suture.policy.budgets import DAY, Day, Grant, Reservation, Spending, grant_for
from suture.policy.model import Budget
from suture.ports.memory import FixInFlight, IncidentTraits, PastIncident, SimilarIncident


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
        self.traits: dict[str, IncidentTraits] = {}
        self.fixes: dict[str, FixInFlight] = {}
        self.claims: dict[tuple[str, Instant], Claim] = {}
        self._turn = Lock()

    def remember(self, key: IncidentKey, past: PastIncident) -> None:
        self.past.setdefault(past.run_id, (key, past))
        ended = [cause for cause, fix in self.fixes.items() if fix.incident_id == past.incident_id]
        for cause in ended:
            del self.fixes[cause]

    def recall(self, key: IncidentKey, limit: int = 10) -> tuple[PastIncident, ...]:
        found = [past for of, past in self.past.values() if of == key]
        return tuple(sorted(found, key=lambda past: past.closed_at, reverse=True)[:limit])

    def note_traits(self, traits: IncidentTraits) -> None:
        self.traits[traits.incident_id] = traits

    def similar(self, traits: IncidentTraits) -> tuple[SimilarIncident, ...]:
        ends = sorted((past for _, past in self.past.values()), key=lambda past: past.closed_at)
        known = {past.incident_id: past for past in ends}
        pairs = [(self.traits[each], past) for each, past in known.items() if each in self.traits]
        return most_alike(traits, pairs)

    def claim_fix(self, fix: FixInFlight, now: Instant) -> FixInFlight:
        with self._turn:
            held = self.fixes.get(fix.cause)
            if held is not None and held.until > now and held.incident_id != fix.incident_id:
                return held
            self.fixes[fix.cause] = fix
            return fix

    def holder_of(self, cause: Digest, now: Instant) -> FixInFlight | None:
        held = self.fixes.get(cause)
        return held if held is not None and held.until > now else None

    def propose_fix(self, incident_id: str, pull_request: str, until: Instant) -> None:
        for cause, fix in self.fixes.items():
            if fix.incident_id == incident_id:
                told = {"pull_request": pull_request, "until": until}
                self.fixes[cause] = fix.model_copy(update=told)

    def ending_of(self, incident_id: str) -> PastIncident | None:
        ends = [past for _, past in self.past.values() if past.incident_id == incident_id]
        return max(ends, key=lambda past: past.closed_at, default=None)

    def note_claim(self, claim: Claim) -> None:
        self.claims.setdefault((claim.incident_id, claim.at), claim)

    def outcomes(self) -> tuple[Outcome, ...]:
        ends = [(past.incident_id, past.kind, past.closed_at) for _, past in self.past.values()]
        return outcomes_of(self.claims.values(), ends)

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
