"""Telling humans: the ticket and the one message of the incident always say where it stands."""

import asyncio

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.looking import CODE_HOSTS
    from activities.pull_requests import PullRequestActivities, PullRequestComment
    from activities.telling import Notice, TellingActivities, TicketComment
    from suture.audit.events import LedgerEvent
    from suture.domain.approval import Decision
    from suture.ports.chat import Urgency
    from workflows.calls import cause_of
    from workflows.state import IncidentState

MAX_NOTICE = 500
MAX_COMMENT = 8_000


async def tell_everybody(state: IncidentState) -> None:
    """Bring ticket and message up to date, opening what is not open yet.

    A tracker or chat that refuses for good does not stop an incident: the story says so, and
    the next telling tries again.
    """
    await asyncio.gather(_tell_ticket(state), _tell_thread(state))
    await state.chronicle.record(state.calls)


async def say(state: IncidentState, key: str, text: str, urgency: Urgency = Urgency.INFO) -> None:
    """Say one thing in the incident's thread and on its ticket. Idempotency key: `key`."""
    thread, ticket = state.report.thread, state.report.ticket
    try:
        if thread is not None or urgency is Urgency.ESCALATION:
            notice = Notice(
                thread=thread,
                case_id=state.report.case_id,
                key=key,
                text=text[:MAX_NOTICE],
                urgency=urgency,
                severity=state.report.summary.severity,
            )
            await state.calls.telling(TellingActivities.notify, notice)
    except ActivityError as error:
        _note_refusal(state, "message", error)
    try:
        if ticket is not None:
            comment = TicketComment(ticket=ticket, key=key, text=text[:MAX_COMMENT])
            await state.calls.telling(TellingActivities.comment_ticket, comment)
    except ActivityError as error:
        _note_refusal(state, "ticket", error)


async def answer_on_host(state: IncidentState, decision: Decision, reason: str) -> None:
    """Say to whoever decided on the pull request why that does not count."""
    ref = state.report.pull_request
    if ref is None or decision.actor.via not in CODE_HOSTS:
        return
    text = f"This does not count as a decision: {reason}"
    comment = PullRequestComment(pull_request=ref, key=decision.decision_id, text=text)
    try:
        await state.calls.telling(PullRequestActivities.comment_pull_request, comment)
    except ActivityError as error:
        _note_refusal(state, "comment", error)


async def _tell_ticket(state: IncidentState) -> None:
    chronicle = state.chronicle
    try:
        if state.report.ticket is not None:
            await state.calls.telling(TellingActivities.update_ticket, state.report)
            return
        ticket = await state.calls.telling(TellingActivities.open_ticket, state.report)
    except ActivityError as error:
        _note_refusal(state, "ticket", error)
        return
    chronicle.change(ticket=ticket)
    chronicle.note(
        LedgerEvent.TICKET_OPENED,
        f"Ticket {ticket.ticket_id} opened",
        data={"ticket_id": ticket.ticket_id, "url": ticket.url},
    )


async def _tell_thread(state: IncidentState) -> None:
    chronicle = state.chronicle
    try:
        if state.report.thread is not None:
            await state.calls.telling(TellingActivities.update_thread, state.report)
            return
        thread = await state.calls.telling(TellingActivities.open_thread, state.report)
    except ActivityError as error:
        _note_refusal(state, "thread", error)
        return
    chronicle.change(thread=thread)
    chronicle.note(
        LedgerEvent.THREAD_OPENED,
        "The on-call engineer was told",
        data={"thread_id": thread.thread_id, "url": thread.url},
    )


def _note_refusal(state: IncidentState, what: str, error: ActivityError) -> None:
    kind, message = cause_of(error)
    state.chronicle.tell(f"{what}.failed", f"The {what} could not be updated: {kind}: {message}")
