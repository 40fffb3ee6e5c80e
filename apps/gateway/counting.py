"""Counts events in groups: what comes while one transaction runs shares the next one."""

import asyncio
import contextlib

import structlog

from suture.errors import SutureError, Unreachable
from suture.ports.metrics import EventCount, EventMetrics

log = structlog.get_logger()


class GroupedCounts:
    """Records counts of all incidents, one transaction at a time."""

    def __init__(self, metrics: EventMetrics) -> None:
        self._metrics = metrics
        self._waiting: list[tuple[EventCount, asyncio.Future[SutureError | None]]] = []
        self._task: asyncio.Task[None] | None = None

    async def record(self, count: EventCount) -> None:
        """Return once the count is durable. Not idempotent.

        Raises:
            SutureError: it was not recorded.
        """
        outcome: asyncio.Future[SutureError | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((count, outcome))
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        error = await outcome
        if error is not None:
            raise error

    async def _run(self) -> None:
        while self._waiting:
            taken, self._waiting = self._waiting, []
            counts = [count for count, _ in taken]
            work = asyncio.to_thread(self._metrics.record_all, counts)
            [failure] = await asyncio.gather(work, return_exceptions=True)
            for _, outcome in taken:
                with contextlib.suppress(asyncio.InvalidStateError):
                    outcome.set_result(_as_error(failure))
        self._task = None


def _as_error(failure: BaseException | None) -> SutureError | None:
    if failure is None or isinstance(failure, SutureError):
        return failure
    log.error("counts.crashed", exc_info=failure)
    return Unreachable("The counts could not be written.")
