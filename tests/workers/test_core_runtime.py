"""Standard output belongs to what a command answers, not to what Temporal's core logs."""

import asyncio
import logging
from collections.abc import Iterator
from uuid import uuid4

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from suture.settings import TemporalSettings
from tests.builders import temporal
from tests.workers.buggy import Buggy
from workers.connecting import connect
from workers.core_runtime import LOGGER


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with temporal.temporal_address() as reached:
        yield reached


async def test_what_the_core_warns_of_is_logged_and_not_printed(
    address: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    client, queue = await connect(TemporalSettings(address=address)), uuid4().hex
    runner = UnsandboxedWorkflowRunner()
    async with Worker(client, task_queue=queue, workflows=[Buggy], workflow_runner=runner):
        handle = await client.start_workflow(Buggy.run, id=queue, task_queue=queue)
        failed = EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
        while not any(  # noqa: ASYNC110 (the server has no event for it)
            event.event_type == failed for event in (await handle.fetch_history()).events
        ):
            await asyncio.sleep(0.05)
        await handle.terminate()
        with caplog.at_level(logging.WARNING, logger=LOGGER):
            while not any(record.name.startswith(LOGGER) for record in caplog.records):  # noqa: ASYNC110 (as above)
                await asyncio.sleep(0.05)
    assert capfd.readouterr().out == ""
