"""Heartbeats on behalf of activities, and one log line for each.

An activity that blocks its thread in a vendor call cannot beat by itself. The event loop beats
for it, so that a dead worker is noticed within the heartbeat timeout, however long the call may
take; the start-to-close timeout bounds calls that hang.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

import structlog
from temporalio import activity
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
)

from workers.health.names import incident_of

BEATS_PER_TIMEOUT = 3

log = structlog.get_logger()


class Beating(Interceptor):
    """Beats while an activity runs and logs how it ended."""

    def intercept_activity(
        self,
        next: ActivityInboundInterceptor,  # noqa: A002 -- the interface names it so
    ) -> ActivityInboundInterceptor:
        """Wrap the next interceptor."""
        return _BeatingInbound(next)


class _BeatingInbound(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ANN401 -- the interface says so
        info = activity.info()
        started = time.monotonic()
        outcome = "failed"
        incident_id = incident_of(info.workflow_id or "")
        try:
            with structlog.contextvars.bound_contextvars(incident_id=incident_id):
                async with _beating():
                    result = await self.next.execute_activity(input)
            outcome = "completed"
            return result
        finally:
            log.info(
                "activity.ended",
                outcome=outcome,
                activity=info.activity_type,
                incident_id=incident_id,
                attempt=info.attempt,
                seconds=round(time.monotonic() - started, 3),
            )


@contextlib.asynccontextmanager
async def _beating() -> AsyncIterator[None]:
    timeout = activity.info().heartbeat_timeout
    if timeout is None:
        yield
        return
    pause = timeout.total_seconds() / BEATS_PER_TIMEOUT
    task = asyncio.create_task(_beat(pause))
    try:
        yield
    finally:
        task.cancel()


async def _beat(pause: float) -> None:
    while True:
        # For an activity that runs in a thread, this call waits for the loop: not on the loop.
        await asyncio.to_thread(activity.heartbeat)
        await asyncio.sleep(pause)
