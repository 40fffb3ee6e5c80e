"""Group commit on fakes, in a time that passes only when a test says so."""

import asyncio
import dataclasses
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from apps.gateway.commit import CommitLimits, CommitTools, GroupCommit, pause_unless
from apps.gateway.delivery import Delivery
from apps.gateway.telemetry import Telemetry
from suture.arrival import Arrival
from suture.canonical import sha256
from suture.domain.alert import AlertNotice, AlertSource, Severity
from suture.domain.incident import IncidentKey
from tests.fakes.incident_starter import FakeStarter
from tests.gateway.harness import World

AT = datetime(2026, 11, 21, tzinfo=UTC)
LIMITS = CommitLimits(
    max_waiting=100, timeout_seconds=60.0, first_retry_seconds=0.001, max_held_bytes=1_000
)


def arrival(
    alert_id: object = 1,
    *,
    of: str = "a",
    content: bytes = b"{}",
    severity: Severity = Severity.HIGH,
) -> Arrival:
    return Arrival(
        key=IncidentKey(service="shop", fingerprint=sha256(of.encode())),
        title="a title",
        environment="production",
        notice=AlertNotice(
            alert_id=str(alert_id),
            source=AlertSource.SENTRY,
            severity=severity,
            occurred_at=AT,
            event=sha256(content),
        ),
        content=content,
    )


@dataclass
class Clock:
    """Stands still between two turns."""

    seconds: float = 0.0
    pauses: list[float] = field(default_factory=list)
    """How long each pause was to be."""
    resting: asyncio.Event = field(default_factory=asyncio.Event)
    """Somebody has begun to pause since the last turn."""
    _sleepers: list[tuple[float, asyncio.Event]] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.seconds

    async def pause(self, ended: asyncio.Event, seconds: float) -> None:
        over = asyncio.Event()
        self._sleepers.append((self.seconds + seconds, over))
        self.pauses.append(seconds)
        self.resting.set()
        either = [asyncio.create_task(each.wait()) for each in (ended, over)]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        for each in either:
            each.cancel()

    def turn(self, seconds: float) -> None:
        self.resting.clear()
        self.seconds += seconds
        for due, over in self._sleepers:
            if due <= self.seconds:
                over.set()


@dataclass
class Bench:
    """What surrounds a group commit."""

    world: World = field(default_factory=World)
    telemetry: Telemetry = field(default_factory=Telemetry)
    clock: Clock = field(default_factory=Clock)
    pause: Callable[[asyncio.Event, float], Awaitable[None]] = pause_unless

    @property
    def starter(self) -> FakeStarter:
        return self.world.starter

    def commits(self, **limits: float) -> GroupCommit:
        numbers = itertools.count()
        tools = CommitTools(
            deliver=Delivery(self.world.parts()).deliver,
            new_id=lambda: f"batch-{next(numbers)}",
            monotonic=self.clock.monotonic,
            telemetry=self.telemetry,
            pause=self.pause,
        )
        return GroupCommit(dataclasses.replace(LIMITS, **limits), tools)  # type: ignore[arg-type]

    @property
    def counts(self) -> list[int]:
        return [batch.count for _, batch in self.starter.batches]


async def submitted(commits: GroupCommit, *arrivals: Arrival) -> list[asyncio.Task[None]]:
    """Return tasks that all wait for their outcome already."""
    tasks = [asyncio.create_task(commits.submit(each)) for each in arrivals]
    await asyncio.sleep(0)
    return tasks
