"""Taking back what was asked and consented to, also from wherever a host would still merge it."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.pull_requests import PullRequestActivities
    from suture.audit.events import LedgerEvent
    from workflows.calls import cause_of
    from workflows.merging import note_merge, read_pull_request
    from workflows.messages import Answer
    from workflows.state import IncidentState

MAX_REASON = 400


async def take_back(state: IncidentState, why: str) -> bool:
    """Withdraw consent; tell whether the host had merged what was approved before that.

    The next step is not taken before the host has let go of it: else it would merge what nobody
    consents to any more.
    """
    if state.queued and await _leave_queue(state):
        return True
    withdraw(state, why)
    return False


async def let_go(state: IncidentState, why: str) -> None:
    """Withdraw consent where nobody waits for long: a human goes on, and is told what may come."""
    if state.report.merge_sha is not None:
        return
    if state.queued:
        try:
            if await _leave_queue(state, state.policy.timing.telling_seconds):
                return
        except ActivityError as error:
            state.chronicle.tell(
                "merge.unclear",
                f"The code host may still merge what is queued: {cause_of(error)[1]}",
            )
    withdraw(state, why)


def withdraw(state: IncidentState, why: str) -> None:
    """Take back what was asked and consented to. A "no" stands, whatever it was said to."""
    why = why.rstrip(".")[:MAX_REASON]
    if state.answer is Answer.APPROVED:
        state.answer = None
    for consent in state.report.consents:
        state.chronicle.note(
            LedgerEvent.CONSENT_STALED,
            f"{why}: the approval of {consent.actor.id} no longer counts",
            key=consent.decision_id,
            data={
                "decision_id": consent.decision_id,
                "reason": why,
                "head_sha": consent.target.head_sha,
                "patch_digest": consent.target.patch_digest,
            },
        )
    state.chronicle.change(consents=(), consent=None, target=None)


async def _leave_queue(state: IncidentState, within_seconds: float | None = None) -> bool:
    """Take it out of the host's queue, and see whether its turn had come before."""
    ref = state.report.pull_request
    if ref is None:
        return False
    await state.calls.vendor(
        PullRequestActivities.withdraw_merge, ref, within_seconds=within_seconds
    )
    state.queued = False
    return note_merge(state, await read_pull_request(state, within_seconds))
