"""What goes wrong in workflow code, and what goes on in new runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
from temporalio.client import Client, WorkflowFailureError
from temporalio.worker import Worker

from suture.settings import TemporalSettings
from tests.health.crooked import RenewedWorkflow, StumblingWorkflow, UnservedWorkflow
from tests.health.samples import Exported
from tests.health.test_watching import Told
from workers.connecting import connect
from workers.health.meters import Meters
from workers.health.watching import Watching


class Stage:
    """A worker under watch."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.queue = uuid4().hex
        self.meters = Meters()
        self.reporter = Told()

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        workflows = [RenewedWorkflow, StumblingWorkflow, UnservedWorkflow]
        watching = Watching(self.meters, self.reporter)
        worker = Worker(
            self.client, task_queue=self.queue, workflows=workflows, interceptors=[watching]
        )
        async with worker:
            yield


@pytest.fixture
async def stage(temporal_address: str) -> Stage:
    return Stage(await connect(TemporalSettings(address=temporal_address)))


async def test_a_signal_that_fails_its_workflow_is_reported(stage: Stage) -> None:
    async with stage.at_work():
        handle = await stage.client.start_workflow(
            "stumbling", id=stage.queue, task_queue=stage.queue, start_signal="stumble"
        )
        with pytest.raises(WorkflowFailureError):
            await handle.result()
    assert ("ApplicationError", "workflow stumbling", stage.queue) in stage.reporter.heard


async def test_what_a_childs_activity_could_not_do_is_its_parents_to_judge(stage: Stage) -> None:
    async with stage.at_work():
        with pytest.raises(WorkflowFailureError):
            await stage.client.execute_workflow("unserved", id=stage.queue, task_queue=stage.queue)
    assert stage.reporter.heard == []


async def test_a_stage_that_outlasts_a_run_is_counted_in_parts(stage: Stage) -> None:
    async with stage.at_work():
        await stage.client.execute_workflow("incident", 2, id=stage.queue, task_queue=stage.queue)
    seen = Exported.of(stage.meters.registry)
    count = "suture_stage_seconds_count"
    assert seen.value(count, stage="approval", outcome="renewed") == 2
    assert seen.value(count, stage="approval", outcome="closed") == 1
    assert seen.labels("suture_incidents_opened_total", "service") == set()
    assert stage.reporter.heard == []
