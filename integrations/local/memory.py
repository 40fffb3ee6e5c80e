"""How incidents ended and what was spent, in Suture's own database."""

from sqlalchemy import Engine, func, select

from integrations.database import insert_once, reading, writing
from integrations.schema import past_incidents, spending
from suture.domain.incident import IncidentKey
from suture.domain.usage import Usage
from suture.domain.value import Instant
from suture.ports.memory import PastIncident

USAGE = tuple(Usage.model_fields)
REMEMBERED = tuple(PastIncident.model_fields)


class LocalMemory:
    """Implements `suture.ports.memory.Memory`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def remember(self, key: IncidentKey, past: PastIncident) -> None:
        """Keep how an incident ended. Idempotent by run id: the first account stays."""
        with writing(self._engine) as connection:
            insert_once(connection, past_incidents, {**key.model_dump(), **past.model_dump()})

    def recall(self, key: IncidentKey, limit: int = 10) -> tuple[PastIncident, ...]:
        """Return earlier incidents of this key, newest first."""
        query = (
            select(*(past_incidents.c[name] for name in REMEMBERED))
            .where(
                past_incidents.c.service == key.service,
                past_incidents.c.fingerprint == key.fingerprint,
            )
            .order_by(past_incidents.c.closed_at.desc(), past_incidents.c.run_id)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query).mappings().all()
        return tuple(PastIncident.model_validate(dict(row)) for row in rows)

    def spend(self, entry_key: str, repository: str, at: Instant, usage: Usage) -> None:
        """Book what was used. The same entry key is booked once."""
        values = {"entry_key": entry_key, "repository": repository, "at": at}
        with writing(self._engine) as connection:
            insert_once(connection, spending, {**values, **usage.model_dump()})

    def spent(self, since: Instant, repository: str | None = None) -> Usage:
        """Return what was used since a moment, of one repository or of all."""
        sums = (func.coalesce(func.sum(spending.c[name]), 0).label(name) for name in USAGE)
        query = select(*sums).where(spending.c.at >= since)
        if repository is not None:
            query = query.where(spending.c.repository == repository)
        with reading(self._engine) as connection:
            row = connection.execute(query).mappings().one()
        return Usage.model_validate(dict(row))
