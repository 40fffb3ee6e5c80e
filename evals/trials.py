"""What was tried in the sandbox, read from the histories of an incident and of its repairs."""

from collections.abc import AsyncIterator

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client

from evals.outcome import Trial
from suture.domain.verification import TrialReport
from workers.handles import Handle

TRYING = "try_candidates"
MAX_TRIALS = 40
MAX_SAID = 1_000


async def read_trials(client: Client, handle: Handle) -> tuple[Trial, ...]:
    """Return what each trial of candidates came to, in order, at most 40 of them."""
    names = await _repairs(handle)
    trials = [_told(report) for name in names async for report in _reports(client, name)]
    return tuple(trials[:MAX_TRIALS])


async def _repairs(handle: Handle) -> list[str]:
    return [
        event.child_workflow_execution_started_event_attributes.workflow_execution.workflow_id
        async for event in handle.fetch_history_events()
        if event.event_type == EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED
    ]


async def _reports(client: Client, workflow_id: str) -> AsyncIterator[TrialReport]:
    scheduled: set[int] = set()
    child = client.get_workflow_handle(workflow_id)
    async for event in child.fetch_history_events():
        if _schedules_trial(event):
            scheduled.add(event.event_id)
        done = event.activity_task_completed_event_attributes
        if done.scheduled_event_id in scheduled:
            found = await client.data_converter.decode(done.result.payloads, [TrialReport])
            yield found[0]


def _schedules_trial(event: HistoryEvent) -> bool:
    return event.activity_task_scheduled_event_attributes.activity_type.name == TRYING


def _told(report: TrialReport) -> Trial:
    best = report.verification
    said = f"{best.reason}: {best.explanation}" if best is not None else ""
    return Trial(
        tried=report.tried,
        green=tuple(f"{each.patch.title} ({each.patch.origin})" for each in report.green),
        said=said[:MAX_SAID],
        notes=report.notes,
    )
