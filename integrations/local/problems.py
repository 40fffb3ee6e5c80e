"""Which incidents a vendor's problem became."""

from sqlalchemy import Engine, select

from integrations.database import reading, upsert, writing
from integrations.schema import problems
from suture.domain.alert import AlertSource
from suture.domain.value import Digest, Instant
from suture.ports.problems import Problem

MAX_FOUND = 20


class LocalProblems:
    """Implements `suture.ports.problems.Problems`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def remember(self, problem: Problem, fingerprint: Digest, at: Instant) -> None:
        """Keep that this fingerprint is the problem's. Repeatable."""
        values = {
            "service": problem.service,
            "source": problem.source.value,
            "group": problem.group,
            "fingerprint": fingerprint,
            "seen_at": at,
        }
        with writing(self._engine) as connection:
            upsert(connection, problems, values, {"seen_at": at})

    def find(self, problem: Problem) -> tuple[Digest, ...]:
        """Return the problem's fingerprints, the last seen first; at most 20."""
        query = (
            select(problems.c.fingerprint)
            .where(
                problems.c.service == problem.service,
                problems.c.source == problem.source.value,
                problems.c.group == problem.group,
            )
            .order_by(problems.c.seen_at.desc(), problems.c.fingerprint)
            .limit(MAX_FOUND)
        )
        with reading(self._engine) as connection:
            return tuple(connection.execute(query).scalars())

    def names(self, service: str, source: AlertSource, fingerprint: Digest) -> tuple[str, ...]:
        """Return a vendor's names of what has this fingerprint, the last seen first; at most 20."""
        query = (
            select(problems.c.group)
            .where(
                problems.c.service == service,
                problems.c.source == source.value,
                problems.c.fingerprint == fingerprint,
            )
            .order_by(problems.c.seen_at.desc(), problems.c.group)
            .limit(MAX_FOUND)
        )
        with reading(self._engine) as connection:
            return tuple(connection.execute(query).scalars())
