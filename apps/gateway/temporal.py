"""Hands alerts and deployments to the incident workflows, by signal-with-start.

https://docs.temporal.io/sending-messages#signal-with-start
"""

import contextlib
import re
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
LOOK_SIGNAL = "look"
SERVICE_ATTRIBUTE = "SutureService"
TICKET_ATTRIBUTE = "SutureTicket"
TICKET_ID = re.compile(r"[A-Za-z0-9_./#:-]{1,200}")
"""What is safe in a query, and enough for every tracker's ids."""
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
        with _answering():
            return bool(await self._tell(key.incident_id, RESOLVED_SIGNAL, notice))

    async def announce(self, deployment: Deployment) -> int:
        """Signal the open incidents of the deployment's service."""
        return await self._tell_all(
            SERVICE_ATTRIBUTE, deployment.service, DEPLOYMENT_SIGNAL, deployment
        )

    async def nudge(self, incident_id: str) -> int:
        """Signal the open incident, and start none."""
        with _answering():
            return await self._tell(incident_id, LOOK_SIGNAL)

    async def nudge_ticket(self, ticket_id: str) -> int:
        """Signal the open incidents whose ticket it is."""
        if not TICKET_ID.fullmatch(ticket_id):
            return 0
        return await self._tell_all(TICKET_ATTRIBUTE, ticket_id, LOOK_SIGNAL)

    async def _tell_all(self, attribute: str, value: str, signal: str, *told: Deployment) -> int:
        query = (
            f"WorkflowType = '{WORKFLOW}' AND ExecutionStatus = 'Running' "
            f"AND {attribute} = '{value}'"
        )
        found = self._client.list_workflows(query, limit=MAX_ANNOUNCED, rpc_timeout=self._timeout)
        with _answering():
            # Visibility lags behind: an incident that has just closed needs no signal.
            return sum([await self._tell(one.id, signal, *told) async for one in found])

    async def _tell(self, incident_id: str, signal: str, *told: AlertNotice | Deployment) -> int:
        handle = self._client.get_workflow_handle(incident_id)
        try:
            await handle.signal(signal, args=told, rpc_timeout=self._timeout)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return 0
        return 1

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
