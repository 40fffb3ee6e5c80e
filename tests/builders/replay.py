"""Replays histories against the code of today."""

from collections.abc import AsyncIterator

from temporalio.client import Client, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter
from temporalio.worker import Replayer

from workers.worker import WORKFLOWS


async def replay(
    histories: list[WorkflowHistory], converter: DataConverter = pydantic_data_converter
) -> list[str]:
    """Return what the code of today would do otherwise than these histories."""
    replayer = Replayer(workflows=WORKFLOWS, data_converter=converter)

    async def all_of_them() -> AsyncIterator[WorkflowHistory]:
        for history in histories:
            yield history

    failures = await replayer.replay_workflows(all_of_them(), raise_on_replay_failure=False)
    return [f"{run}: {error}" for run, error in failures.replay_failures.items()]


async def histories_of(client: Client, incident_id: str) -> list[WorkflowHistory]:
    """Return the histories of an incident's runs and of its children."""
    query = f"WorkflowId STARTS_WITH '{incident_id}'"
    found = []
    async for execution in client.list_workflows(query):
        handle = client.get_workflow_handle(execution.id, run_id=execution.run_id)
        found.append(await handle.fetch_history())
    return found
