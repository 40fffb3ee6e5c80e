"""How workflows call activities: every queue, timeout and retry policy is decided here.

Clients run with their own retries off, so these policies are the only ones. Errors that cannot
go away by waiting arrive as non-retryable (see `activities.failures`) and end the retries.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    CancelledError,
    ChildWorkflowError,
)
from temporalio.exceptions import TimeoutError as TimedOut

with workflow.unsafe.imports_passed_through():
    from suture.policy.model import Timing

MODEL_SUFFIX = "-model"
SANDBOX_SUFFIX = "-sandbox"

TIMED_OUT = "Timeout"

S = TypeVar("S")
P = TypeVar("P")
R = TypeVar("R")

VENDOR_RETRIES = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(minutes=1),
    # A merge that meets another head must be asked for again, not tried again.
    non_retryable_error_types=["Conflict"],
)
"""Vendors come back, however long it takes: a durable incident outlasts their outages."""

SANDBOX_RETRIES = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(seconds=30),
    maximum_attempts=8,
)
"""Runs are lost with their worker, never by themselves: a few more tries are enough."""

MODEL_RETRIES = RetryPolicy(
    initial_interval=timedelta(seconds=2),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(seconds=30),
    maximum_attempts=6,
)
"""A provider that is down for minutes is left for the next tier, or for a human."""


@dataclass(frozen=True, kw_only=True)
class Calls:
    """Runs activities on the right queue with the right patience."""

    timing: Timing

    async def vendor(
        self, step: Callable[[S, P], R], request: P, *, within_seconds: float | None = None
    ) -> R:
        """Call a vendor, the database or the catalogue; without a bound, until it answers."""
        within = None if within_seconds is None else timedelta(seconds=within_seconds)
        call = workflow.execute_activity_method(
            step,
            request,
            schedule_to_close_timeout=within,
            start_to_close_timeout=timedelta(seconds=self.timing.vendor_seconds),
            heartbeat_timeout=timedelta(seconds=self.timing.heartbeat_seconds),
            retry_policy=VENDOR_RETRIES,
        )
        return await cancellable(call)

    async def binding(self, step: Callable[[S, P], R], request: P, *, seconds: float) -> R:
        """Do what is not done again, trying for at most so long.

        A cancellation stops the tries. It is not known to the caller before the last try has
        really ended, and if that one was successful after all, its result is returned: so nothing
        is done behind the back of whoever goes on.
        """
        return await workflow.execute_activity_method(
            step,
            request,
            schedule_to_close_timeout=timedelta(seconds=seconds),
            start_to_close_timeout=timedelta(seconds=self.timing.vendor_seconds),
            heartbeat_timeout=timedelta(seconds=self.timing.heartbeat_seconds),
            retry_policy=VENDOR_RETRIES,
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        )

    async def telling(self, step: Callable[[S, P], R], request: P) -> R:
        """Tell humans something: worth some patience, but no incident waits for ever."""
        call = workflow.execute_activity_method(
            step,
            request,
            schedule_to_close_timeout=timedelta(seconds=self.timing.telling_seconds),
            start_to_close_timeout=timedelta(seconds=self.timing.vendor_seconds),
            heartbeat_timeout=timedelta(seconds=self.timing.heartbeat_seconds),
            retry_policy=VENDOR_RETRIES,
        )
        return await cancellable(call)

    async def sandbox(
        self, step: Callable[[S, P], R], request: P, *, seconds: float, summary: str = ""
    ) -> R:
        """Do work that reads repositories or runs untrusted code, for at most so long."""
        call = workflow.execute_activity_method(
            step,
            request,
            task_queue=workflow.info().task_queue.removesuffix(SANDBOX_SUFFIX) + SANDBOX_SUFFIX,
            start_to_close_timeout=timedelta(seconds=seconds),
            heartbeat_timeout=timedelta(seconds=self.timing.heartbeat_seconds),
            retry_policy=SANDBOX_RETRIES,
            summary=summary or None,
        )
        return await cancellable(call)

    async def model(
        self,
        step: Callable[[S, P], R],
        request: P,
        *,
        seconds: float,
        patience_seconds: float,
        summary: str = "",
    ) -> R:
        """Ask a model once, for at most `seconds`, and again while patience lasts."""
        call = workflow.execute_activity_method(
            step,
            request,
            task_queue=workflow.info().task_queue + MODEL_SUFFIX,
            start_to_close_timeout=timedelta(seconds=seconds),
            schedule_to_close_timeout=timedelta(seconds=patience_seconds),
            heartbeat_timeout=timedelta(seconds=self.timing.heartbeat_seconds),
            retry_policy=MODEL_RETRIES,
            summary=summary or None,
        )
        return await cancellable(call)


async def cancellable(step: Awaitable[R]) -> R:
    """Await an activity or a child, and let a cancellation of the caller be a cancellation.

    Temporal reports it as a failure of the step, or not at all when the step was just done:
    code that goes on after failures would then swallow it.
    """
    try:
        result = await step
    except (ActivityError, ChildWorkflowError) as error:
        if _is_cancelled() or isinstance(error.cause, CancelledError):
            raise asyncio.CancelledError from error
        raise
    if _is_cancelled():
        raise asyncio.CancelledError
    return result


async def finish(step: Coroutine[Any, Any, R]) -> R:
    """Run to the end what must not stay half done, then let a cancellation through."""
    task = asyncio.create_task(step)
    while not task.done():
        with contextlib.suppress(asyncio.CancelledError):
            await workflow.wait([task])
    if _is_cancelled():
        # What the step came to is in the incident's state; whoever stopped it goes on from there.
        task.result()
        raise asyncio.CancelledError
    return task.result()


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def cause_of(error: ActivityError | ChildWorkflowError) -> tuple[str, str]:
    """Return the type and the message of what ended an activity's retries, or a child."""
    cause = error.cause
    if isinstance(cause, ActivityError | ChildWorkflowError):
        return cause_of(cause)
    if isinstance(cause, ApplicationError):
        return cause.type or "Error", cause.message
    if isinstance(cause, TimedOut):
        return TIMED_OUT, cause.message
    return type(cause).__name__, str(cause)
