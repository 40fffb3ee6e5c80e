"""Event counts and service counters that a test sets."""

from collections import Counter
from collections.abc import Sequence

from suture.domain.value import Digest, Instant
from suture.ports.metrics import EventCount, MetricsQuery, ServiceCounters


class FakeEventMetrics:
    """Implements `suture.ports.metrics.EventMetrics`."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, Digest, Instant]] = Counter()

    def record(self, service: str, fingerprint: Digest, at: Instant, count: int) -> None:
        self.counts[service, fingerprint, at.replace(microsecond=0)] += count

    def record_all(self, counts: Sequence[EventCount]) -> None:
        for each in counts:
            self.record(each.service, each.fingerprint, each.at, each.count)

    def count(self, service: str, fingerprint: Digest, since: Instant, until: Instant) -> int:
        return sum(
            count
            for (of, print_, at), count in self.counts.items()
            if (of, print_) == (service, fingerprint) and since <= at < until
        )


class FakeServiceMetrics:
    """Implements `suture.ports.metrics.ServiceMetrics`: the next of the readings it was given."""

    def __init__(self, *readings: ServiceCounters) -> None:
        self.readings = list(readings)

    def read(self, query: MetricsQuery) -> ServiceCounters:
        del query
        return self.readings.pop(0) if len(self.readings) > 1 else self.readings[0]
