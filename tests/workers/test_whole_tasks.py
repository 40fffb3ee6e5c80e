"""Queries never move a workflow, and what refuses them stands in nobody else's way."""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio import activity
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle, WorkflowQueryFailedError
from temporalio.common import RawValue
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError
from temporalio.worker import Replayer, Worker

from suture.settings import TemporalSettings
from tests.builders import temporal
from tests.workers.two_branches import HANDS, TwoBranches, mind
from workers.connecting import connect
from workers.whole_tasks import REFUSAL

ROOT = Path(__file__).parents[2]

Handle = WorkflowHandle[TwoBranches, int]


class Hands:
    """Activities that finish when the test says so."""

    def __init__(self) -> None:
        self.may_finish = {name: asyncio.Event() for name in ("first", "second")}
        self.started = {name: asyncio.Event() for name in ("first", "second")}

    @activity.defn(dynamic=True)
    async def do(self, _arguments: Sequence[RawValue]) -> None:
        name = activity.info().activity_type
        if name in self.may_finish:
            self.started[name].set()
            await self.may_finish[name].wait()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with temporal.temporal_address() as reached:
        yield reached


async def test_a_query_that_meets_half_a_task_is_refused_and_does_not_spoil_the_history(
    address: str,
) -> None:
    client, queue, hands = await connect(TemporalSettings(address=address)), uuid4().hex, Hands()
    async with _at_hand(client, queue, hands):
        with _killed_worker(address, queue):
            handle = await client.start_workflow(TwoBranches.run, id=queue, task_queue=queue)
            await hands.started["first"].wait()
            await hands.started["second"].wait()
        question = asyncio.create_task(handle.query(TwoBranches.steps))
        # It must be there before the task is. Nothing tells: each waits for the worker that is
        # gone, which is long beside this, and then for the one below.
        await asyncio.sleep(2.0)
        hands.may_finish["first"].set()
        await _until_finished(handle)
        async with mind(client, queue):
            with pytest.raises(WorkflowQueryFailedError, match=REFUSAL):
                await question
            assert await _ask(handle) == 1
            hands.may_finish["second"].set()
            assert await handle.result() == 5
    history = await handle.fetch_history()
    replayer = Replayer(workflows=[TwoBranches], data_converter=pydantic_data_converter)
    replayed = await replayer.replay_workflow(history, raise_on_replay_failure=False)
    assert replayed.replay_failure is None


async def test_queries_between_tasks_are_answered(address: str) -> None:
    client, queue, hands = await connect(TemporalSettings(address=address)), uuid4().hex, Hands()
    async with _at_hand(client, queue, hands):
        handle = await client.start_workflow(TwoBranches.run, id=queue, task_queue=queue)
        async with mind(client, queue):
            await hands.started["first"].wait()
            assert await _ask(handle) == 0
        async with mind(client, queue):
            assert await _ask(handle) == 0
            for event in hands.may_finish.values():
                event.set()
            assert await handle.result() == 5
            assert await _ask(handle) == 5


async def _until_finished(handle: Handle) -> None:
    finished = EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED
    while all(  # noqa: ASYNC110 -- the server has no event for it
        event.event_type != finished for event in (await handle.fetch_history()).events
    ):
        await asyncio.sleep(0.05)


async def _ask(handle: Handle) -> int:
    while True:
        with contextlib.suppress(RPCError):
            return await handle.query(TwoBranches.steps)


@contextlib.asynccontextmanager
async def _at_hand(client: Client, queue: str, hands: Hands) -> AsyncIterator[None]:
    async with Worker(client, task_queue=queue + HANDS, activities=[hands.do]):
        yield


@contextlib.contextmanager
def _killed_worker(address: str, queue: str) -> Iterator[None]:
    """Run a worker in a process of its own, and kill it."""
    command = [sys.executable, "-m", "tests.workers.two_branches", address, queue]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        yield
    finally:
        process.kill()
        process.wait()
