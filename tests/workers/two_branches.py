"""A workflow of two branches, and a worker for it that can be killed.

Run as a program it works on the queue of the second argument until somebody ends it.
"""

import asyncio
import sys
from datetime import timedelta

from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

with workflow.unsafe.imports_passed_through():
    from suture.settings import TemporalSettings
    from workers.connecting import connect
    from workers.whole_tasks import WholeTasks

PATIENCE = timedelta(seconds=60)
HANDS = "-hands"
STICKY_TIMEOUT = timedelta(seconds=8)
"""As long as a task waits for the worker that is gone."""


@workflow.defn(name="two-branches")
class TwoBranches:
    """Both branches go on in the same task, one with a step of the event loop in between."""

    def __init__(self) -> None:
        self._steps = 0

    @workflow.run
    async def run(self) -> int:
        await asyncio.gather(self._far(), self._near())
        return self._steps

    @workflow.query
    def steps(self) -> int:
        return self._steps

    async def _far(self) -> None:
        await self._do("first")
        await asyncio.gather(self._do("left"), self._do("right"))

    async def _near(self) -> None:
        await self._do("second")
        await self._do("last")

    async def _do(self, name: str) -> None:
        await workflow.execute_activity(
            name,
            task_queue=workflow.info().task_queue + HANDS,
            start_to_close_timeout=PATIENCE,
        )
        self._steps += 1


def mind(client: Client, queue: str) -> Worker:
    """Return a worker that only runs the workflow."""
    return Worker(
        client,
        task_queue=queue,
        workflows=[TwoBranches],
        workflow_runner=WholeTasks(SandboxedWorkflowRunner()),
        sticky_queue_schedule_to_start_timeout=STICKY_TIMEOUT,
    )


async def work(address: str, queue: str) -> None:
    """Work until the process ends."""
    async with mind(await connect(TemporalSettings(address=address)), queue):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:]))
