"""Group commit: alerts of one incident that arrive while it cannot be told travel together.

Per incident at most one commit is under way, and after a burst of quick ones there is one a second:
a run of a workflow takes 10,000 signals and no more, so a storm must not use them up before the
workflow comes to continue as new. A sender is answered by the outcome of the batch that holds its
alert, and by nothing else: no acknowledgement without Temporal's.

A failed commit is ambiguous, because Temporal may have the batch all the same. Its senders get a
503, and the gateway tries the same batch again under the same id, which the workflow counts once.
A sender who retries meanwhile joins the batch that holds its alert already. So nothing is counted
twice, and alerts whose senders never retry (Sentry's SDKs do not) are late rather than lost.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from apps.gateway.batch import Batch
from apps.gateway.buckets import TokenBuckets
from apps.gateway.recent import RecentAlerts
from apps.gateway.telemetry import Telemetry
from suture.arrival import Arrival
from suture.domain.incident import IncidentKey
from suture.errors import RateLimited, SutureError, TransientError, Unreachable

CONCURRENT_COMMITS = 16
"""Over all incidents; more only queue up inside Temporal."""
COMMIT_BURST = 100
"""Commits of an incident before the pace is kept: as many as the events that Sentry's Python SDK
queues, which it sends one after the other. That is 1 % of the signals that a run may take."""
COMMIT_INTERVAL_SECONDS = 1.0
"""At this pace a run reaches its 10,000 signals after two and three quarter hours, while Temporal
suggests a new run after a quarter of an hour: a signal makes up to four events, of 4,096. And a
second is well below the timeouts of those who send webhooks, which start at 5 seconds."""
FIRST_RETRY_SECONDS = 0.5
MAX_RETRY_SECONDS = 5.0
KEEP_UNCONFIRMED_SECONDS = 300.0
MAX_HELD_BYTES = 256 << 20
NOT_IN_TIME = "Temporal did not confirm the alert in time."

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class CommitLimits:
    """How much may wait, and for how long."""

    max_waiting: int
    timeout_seconds: float
    commit_burst: int = COMMIT_BURST
    """Commits of one incident that follow each other at once."""
    commit_interval_seconds: float = COMMIT_INTERVAL_SECONDS
    """From then on, between two commits; never more than half of the timeout."""
    first_retry_seconds: float = FIRST_RETRY_SECONDS
    keep_unconfirmed_seconds: float = KEEP_UNCONFIRMED_SECONDS
    max_held_bytes: int = MAX_HELD_BYTES


async def pause_unless(ended: asyncio.Event, seconds: float) -> None:
    """Return after so many seconds, or as soon as the event is set."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(ended.wait(), seconds)


@dataclass(frozen=True, kw_only=True)
class CommitTools:
    """What the world lends to group commit."""

    deliver: Callable[[Batch], Awaitable[None]]
    """Store and count the batch, and hand it to Temporal."""
    new_id: Callable[[], str]
    monotonic: Callable[[], float]
    telemetry: Telemetry
    pause: Callable[[asyncio.Event, float], Awaitable[None]] = pause_unless


@dataclass(slots=True)
class _Lane:
    """One incident's batches, in order; only the first is ever under way."""

    batches: deque[Batch] = field(default_factory=deque)
    retry_seconds: float = 0.0

    @property
    def waiting(self) -> int:
        """Alerts that Temporal has not confirmed yet."""
        return sum(len(batch.identities) for batch in self.batches)


