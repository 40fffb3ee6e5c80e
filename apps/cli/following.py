"""Follows an incident until something is true of it, and tells somebody each news."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from temporalio.client import WorkflowFailureError, WorkflowQueryFailedError
from temporalio.service import RPCError

from apps.cli.incidents import QUERY_TIMEOUT, read_report
from suture.domain.report import IncidentReport
from suture.errors import PermanentError, Unreachable
from workers.handles import Handle
from workflows.incident import IncidentWorkflow

LOOK_SECONDS = 0.25


class Show(Protocol):
    """Whoever wants to see the report as it grows."""

    def update(self, report: IncidentReport) -> None:
        """See the report; it may be the same as before."""
        ...


async def follow(
    handle: Handle, show: Show, until: Callable[[IncidentReport], bool] | None = None
) -> IncidentReport:
    """Return the report once `until` holds, or at the incident's end.

    Raises:
        PermanentError: the incident's workflow failed.
        Unreachable: nobody can say how it ended.
    """
    end = asyncio.create_task(handle.result())
    try:
        while not end.done():
            report = await _look(handle)
            if report is not None:
                show.update(report)
                if until is not None and until(report):
                    return report
            await asyncio.wait({end}, timeout=LOOK_SECONDS)
        return await _finish(handle, end, show)
    finally:
        end.cancel()


async def _look(handle: Handle) -> IncidentReport | None:
    """Ask once; a worker that is busy or restarting is asked again later."""
    try:
        return await handle.query(IncidentWorkflow.show_report, rpc_timeout=QUERY_TIMEOUT)
    except (RPCError, WorkflowQueryFailedError):
        return None


async def _finish(handle: Handle, end: asyncio.Task[object], show: Show) -> IncidentReport:
    try:
        end.result()
    except WorkflowFailureError as error:
        raise PermanentError(f"The incident's workflow failed: {error.cause}") from error
    except RPCError as error:
        raise Unreachable("Temporal went away before the incident ended.") from error
    report = await read_report(handle)
    show.update(report)
    return report
