"""The incident's report as it grows, with the ledger entries that are still to be written."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from pydantic import JsonValue
from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributeUpdate

with workflow.unsafe.imports_passed_through():
    from activities.recording import MAX_DRAFTS, RecordingActivities, RecordRequest
    from suture.audit.events import LedgerEvent
    from suture.domain.incident import Stage, TimelineEntry
    from suture.domain.ledger import LedgerDraft
    from suture.domain.report import IncidentReport
    from workflows.calls import Calls
    from workflows.insisting import insist

SERVICE = SearchAttributeKey.for_keyword("SutureService")
STAGE = SearchAttributeKey.for_keyword("SutureStage")
SEVERITY = SearchAttributeKey.for_keyword("SutureSeverity")
RESOLUTION = SearchAttributeKey.for_keyword("SutureResolution")
TICKET = SearchAttributeKey.for_keyword("SutureTicket")
SEARCH_ATTRIBUTES = (SERVICE, STAGE, SEVERITY, RESOLUTION, TICKET)

MAX_TIMELINE = 120
KEPT_FIRST = 20
MAX_SUMMARY = 500

S = TypeVar("S")
P = TypeVar("P")
R = TypeVar("R")


class Chronicle:
    """Holds the report. Every change that matters is told, and recorded once."""

    def __init__(self, report: IncidentReport) -> None:
        self.report = report
        self._drafts: list[LedgerDraft] = []
        # The story and the reception both record: one after the other keeps the order.
        self._writing = asyncio.Lock()

    def change(self, **changes: object) -> None:
        """Replace fields of the report."""
        self.report = self.report.model_copy(update=changes)

    def move_to(self, stage: Stage, waiting_for: str = "") -> None:
        """Enter a stage, where Temporal's own UI shows it."""
        summary = self.report.summary.model_copy(update={"stage": stage})
        self.change(summary=summary, waiting_for=waiting_for[:MAX_SUMMARY])
        ended = summary.resolution
        attributes: list[SearchAttributeUpdate[str]] = [
            SERVICE.value_set(summary.service),
            STAGE.value_set(stage.value),
            SEVERITY.value_set(summary.severity.value),
            # A recurrence may have taken over what the incident before it ended as.
            RESOLUTION.value_set(ended) if ended is not None else RESOLUTION.value_unset(),
        ]
        if self.report.ticket is not None:
            attributes.append(TICKET.value_set(self.report.ticket.ticket_id))
        workflow.upsert_search_attributes(attributes)
        workflow.set_current_details(self._details())

    def note(
        self,
        event: LedgerEvent,
        summary: str,
        *,
        key: str = "",
        actor: str = "suture",
        data: dict[str, JsonValue] | None = None,
    ) -> None:
        """Add a line to the story and an entry to the ledger. Idempotency key: event and key."""
        now = workflow.now()
        self.tell(event, summary)
        self._drafts.append(
            LedgerDraft(
                incident_id=self.report.case_id,
                key=f"{event}/{key}" if key else event,
                event=event,
                actor=actor,
                at=now,
                data=data or {},
            )
        )

    def tell(self, event: str, summary: str) -> None:
        """Add a line to the story that is no decision and needs no record."""
        stage = self.report.summary.stage
        entry = TimelineEntry(
            at=workflow.now(), stage=stage, event=event, summary=summary[:MAX_SUMMARY]
        )
        timeline = (*self.report.timeline, entry)
        if len(timeline) > MAX_TIMELINE:
            timeline = timeline[:KEPT_FIRST] + timeline[KEPT_FIRST + 1 :]
        self.change(timeline=timeline)
        workflow.set_current_details(self._details())

    async def record(self, calls: Calls) -> None:
        """Write what is noted into the ledger, in order, before anything else happens.

        Without its record an incident does not go on: it waits until the ledger takes it.
        """
        async with self._writing:
            while self._drafts:
                drafts = RecordRequest(drafts=tuple(self._drafts[:MAX_DRAFTS]))
                await self.insist(calls, RecordingActivities.record, drafts)
                # Not before: a cancelled write is done again, and its keys make it one entry.
                del self._drafts[: len(drafts.drafts)]

    async def insist(self, calls: Calls, step: Callable[[S, P], R], request: P) -> R:
        """Take a step that must succeed, and show meanwhile what an operator must mend."""
        waiting_for, shown = self.report.waiting_for, ""

        def show(reason: str) -> None:
            nonlocal shown
            text = f"Suture cannot go on until an operator mends this: {reason}"
            shown = text[:MAX_SUMMARY]
            self.change(waiting_for=shown)
            self.tell("operator.needed", text)

        result = await insist(calls, step, request, show)
        # The story may wait for something else by now, and has said so.
        if shown and self.report.waiting_for == shown:
            self.change(waiting_for=waiting_for)
            workflow.set_current_details(self._details())
        return result

    def _details(self) -> str:
        report = self.report
        head = f"**{report.summary.title}**\n\nStage: `{report.summary.stage}`"
        if report.waiting_for:
            head += f". {report.waiting_for}"
        lines = [f"- {entry.at:%H:%M:%S} {entry.summary}" for entry in report.timeline[-12:]]
        return "\n".join([head, "", *lines])