class GroupCommit:
    """Commits arrivals in batches and answers each by its batch's outcome."""

    def __init__(self, limits: CommitLimits, tools: CommitTools) -> None:
        self._limits = limits
        self._tools = tools
        self._slots = asyncio.Semaphore(CONCURRENT_COMMITS)
        self._lanes: dict[IncidentKey, _Lane] = {}
        # Lanes go when they are empty; the pace of their incidents must not go with them.
        self._pace: TokenBuckets[IncidentKey] = TokenBuckets(
            1 / min(limits.commit_interval_seconds, limits.timeout_seconds / 2),
            limits.commit_burst,
            tools.monotonic,
        )
        self._holders: dict[tuple[str, str], Batch] = {}
        self._recent = RecentAlerts(tools.monotonic)
        # A storm waits for its pace; it must leave room for the alerts of other incidents.
        self._most_of_one = max(1, limits.max_waiting // 2)
        self._held_bytes = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = asyncio.Event()

    @property
    def waiting(self) -> int:
        """Alerts that Temporal has not confirmed yet."""
        return len(self._holders)

    def check_room(self) -> None:
        """Return if another alert may wait.

        Raises:
            RateLimited: too many wait already.
            Unreachable: the gateway is shutting down.
        """
        if self._closing.is_set():
            raise Unreachable("The gateway is shutting down.")
        full = self.waiting >= self._limits.max_waiting
        if full or self._held_bytes >= self._limits.max_held_bytes:
            raise RateLimited("Too many alerts are waiting for Temporal.")

    async def submit(self, arrival: Arrival) -> None:
        """Return once Temporal has the alert. Cancelling the wait does not cancel the commit.

        Raises:
            RateLimited: too many alerts wait already; this one was not taken.
            Unreachable: not confirmed; sending it again, with the same id, is safe.
        """
        if arrival.identity in self._recent:
            return
        batch = self._holders.get(arrival.identity) or self._enlist(arrival)
        try:
            async with asyncio.timeout(self._limits.timeout_seconds):
                failure = await asyncio.shield(batch.outcome)
        except TimeoutError as error:
            raise Unreachable(NOT_IN_TIME) from error
        if failure is not None:
            raise Unreachable(str(failure), retry_after_seconds=failure.retry_after_seconds)

    async def close(self) -> None:
        """Take nothing more, finish what is under way, and give up on what keeps failing."""
        self._closing.set()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=self._limits.timeout_seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _enlist(self, arrival: Arrival) -> Batch:
        self.check_room()
        lane = self._lanes.get(arrival.key)
        if lane is None:
            lane = self._lanes[arrival.key] = _Lane()
            self._start(arrival.key, lane)
        if lane.waiting >= self._most_of_one:
            raise RateLimited("Too many alerts of this incident are waiting for Temporal.")
        if not lane.batches or lane.batches[-1].sealed:
            lane.batches.append(self._new_batch(arrival))
        batch = lane.batches[-1]
        before = batch.held_bytes
        batch.add(arrival)
        self._held_bytes += batch.held_bytes - before
        self._holders[arrival.identity] = batch
        return batch

    def _new_batch(self, arrival: Arrival) -> Batch:
        return Batch(
            batch_id=self._tools.new_id(),
            key=arrival.key,
            title=arrival.title,
            environment=arrival.environment,
            opened_at=self._tools.monotonic(),
        )

    def _start(self, key: IncidentKey, lane: _Lane) -> None:
        task = asyncio.create_task(self._run(key, lane))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("commit.crashed", exc_info=error)

    async def _run(self, key: IncidentKey, lane: _Lane) -> None:
        """Commit the lane's batches one after the other until none is left."""
        try:
            while lane.batches:
                await self._keep_pace(key)
                error = await self._attempt(lane.batches[0])
                if error is None:
                    self._settle(lane)
                elif self._give_up(lane.batches[0], error):
                    break
                else:
                    await self._back_off(lane, error)
        finally:
            # However this ends, nobody is left waiting and no memory is left held.
            self._lanes.pop(key, None)
            for batch in lane.batches:
                self._forget(batch)
                batch.fail(Unreachable("Temporal did not confirm the alert."))

    async def _keep_pace(self, key: IncidentKey) -> None:
        """Wait until the incident may be told again; meanwhile alerts still join the batch."""
        while not self._closing.is_set() and (seconds := self._pace.take(key)) > 0:
            await self._tools.pause(self._closing, seconds)

    async def _attempt(self, batch: Batch) -> SutureError | None:
        async with self._slots:
            batch.sealed = True
            started = self._tools.monotonic()
            held = batch.held_bytes
            try:
                async with asyncio.timeout(self._limits.timeout_seconds):
                    await self._tools.deliver(batch)
            except TimeoutError:
                return Unreachable(NOT_IN_TIME)
            except SutureError as error:
                return error
            finally:
                self._held_bytes += batch.held_bytes - held
        seconds = self._tools.monotonic() - started
        self._tools.telemetry.batch_committed(len(batch.identities), seconds)
        return None

    def _settle(self, lane: _Lane) -> None:
        batch = lane.batches.popleft()
        lane.retry_seconds = 0.0
        self._forget(batch)
        for identity in batch.identities:
            self._recent.add(identity)
        batch.succeed()

    def _forget(self, batch: Batch) -> None:
        self._held_bytes -= batch.held_bytes
        for identity in batch.identities:
            self._holders.pop(identity, None)

    def _give_up(self, batch: Batch, error: SutureError) -> bool:
        self._tools.telemetry.commit_failed()
        age = self._tools.monotonic() - batch.opened_at
        hopeless = not isinstance(error, TransientError)
        give_up = hopeless or self._closing.is_set() or age > self._limits.keep_unconfirmed_seconds
        log.warning(
            "batch.abandoned" if give_up else "batch.unconfirmed",
            incident_id=batch.key.incident_id,
            batch_id=batch.batch_id,
            alerts=len(batch.identities),
            reason=str(error),
        )
        return give_up

    async def _back_off(self, lane: _Lane, error: SutureError) -> None:
        lane.batches[0].fail(error)
        doubled = lane.retry_seconds * 2 or self._limits.first_retry_seconds
        lane.retry_seconds = min(doubled, MAX_RETRY_SECONDS)
        await self._tools.pause(self._closing, lane.retry_seconds)
