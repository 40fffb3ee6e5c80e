"""A workflow under the incident's name that only counts, and a worker that runs it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import Worker

with workflow.unsafe.imports_passed_through():
    from suture.domain.alert import AlertBatch
    from suture.domain.rollout import Deployment
    from workflows.messages import IncidentInput

TASK_QUEUE = "gateway-tests"


@workflow.defn(name="incident", sandboxed=False)
class CountingIncident:
    """Counts alerts by batch id, as the real incident does."""

    @workflow.init
    def __init__(self, start: IncidentInput) -> None:
        self.start = start
        self.batches: dict[str, int] = {}
        self.deployments: list[str] = []
        self.hints = 0

    @workflow.run
    async def run(self, start: IncidentInput) -> None:
        del start
        await workflow.wait_condition(lambda: False)

    @workflow.signal(name="alerts")
    def receive_alerts(self, batch: AlertBatch) -> None:
        self.batches[batch.batch_id] = batch.count

    @workflow.signal(name="deployment")
    def receive_deployment(self, deployment: Deployment) -> None:
        self.deployments.append(deployment.deployment_id)

    @workflow.signal(name="look")
    def receive_hint(self) -> None:
        self.hints += 1

    @workflow.query
    def hinted(self) -> int:
        return self.hints

    @workflow.query
    def count(self) -> int:
        return sum(self.batches.values())

    @workflow.query
    def opened_as(self) -> IncidentInput:
        return self.start

    @workflow.query
    def deployed(self) -> list[str]:
        return self.deployments


@contextlib.asynccontextmanager
async def counting_worker(client: Client) -> AsyncIterator[None]:
    async with Worker(client, task_queue=TASK_QUEUE, workflows=[CountingIncident]):
        yield


async def counts(client: Client) -> dict[str, int]:
    """Return the alerts that each incident has counted, once there is one."""
    found: list[str] = []
    while not found:
        # Visibility is eventually consistent, on a development server as well.
        found = [each.id async for each in client.list_workflows("WorkflowType = 'incident'")]
    handles = [client.get_workflow_handle(workflow_id) for workflow_id in found]
    counted = await asyncio.gather(*(handle.query(CountingIncident.count) for handle in handles))
    return dict(zip(found, counted, strict=True))
