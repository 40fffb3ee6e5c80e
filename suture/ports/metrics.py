"""How the service is doing."""

from collections.abc import Sequence
from typing import Protocol

from pydantic import Field

from suture.domain.service import Service
from suture.domain.value import Digest, Instant, Value


class MetricsQuery(Value):
    """Which service's metrics are asked for, and of which time."""

    service: Service
    since: Instant
    until: Instant
    release: str | None = None
    """What ran at `until`, as far as anybody reported it."""

    @property
    def seconds(self) -> float:
        """How long the window is; zero for one that ends before it begins."""
        return max((self.until - self.since).total_seconds(), 0.0)


class ServiceCounters(Value):
    """Counters of a service at one moment. None means no data."""

    at: Instant
    requests: int | None = Field(default=None, ge=0)
    errors: int | None = Field(default=None, ge=0)
    windowed: bool = False
    """Counted from the window's beginning to its end. Else they count since the service's process
    started, and may reset."""


class EventCount(Value):
    """Events of one fingerprint that came together."""

    service: str
    fingerprint: Digest
    at: Instant
    count: int = Field(ge=1)


class EventMetrics(Protocol):
    """Counts of the events that Suture itself receives."""

    def record(self, service: str, fingerprint: Digest, at: Instant, count: int) -> None:
        """Add to the count of this second. Not idempotent: record each event once."""
        ...

    def record_all(self, counts: Sequence[EventCount]) -> None:
        """Record all of them durably, or none."""
        ...

    def count(
        self, service: str, fingerprint: Digest, since: Instant, until: Instant
    ) -> int | None:
        """Return how many events of this fingerprint came from `since` on and before `until`.

        None if whoever counts them cannot tell.

        Raises:
            NoData: whoever counts them does not answer now.
        """
        ...


class ServiceMetrics(Protocol):
    """The service's own request metrics."""

    def read(self, query: MetricsQuery) -> ServiceCounters:
        """Read the counters; what is not there gives None fields, never zero.

        Raises:
            TransientError: they may be there in a moment.
            PermanentError: they cannot be read with these settings.
        """
        ...
