"""Incidents as Temporal knows them: listed, found by the start of their name, read."""

import asyncio
import contextlib
import re
from collections.abc import Iterator
from datetime import timedelta

from temporalio.client import (
    Client,
    WorkflowExecution,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowQueryFailedError,
)
from temporalio.service import RPCError, RPCStatusCode

from suture.domain.report import IncidentReport
from suture.domain.value import Instant, Value
from suture.errors import InvalidInput, NotFound, SettingsError, Unreachable
from workers.handles import Handle, incident_handle
from workflows.chronicle import RESOLUTION, SERVICE, SEVERITY, STAGE
from workflows.incident import IncidentWorkflow
from workflows.messages import TITLE_MEMO

NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,199}")
CASE = re.compile(r"(?P<incident>incident-v\d+-.+-[0-9a-f]{16})-(?P<occurrence>[1-9]\d{0,8})")
PREFIX = "incident-v"
INCIDENTS = (
    "WorkflowType = 'incident'"
    " AND (ExecutionStatus != 'ContinuedAsNew' OR SutureResolution IS NOT NULL)"
)
"""A run that only went on in a new one is no incident of its own; one that a recurrence follows,
because alerts came while it was closing, is."""
MAX_LISTED = 200
MAX_NAMED = 5
QUERY_TIMEOUT = timedelta(seconds=10)
PATIENCE_SECONDS = 5.0
"""How long an incident that refuses to answer is asked again."""
LOOK_SECONDS = 0.1


class IncidentRow(Value):
    """One line of the list."""

    incident_id: str
    run_id: str
    service: str
    title: str
    severity: str
    stage: str
    open: bool
    opened_at: Instant
    closed_at: Instant | None = None
    resolution: str | None = None


async def list_incidents(
    client: Client, *, service: str | None = None, only_open: bool = False
) -> tuple[IncidentRow, ...]:
    """Return incidents, newest first.

    Raises:
        InvalidInput: no service can have this name.
    """
    query = INCIDENTS
    if service is not None:
        query += f" AND SutureService = '{checked(service)}'"
    if only_open:
        query += " AND ExecutionStatus = 'Running'"
    found = await _executions(client, query)
    return tuple(await asyncio.gather(*(_row(client, one) for one in found)))


async def find_incident(client: Client, name: str) -> Handle:
    """Return the newest run of the incident that this name, or the start of it, means.

    Raises:
        InvalidInput: the name means more than one incident, or none at all could have it.
        NotFound: there is none.
    """
    wanted = incident_of(checked(name))
    start = wanted if wanted.startswith(PREFIX) else PREFIX
    query = f"{INCIDENTS} AND WorkflowId STARTS_WITH '{start}'"
    found = [one for one in await _executions(client, query) if _means(one.id, wanted)]
    names = sorted({one.id for one in found})
    if not names:
        raise NotFound(f"There is no incident {name}. See: suture incidents list")
    if wanted not in names and len(names) > 1:
        shown = ", ".join(names[:MAX_NAMED])
        raise InvalidInput(f"{name} means {len(names)} incidents: {shown}. Give more of the name.")
    chosen = wanted if wanted in names else names[0]
    newest = max((one for one in found if one.id == chosen), key=lambda one: one.start_time)
    return incident_handle(client, chosen, newest.run_id)


async def read_report(handle: Handle) -> IncidentReport:
    """Ask the incident for everything there is to say.

    Raises:
        NotFound: there is no such incident.
        Unreachable: no worker answers.
    """
    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while True:
        try:
            return await handle.query(IncidentWorkflow.show_report, rpc_timeout=QUERY_TIMEOUT)
        except RPCError as error:
            raise _unanswered(handle, error) from error
        except WorkflowQueryFailedError as error:
            # A worker that is just about to let the incident go on refuses to answer.
            if asyncio.get_running_loop().time() > deadline:
                why = str(error).removesuffix(".")
                raise Unreachable(f"{handle.id} cannot be read just now: {why}.") from error
        await asyncio.sleep(LOOK_SECONDS)


def incident_of(name: str) -> str:
    """Return the incident's name without the number of its occurrence."""
    found = CASE.fullmatch(name)
    return found["incident"] if found else name


def checked(name: str) -> str:
    """Return a name that is safe in a query.

    Raises:
        InvalidInput: it is not.
    """
    if not NAME.fullmatch(name):
        raise InvalidInput(f"{name[:80]!r} is no name: use letters, digits, `-`, `_` and `.`.")
    return name


@contextlib.contextmanager
def answering() -> Iterator[None]:
    """Say in our own words that Temporal does not answer."""
    try:
        yield
    except RPCError as error:
        if error.status is RPCStatusCode.INVALID_ARGUMENT:
            raise SettingsError(f"Temporal does not know our search: {error.message}") from error
        raise Unreachable(f"Temporal does not answer: {error.message[:300]}") from error


def _unanswered(handle: Handle, error: RPCError) -> NotFound | Unreachable:
    if error.status is RPCStatusCode.NOT_FOUND:
        return NotFound(f"There is no incident {handle.id}.")
    return Unreachable(f"No worker answers for {handle.id}. Start one: suture worker")


def _means(incident_id: str, wanted: str) -> bool:
    """Whether a name begins like this, with or without what all names begin with."""
    _, _, short = incident_id.removeprefix(PREFIX).partition("-")
    return incident_id.startswith(wanted) or short.startswith(wanted)


async def _executions(client: Client, query: str) -> list[WorkflowExecution]:
    with answering():
        return [one async for one in client.list_workflows(query, limit=MAX_LISTED)]


async def _row(client: Client, execution: WorkflowExecution) -> IncidentRow:
    known = execution.typed_search_attributes
    handle = incident_handle(client, execution.id, execution.run_id)
    is_open = execution.status is WorkflowExecutionStatus.RUNNING
    with answering():
        title = await execution.memo_value(TITLE_MEMO, "", type_hint=str)
        ending = known.get(RESOLUTION) or (None if is_open else await _resolution(handle))
    return IncidentRow(
        incident_id=execution.id,
        run_id=execution.run_id,
        service=known.get(SERVICE) or "",
        title=title,
        severity=known.get(SEVERITY) or "",
        stage=known.get(STAGE) or "",
        open=is_open,
        opened_at=execution.start_time,
        closed_at=execution.close_time,
        resolution=None if is_open else ending,
    )


async def _resolution(handle: Handle) -> str:
    try:
        return (await handle.result()).kind
    except WorkflowFailureError as error:
        return f"failed: {error.cause}"[:200]
