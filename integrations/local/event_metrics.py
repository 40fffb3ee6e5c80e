"""Counts of the events that Suture itself receives, by the second."""

from collections.abc import Sequence

from sqlalchemy import Engine, func, select

from integrations.database import reading, upsert, writing
from integrations.schema import event_counts
from suture.domain.value import Digest, Instant
from suture.ports.metrics import EventCount


class LocalEventMetrics:
    """Implements `suture.ports.metrics.EventMetrics`.

    A window is half-open, so that two windows side by side count every event once.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def record(self, service: str, fingerprint: Digest, at: Instant, count: int) -> None:
        """Add to the count of this second. Not idempotent: record each event once."""
        once = EventCount(service=service, fingerprint=fingerprint, at=at, count=count)
        self.record_all([once])

    def record_all(self, counts: Sequence[EventCount]) -> None:
        """Add to many counts in one transaction. Not idempotent."""
        # Writers that lock rows in one order cannot lock each other out.
        ordered = sorted(counts, key=lambda each: (each.service, each.fingerprint, each.at))
        with writing(self._engine) as connection:
            for each in ordered:
                values = {
                    "service": each.service,
                    "fingerprint": each.fingerprint,
                    "second": each.at.replace(microsecond=0),
                    "count": each.count,
                }
                more = {"count": event_counts.c.count + each.count}
                upsert(connection, event_counts, values, more)

    def count(self, service: str, fingerprint: Digest, since: Instant, until: Instant) -> int:
        """Return how many events of this fingerprint came in the window."""
        query = select(func.coalesce(func.sum(event_counts.c.count), 0)).where(
            event_counts.c.service == service,
            event_counts.c.fingerprint == fingerprint,
            event_counts.c.second >= since,
            event_counts.c.second < until,
        )
        with reading(self._engine) as connection:
            return int(connection.execute(query).scalar_one())
