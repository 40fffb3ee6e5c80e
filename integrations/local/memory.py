"""How incidents ended, and what was reserved and spent, in Suture's own database."""

from typing import Any

from sqlalchemy import Connection, case, func, select

from integrations.database import SPENDING_LOCK, insert_once, reading, take_turns, writing
from integrations.local.resemblance import Resemblance, let_go
from integrations.schema import past_incidents, spending
from suture.domain.incident import IncidentKey
from suture.domain.usage import Usage
from suture.domain.value import Instant
from suture.policy.budgets import DAY, Day, Grant, Reservation, Spending, grant_for
from suture.policy.model import Budget
from suture.ports.memory import PastIncident

RESERVED = "reserved_usd"
USAGE = tuple(Usage.model_fields)
REMEMBERED = tuple(PastIncident.model_fields)


class LocalMemory(Resemblance):
    """Implements `suture.ports.memory.Memory`."""

    def remember(self, key: IncidentKey, past: PastIncident) -> None:
        """Keep how an incident ended. Idempotent by run id: the first account stays."""
        with writing(self._engine) as connection:
            insert_once(connection, past_incidents, {**key.model_dump(), **past.model_dump()})
            let_go(connection, past.incident_id)

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

    def reserve(self, reservation: Reservation, budget: Budget) -> Grant:
        """Grant what the day's spending allows. Idempotent by entry key."""
        since, key = reservation.at - DAY, reservation.entry_key
        with writing(self._engine) as connection:
            take_turns(connection, SPENDING_LOCK)
            query = select(spending.c.granted).where(spending.c.entry_key == key)
            known = connection.execute(query).scalar_one_or_none()
            if known is not None:
                return Grant.model_validate_json(known)
            day = Day(
                repository=_spent(connection, since, reservation.repository),
                total=_spent(connection, since, None),
            )
            grant = grant_for(reservation, day, budget)
            if grant.overrun is None:
                held = Usage(attempts=1, cost_usd=grant.cost_usd)
                row = _row(grant, reservation.repository, reservation.at, held)
                connection.execute(spending.insert().values(**row, settled=False))
            return grant

    def settle(self, entry_key: str, repository: str, at: Instant, usage: Usage) -> None:
        """Put what was really used in a reservation's place. Idempotent by entry key."""
        row = _row(Grant(entry_key=entry_key), repository, at, usage)
        used = {"at": at, "settled": True, **usage.model_dump()}
        with writing(self._engine) as connection:
            if insert_once(connection, spending, {**row, "settled": True}):
                return
            open_entry = (spending.c.entry_key == entry_key) & spending.c.settled.is_(False)
            connection.execute(spending.update().where(open_entry).values(**used))

    def spent(self, since: Instant, repository: str | None = None) -> Spending:
        """Return what was spent since a moment, of one repository or of all."""
        with reading(self._engine) as connection:
            return _spent(connection, since, repository)


def _row(grant: Grant, repository: str, at: Instant, usage: Usage) -> dict[str, Any]:
    return {
        "entry_key": grant.entry_key,
        "repository": repository,
        "at": at,
        "granted": grant.model_dump_json(),
        **usage.model_dump(),
    }


def _spent(connection: Connection, since: Instant, repository: str | None) -> Spending:
    sums = [func.coalesce(func.sum(spending.c[name]), 0).label(name) for name in USAGE]
    held = case((spending.c.settled.is_(False), spending.c.cost_usd), else_=0.0)
    query = select(*sums, func.coalesce(func.sum(held), 0).label(RESERVED))
    query = query.where(spending.c.at >= since)
    if repository is not None:
        query = query.where(spending.c.repository == repository)
    row = dict(connection.execute(query).mappings().one())
    return Spending(reserved_usd=row.pop(RESERVED), usage=Usage.model_validate(row))
