"""How the service is doing."""

from collections.abc import Sequence
from typing import Protocol

from pydantic import Field

from suture.domain.service import Service
from suture.domain.value import Digest, Instant, Value


class ServiceCounters(Value):
    """Counters of a service at one moment. None means no data."""

    at: Instant
    requests: int | None = None
    """Requests since the service's process started: a counter that may reset."""
    errors: int | None = None


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

    def count(self, service: str, fingerprint: Digest, since: Instant, until: Instant) -> int:
        """Return how many events of this fingerprint came from `since` on and before `until`."""
        ...


class ServiceMetrics(Protocol):
    """The service's own request metrics."""

    def read(self, service: Service) -> ServiceCounters:
        """Read the counters now; no endpoint or no answer gives None fields, never zero."""
        ...
