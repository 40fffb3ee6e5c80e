"""Reminders and escalations, while nobody answers."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from suture.audit.events import LedgerEvent
    from suture.ports.chat import Urgency
    from workflows.state import IncidentState
    from workflows.telling import say


async def remind(state: IncidentState) -> None:
    """Say that it still waits, if the time for that has come."""
    policy, asked_at = state.policy.approval, state.asked_at
    if asked_at is None:
        return
    waited = (workflow.now() - asked_at).total_seconds()
    if waited >= policy.escalation_seconds and not state.escalated:
        state.escalated = True
        await _tell(state, LedgerEvent.APPROVAL_ESCALATED, waited, Urgency.ESCALATION)
    elif waited >= policy.reminder_seconds and not state.reminded:
        state.reminded = True
        await _tell(state, LedgerEvent.APPROVAL_REMINDED, waited, Urgency.ACTION)


async def _tell(state: IncidentState, event: LedgerEvent, waited: float, urgency: Urgency) -> None:
    target = state.report.target
    if target is None or state.asked_at is None:
        return
    key = f"{target.head_sha}/{state.asked_at.isoformat()}"
    text = f"Still waiting for an approval after {waited / 60:.0f} minutes."
    state.chronicle.note(
        event,
        text,
        key=key,
        data={
            "head_sha": target.head_sha,
            "patch_digest": target.patch_digest,
            "waited_seconds": round(waited),
        },
    )
    await say(state, f"{event}/{key}", text, urgency)
    await state.chronicle.record(state.calls)
