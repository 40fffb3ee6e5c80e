"""Temporal's histories of an incident: fetched while Temporal has them, and replayed."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import JsonValue
from temporalio.client import Client, WorkflowExecution, WorkflowHistory
from temporalio.converter import DataConverter
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Replayer

from apps.cli.incidents import answering, checked, incident_of
from suture.audit.events import LedgerEvent
from suture.domain.ledger import LedgerEntry
from suture.domain.value import Instant
from suture.errors import InvalidInput, SettingsError
from workers.encryption import decrypt_in_place
from workers.worker import WORKFLOWS

Run = tuple[str, str]
"""A workflow's id and run id."""


@dataclass(frozen=True, kw_only=True)
class Span:
    """From when to when an occurrence of an incident went."""

    first: Instant
    last: Instant | None = None
    """None while it is open."""

    def meets(self, execution: WorkflowExecution) -> bool:
        """Whether a run was under way in this time."""
        ended = execution.close_time
        late = self.last is not None and execution.start_time > self.last
        return not late and (ended is None or ended >= self.first)


@dataclass(frozen=True, kw_only=True)
class Histories:
    """What Temporal still has."""

    content: bytes | None = None
    """JSON; None where there is nothing."""
    missing: str = ""
    """A sentence on what is not there; empty where nothing is missing."""


def span_of(entries: Sequence[LedgerEntry]) -> Span:
    """Return the time that an occurrence's record covers."""
    closed = entries[-1].draft.event == LedgerEvent.INCIDENT_CLOSED
    return Span(first=entries[0].draft.at, last=entries[-1].draft.at if closed else None)


async def fetch_histories(client: Client, name: str, span: Span | None = None) -> Histories:
    """Return the histories of an incident's workflows, children included.

    With a span, only those of this occurrence. Temporal deletes what is over when its retention
    time is: what the histories refer to and is gone is told. Encrypted histories are decrypted, as
    the rest of a record is in clear; what cannot be decrypted stays encrypted, and is told.

    Raises:
        Unreachable: Temporal does not answer.
    """
    incident = incident_of(checked(name))
    query = f"WorkflowId STARTS_WITH '{incident}'"
    found: dict[Run, JsonValue] = {}
    gone: set[Run] = set()
    sealed: list[str] = []
    with answering():
        listed = [one async for one in client.list_workflows(query)]
        wanted = [(one.id, one.run_id) for one in listed if span is None or span.meets(one)]
        while wanted:
            run = wanted.pop()
            if run in found or run in gone:
                continue
            history = await _fetch(client, run)
            if history is None:
                gone.add(run)
            else:
                sealed += await _decrypt(client, history)
                found[run] = json.loads(history.to_json())
                wanted += _relatives(run, history)
    if not found:
        return Histories(missing=f"Temporal has no history of {name} any more.")
    content = {"workflows": {f"{one}/{run}": found[one, run] for one, run in found}}
    told = []
    if gone:
        told.append(f"Temporal no longer has {len(gone)} of {len(found) + len(gone)} histories.")
    if sealed:
        told.append(f"{len(sealed)} of {len(found)} histories stay encrypted. {sealed[0]}")
    return Histories(content=json.dumps(content, sort_keys=True).encode(), missing=" ".join(told))


async def replay_histories(content: bytes, converter: DataConverter) -> dict[str, str]:
    """Run histories against the code that is installed; return what failed, by workflow.

    Raises:
        InvalidInput: this is no export of histories.
    """
    replayer = Replayer(workflows=WORKFLOWS, data_converter=converter)
    failures: dict[str, str] = {}
    for name, history in _histories(content):
        result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
        failures[name] = str(result.replay_failure)[:500] if result.replay_failure else ""
    return failures


async def _fetch(client: Client, run: Run) -> WorkflowHistory | None:
    try:
        return await client.get_workflow_handle(run[0], run_id=run[1]).fetch_history()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise


async def _decrypt(client: Client, history: WorkflowHistory) -> list[str]:
    """Decrypt a history; return why it cannot be done, if it cannot."""
    codec = client.data_converter.payload_codec
    try:
        if codec is not None:
            await decrypt_in_place(history.events, codec)
    except (SettingsError, InvalidInput) as error:
        return [str(error)]
    return []


def _relatives(run: Run, history: WorkflowHistory) -> Iterator[Run]:
    """Yield the run that this one goes on from, and its children."""
    for event in history.events:
        before = event.workflow_execution_started_event_attributes.continued_execution_run_id
        if before:
            yield run[0], before
        child = event.child_workflow_execution_started_event_attributes.workflow_execution
        if child.run_id:
            yield child.workflow_id, child.run_id


def _histories(content: bytes) -> Iterator[tuple[str, WorkflowHistory]]:
    try:
        workflows = json.loads(content)["workflows"]
        for name, history in workflows.items():
            yield name, WorkflowHistory.from_json(name.partition("/")[0], history)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput("The histories cannot be read.") from error
