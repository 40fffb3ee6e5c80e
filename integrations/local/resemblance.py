"""What incidents look like and which causes are being repaired, in Suture's own database."""

from sqlalchemy import Connection, Engine, select

from integrations.database import (
    FIXES_LOCK,
    insert_once,
    reading,
    take_turns,
    upsert,
    writing,
)
from integrations.schema import (
    fixes_in_flight,
    incident_traits,
    past_incidents,
    stated_confidences,
)
from suture.domain.resolution import ResolutionKind
from suture.domain.value import Digest, Instant
from suture.memory.calibration import Claim, Outcome, outcomes_of
from suture.memory.similarity import most_alike
from suture.ports.memory import FixInFlight, IncidentTraits, PastIncident, SimilarIncident

MAX_COMPARED = 2_000
"""Incidents that a new one is compared with, the newest."""
MAX_CLAIMS = 5_000
"""Diagnoses whose confidence is held against outcomes, the newest."""
REMEMBERED = tuple(PastIncident.model_fields)


class Resemblance:
    """The part of `suture.ports.memory.Memory` that knows incidents by what they look like."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def note_traits(self, traits: IncidentTraits) -> None:
        """Keep what an incident looks like."""
        told = {"service": traits.service, "at": traits.at, "traits": traits.model_dump_json()}
        with writing(self._engine) as connection:
            upsert(connection, incident_traits, {"incident_id": traits.incident_id, **told}, told)

    def similar(self, traits: IncidentTraits) -> tuple[SimilarIncident, ...]:
        """Return ended incidents that are alike, by their last end."""
        query = (
            select(incident_traits.c.traits, *(past_incidents.c[name] for name in REMEMBERED))
            .join(past_incidents, past_incidents.c.incident_id == incident_traits.c.incident_id)
            .order_by(past_incidents.c.closed_at.desc())
            .limit(MAX_COMPARED)
        )
        with reading(self._engine) as connection:
            rows = [dict(row) for row in connection.execute(query).mappings()]
        known: dict[str, tuple[IncidentTraits, PastIncident]] = {}
        for row in rows:
            other = IncidentTraits.model_validate_json(row.pop("traits"))
            known.setdefault(other.incident_id, (other, PastIncident.model_validate(row)))
        return most_alike(traits, known.values())

    def note_claim(self, claim: Claim) -> None:
        """Keep what a diagnosis stated."""
        with writing(self._engine) as connection:
            insert_once(
                connection, stated_confidences, {**claim.model_dump(), "basis": claim.basis.value}
            )

    def outcomes(self) -> tuple[Outcome, ...]:
        """Return what the newest claims proved to be, oldest first."""
        table, past = stated_confidences, past_incidents
        claims = select(table).order_by(table.c.at.desc()).limit(MAX_CLAIMS)
        ends = (
            select(past.c.incident_id, past.c.kind, past.c.closed_at)
            .order_by(past.c.closed_at.desc())
            .limit(MAX_CLAIMS)
        )
        with reading(self._engine) as connection:
            stated = [dict(row) for row in connection.execute(claims).mappings()]
            ended = connection.execute(ends).all()
        return outcomes_of(
            (Claim.model_validate(row) for row in stated),
            ((row.incident_id, ResolutionKind(row.kind), row.closed_at) for row in ended),
        )

    def claim_fix(self, fix: FixInFlight, now: Instant) -> FixInFlight:
        """Take a cause unless another incident holds it."""
        query = select(fixes_in_flight).where(fixes_in_flight.c.cause == fix.cause)
        with writing(self._engine) as connection:
            take_turns(connection, FIXES_LOCK)
            row = connection.execute(query).mappings().one_or_none()
            held = None if row is None else FixInFlight.model_validate(dict(row))
            if held is not None and held.until > now and held.incident_id != fix.incident_id:
                return held
            taken = fix.model_dump(exclude={"cause"})
            upsert(connection, fixes_in_flight, {"cause": fix.cause, **taken}, taken)
        return fix

    def holder_of(self, cause: Digest, now: Instant) -> FixInFlight | None:
        """Return who holds a cause."""
        query = select(fixes_in_flight).where(
            fixes_in_flight.c.cause == cause, fixes_in_flight.c.until > now
        )
        with reading(self._engine) as connection:
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else FixInFlight.model_validate(dict(row))

    def propose_fix(self, incident_id: str, pull_request: str, until: Instant) -> None:
        """Hold an incident's causes for longer."""
        own = fixes_in_flight.c.incident_id == incident_id
        with writing(self._engine) as connection:
            statement = fixes_in_flight.update().where(own)
            connection.execute(statement.values(pull_request=pull_request, until=until))

    def ending_of(self, incident_id: str) -> PastIncident | None:
        """Return how an incident ended last."""
        query = (
            select(*(past_incidents.c[name] for name in REMEMBERED))
            .where(past_incidents.c.incident_id == incident_id)
            .order_by(past_incidents.c.closed_at.desc())
            .limit(1)
        )
        with reading(self._engine) as connection:
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else PastIncident.model_validate(dict(row))


def let_go(connection: Connection, incident_id: str) -> None:
    """Let go of an incident's causes: it has ended."""
    connection.execute(fixes_in_flight.delete().where(fixes_in_flight.c.incident_id == incident_id))
