"""Incidents that only remember what they were told."""

import asyncio
from collections import Counter, deque

from suture.domain.alert import AlertBatch, AlertNotice
from suture.domain.incident import IncidentKey
from suture.domain.rollout import Deployment
from suture.domain.value import Line
from suture.errors import SutureError


class FakeStarter:
    """Implements `apps.gateway.parts.IncidentStarter`."""

    def __init__(self) -> None:
        self.batches: list[tuple[IncidentKey, AlertBatch]] = []
        self.alerts: Counter[str] = Counter()
        """Alerts counted by each incident, every batch once."""
        self.resolved: list[tuple[IncidentKey, AlertNotice]] = []
        self.told = asyncio.Event()
        """Set once an alert's end has been told."""
        self.announced: list[Deployment] = []
        self.nudged: list[str] = []
        """Incidents and tickets that were to be looked at."""
        self.failures: deque[SutureError] = deque()
        """Raised by the next calls, one each, after the batch has been kept."""
        self.open = asyncio.Event()
        """While clear, commits hang."""
        self.open.set()
        self.entered = asyncio.Event()
        self.under_way: Counter[str] = Counter()
        self.most_at_once = 0
        self.crowd = 0
        self.crowded = asyncio.Event()
        """Set once as many commits as `crowd` are under way."""

    async def commit(
        self, key: IncidentKey, title: Line, batch: AlertBatch, *, environment: str
    ) -> None:
        del title, environment
        self.under_way[key.incident_id] += 1
        assert self.under_way[key.incident_id] == 1, "two commits of one incident at once"
        self.most_at_once = max(self.most_at_once, sum(self.under_way.values()))
        try:
            self._keep(key, batch)
            self.entered.set()
            if sum(self.under_way.values()) == self.crowd:
                self.crowded.set()
            await self.open.wait()
            if self.failures:
                raise self.failures.popleft()
        finally:
            self.under_way[key.incident_id] -= 1

    async def resolve(self, key: IncidentKey, notice: AlertNotice) -> bool:
        if self.failures:
            raise self.failures.popleft()
        self.resolved.append((key, notice))
        self.told.set()
        return True

    async def announce(self, deployment: Deployment) -> int:
        if self.failures:
            raise self.failures.popleft()
        self.announced.append(deployment)
        return 1

    async def nudge(self, incident_id: str) -> int:
        return self._nudged(incident_id)

    async def nudge_ticket(self, ticket_id: str) -> int:
        return self._nudged(ticket_id)

    def _nudged(self, name: str) -> int:
        if self.failures:
            raise self.failures.popleft()
        self.nudged.append(name)
        return 1

    async def check(self) -> None:
        await self.open.wait()
        if self.failures:
            raise self.failures.popleft()

    def _keep(self, key: IncidentKey, batch: AlertBatch) -> None:
        if all(batch.batch_id != kept.batch_id for _, kept in self.batches):
            self.alerts[key.incident_id] += batch.count
        self.batches.append((key, batch))
