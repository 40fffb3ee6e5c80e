"""Incidents as the console lists and finds them."""

import asyncio
import contextlib
from collections.abc import Iterator
from datetime import timedelta

from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus

from apps.cli.incidents import (
    CASE,
    INCIDENTS,
    PREFIX,
    answering,
    checked,
    incident_of,
    read_report,
)
from suture.domain.report import IncidentReport
from suture.domain.value import Instant, Value
from suture.errors import InvalidInput, NotFound, Unreachable
from workers.handles import Handle, incident_handle
from workflows.chronicle import RESOLUTION, SERVICE, SEVERITY, STAGE
from workflows.messages import TITLE_MEMO

PAGE_SIZE = 25
MAX_RUNS = 20
"""Recurrences that are looked through for the one that a case names."""
LIST_TIMEOUT = timedelta(seconds=5)
OPEN = f"{INCIDENTS} AND ExecutionStatus = 'Running'"
CLOSED = f"{INCIDENTS} AND ExecutionStatus != 'Running'"


class Row(Value):
    """One line of the list."""

    incident_id: str
    title: str
    service: str
    severity: str
    stage: str
    opened_at: Instant
    closed_at: Instant | None
    ending: str
    """How it ended; empty while it is open."""


class RowPage(Value):
    """Some incidents, newest first."""

    rows: tuple[Row, ...]
    older: bytes | None
    """Temporal's token of the next page; None when this is the last."""


async def list_page(client: Client, query: str, token: bytes | None) -> RowPage:
    """Return one page of the incidents that match.

    Raises:
        Unreachable: Temporal does not answer.
    """
    found = client.list_workflows(
        query, page_size=PAGE_SIZE, next_page_token=token, rpc_timeout=LIST_TIMEOUT
    )
    with _reaching():
        await found.fetch_next_page()
        rows = await asyncio.gather(*(_row(client, one) for one in found.current_page or ()))
    return RowPage(rows=tuple(rows), older=found.next_page_token)


async def read_incident(client: Client, name: str) -> tuple[Handle, IncidentReport]:
    """Return the newest run of an incident, or the run that a case's name means.

    Raises:
        NotFound: there is none.
        Unreachable: Temporal or the workers do not answer.
    """
    try:
        wanted = incident_of(checked(name))
    except InvalidInput as error:
        raise NotFound("There is no such incident.") from error
    if not wanted.startswith(PREFIX):
        raise NotFound(f"There is no incident {wanted}.")
    handle = incident_handle(client, wanted)
    with _reaching():
        report = await read_report(handle)
    case = CASE.fullmatch(name)
    if case is None or int(case["occurrence"]) == report.occurrence:
        return handle, report
    return await _earlier(client, wanted, name)


@contextlib.contextmanager
def _reaching() -> Iterator[None]:
    with answering():
        try:
            yield
        except RuntimeError as error:
            # What a client says whose first connection fails; later ones fail as RPCs do.
            raise Unreachable("Temporal does not answer.") from error


async def _earlier(client: Client, incident_id: str, name: str) -> tuple[Handle, IncidentReport]:
    query = f"{INCIDENTS} AND WorkflowId = '{incident_id}'"
    with _reaching():
        runs = [one async for one in client.list_workflows(query, limit=MAX_RUNS)]
    for run in runs:
        handle = incident_handle(client, incident_id, run.run_id)
        report = await read_report(handle)
        if report.case_id == name:
            return handle, report
    raise NotFound(f"There is no incident {name}.")


async def _row(client: Client, execution: WorkflowExecution) -> Row:
    known = execution.typed_search_attributes
    title = await execution.memo_value(TITLE_MEMO, "", type_hint=str)
    is_open = execution.status is WorkflowExecutionStatus.RUNNING
    return Row(
        incident_id=execution.id,
        title=title or execution.id,
        service=known.get(SERVICE) or "",
        severity=known.get(SEVERITY) or "",
        stage=known.get(STAGE) or "",
        opened_at=execution.start_time,
        closed_at=execution.close_time,
        ending="" if is_open else known.get(RESOLUTION) or await _ending(client, execution),
    )


async def _ending(client: Client, execution: WorkflowExecution) -> str:
    """Return how a closed run ended: its resolution, or what Temporal says of it."""
    if execution.status is not WorkflowExecutionStatus.COMPLETED:
        return execution.status.name.lower() if execution.status is not None else ""
    handle = incident_handle(client, execution.id, execution.run_id)
    return (await handle.result(rpc_timeout=LIST_TIMEOUT)).kind
