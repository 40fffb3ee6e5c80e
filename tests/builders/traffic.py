"""A service whose traffic a test scripts: what it counts before and after a deployment."""

import itertools
from datetime import UTC, datetime

from suture.domain.value import Digest, Instant
from suture.ports.metrics import MetricsQuery, ServiceCounters
from tests.fakes.metrics import FakeEventMetrics

REQUESTS_PER_LOOK = 200


class ScriptedTraffic(FakeEventMetrics):
    """Answers for the incident's own events and for the service's counters."""

    def __init__(self) -> None:
        super().__init__()
        self.own_before = 40
        self.own_after = 0
        self.measured = True
        self.deployed = False
        self._looks = itertools.count(1)

    def count(self, service: str, fingerprint: Digest, since: Instant, until: Instant) -> int:
        del service, fingerprint, since, until
        return self.own_after if self.deployed else self.own_before

    def read(self, query: MetricsQuery) -> ServiceCounters:
        """Return the counters of a service that is asked a lot."""
        del query
        now = datetime.now(UTC)
        if not self.measured:
            return ServiceCounters(at=now)
        return ServiceCounters(at=now, requests=next(self._looks) * REQUESTS_PER_LOOK, errors=0)
