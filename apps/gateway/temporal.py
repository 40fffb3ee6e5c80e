"""Hands alerts and deployments to the incident workflows, by signal-with-start.

https://docs.temporal.io/sending-messages#signal-with-start
"""

import contextlib
from collections.abc import Iterator
from datetime import timedelta

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError, RPCStatusCode

from suture.domain.alert import AlertBatch, AlertNotice, Severity
from suture.domain.incident import IncidentKey
from suture.domain.rollout import Deployment
from suture.domain.value import Line
from suture.errors import PermanentError, RateLimited, SutureError, Unreachable
from workflows.messages import TITLE_MEMO, IncidentInput

WORKFLOW = "incident"
ALERTS_SIGNAL = "alerts"
RESOLVED_SIGNAL = "resolved"
DEPLOYMENT_SIGNAL = "deployment"
SERVICE_ATTRIBUTE = "SutureService"
MAX_ANNOUNCED = 200
"""Open incidents that are told of one deployment; all others find it by themselves."""
MAX_SUMMARY_BYTES = 200
PERMANENT = {
    RPCStatusCode.INVALID_ARGUMENT,
    RPCStatusCode.NOT_FOUND,
    RPCStatusCode.PERMISSION_DENIED,
    RPCStatusCode.UNAUTHENTICATED,
    RPCStatusCode.UNIMPLEMENTED,
}
WORST_FIRST = tuple(Severity)


class TemporalStarter:
    """Implements `apps.gateway.parts.IncidentStarter`."""

    def __init__(self, client: Client, *, task_queue: str, timeout_seconds: float) -> None:
        self._client = client
        self._task_queue = task_queue
        self._timeout = timedelta(seconds=timeout_seconds)

    async def commit(
        self, key: IncidentKey, title: Line, batch: AlertBatch, *, environment: str
    ) -> None:
        """Signal the open incident with the batch, or start one with it."""
        worst = min((notice.severity for notice in batch.notices), key=WORST_FIRST.index)
        opening = IncidentInput(
            key=key,
            title=title,
            severity=worst,
            environment=environment,
            opened_by=batch.notices[0],
        )
        with _answering():
            await self._client.start_workflow(
                WORKFLOW,
                opening,
                id=key.incident_id,
                task_queue=self._task_queue,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                start_signal=ALERTS_SIGNAL,
                start_signal_args=[batch],
                static_summary=_clip(title),
                memo={TITLE_MEMO: title},
                rpc_timeout=self._timeout,
            )

    async def resolve(self, key: IncidentKey, notice: AlertNotice) -> bool:
        """Signal the open incident, and start none."""
        handle = self._client.get_workflow_handle(key.incident_id)
        with _answering():
            try:
                await handle.signal(RESOLVED_SIGNAL, notice, rpc_timeout=self._timeout)
            except RPCError as error:
                if error.status is RPCStatusCode.NOT_FOUND:
                    return False
                raise
        return True

    async def announce(self, deployment: Deployment) -> int:
        """Signal the open incidents of the deployment's service."""
        query = (
            f"WorkflowType = '{WORKFLOW}' AND ExecutionStatus = 'Running' "
            f"AND {SERVICE_ATTRIBUTE} = '{deployment.service}'"
        )
        found = self._client.list_workflows(query, limit=MAX_ANNOUNCED, rpc_timeout=self._timeout)
        told = 0
        with _answering():
            async for execution in found:
                handle = self._client.get_workflow_handle(execution.id)
                try:
                    await handle.signal(DEPLOYMENT_SIGNAL, deployment, rpc_timeout=self._timeout)
                except RPCError as error:
                    # Visibility lags behind: an incident that has just closed needs no signal.
                    if error.status is not RPCStatusCode.NOT_FOUND:
                        raise
                else:
                    told += 1
        return told

    async def check(self) -> None:
        """Ask Temporal for a sign of life."""
        with _answering():
            healthy = await self._client.service_client.check_health(timeout=self._timeout)
        if not healthy:
            raise Unreachable("Temporal says that it does not serve.")


@contextlib.contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except RPCError as error:
        raise _translate(error) from error
    except RuntimeError as error:
        # A lazy client that cannot connect says so in this way.
        raise Unreachable("Temporal does not answer.") from error


def _translate(error: RPCError) -> SutureError:
    """The sentences go to senders, so they tell nothing of addresses and namespaces."""
    if error.status is RPCStatusCode.RESOURCE_EXHAUSTED:
        return RateLimited("Temporal asks for patience.")
    if error.status in PERMANENT:
        return PermanentError(f"Temporal refuses: {error.status.name}.")
    return Unreachable("Temporal does not answer.")


def _clip(title: str) -> str:
    return title.encode()[:MAX_SUMMARY_BYTES].decode(errors="ignore")
