"""Starts an incident outside the gateway, from one alert, and ends it early."""

import asyncio
import contextlib
import uuid

from temporalio.client import Client, WorkflowFailureError
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError

from suture.arrival import Arrival
from suture.domain.alert import AlertBatch
from suture.domain.incident import Goal
from workers.handles import Handle
from workflows.incident import IncidentWorkflow
from workflows.messages import TITLE_MEMO, IncidentInput

MAX_TITLE = 200
CANCEL_SECONDS = 5.0
"""For the incident to undo what it did, once it is cancelled."""


async def start_incident(
    client: Client, queue: str, arrival: Arrival, models: tuple[str, ...] | None
) -> Handle:
    """Start an incident that ends with its pull request. Models replace the policy's, if given.

    Raises:
        WorkflowAlreadyStartedError: somebody works on it.
        RPCError: Temporal does not answer.
    """
    batch = AlertBatch(batch_id=uuid.uuid4().hex, count=1, notices=(arrival.notice,))
    opening = IncidentInput(
        key=arrival.key,
        title=arrival.title,
        severity=arrival.notice.severity,
        environment=arrival.environment,
        opened_by=arrival.notice,
        goal=Goal.PULL_REQUEST,
        models=models,
    )
    handle = await client.start_workflow(
        IncidentWorkflow.run,
        opening,
        id=arrival.key.incident_id,
        task_queue=queue,
        id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        static_summary=arrival.title[:MAX_TITLE],
        memo={TITLE_MEMO: arrival.title},
    )
    await handle.signal(IncidentWorkflow.receive_alerts, batch)
    return handle


async def cancel_incident(handle: Handle) -> None:
    """Cancel it and give it a moment to undo what it did."""
    with contextlib.suppress(RPCError, WorkflowFailureError, TimeoutError):
        await handle.cancel()
        await asyncio.wait_for(handle.result(), CANCEL_SECONDS)
