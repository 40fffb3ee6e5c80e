"""The story of one incident, from its first alert to its verified end."""

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any, NoReturn

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.opening import CaseActivities, ClosingRequest
    from activities.pull_requests import ClosingPullRequest, PullRequestActivities
    from suture.audit.events import LedgerEvent
    from suture.domain.alert import AlertBatch, AlertNotice
    from suture.domain.approval import Decision
    from suture.domain.incident import Goal, Stage, TimelineEntry
    from suture.domain.report import IncidentReport
    from suture.domain.resolution import Resolution, ResolutionKind
    from suture.domain.rollout import Deployment
    from suture.reporting.rendering import one_line
    from workflows.asking import Asking, Outcome
    from workflows.calls import cause_of, finish
    from workflows.endings import ended
    from workflows.merging import read_pull_request
    from workflows.messages import IncidentInput, PendingDecision, RepairProgress
    from workflows.reception import Reception
    from workflows.repairing import find_root_cause, open_case, repair_and_propose
    from workflows.state import IncidentState
    from workflows.telling import say, tell_everybody
    from workflows.watching import attend, watch_deployment
    from workflows.withdrawing import let_go

CLOSES_TICKET = {ResolutionKind.FIXED}
"""A ticket closes only on verified recovery; every other end leaves it to a human."""
NEEDS_ATTENTION = set(ResolutionKind) - {
    ResolutionKind.FIXED,
    ResolutionKind.PULL_REQUEST_READY,
    ResolutionKind.CANCELLED,
}


@workflow.defn(name="incident")
class IncidentWorkflow:
    """Detect, ticket, root cause, fix, test, human approval, deploy watch, close."""

    @workflow.init
    def __init__(self, start: IncidentInput) -> None:
        self._state = IncidentState.opened(start)
        self._reception = Reception(self._state, self._take_over)
        self._story: asyncio.Task[Resolution | None] | None = None
        self._ending: Resolution | None = None

    @workflow.run
    async def run(self, start: IncidentInput) -> Resolution:
        """Take the incident as far as its goal asks."""
        del start
        reception = asyncio.create_task(self._reception.run())
        try:
            resolution = await self._live() or await self._renew()
        except asyncio.CancelledError:
            resolution = await _shielded(self._cancelled())
        closed = await _shielded(self._close(resolution))
        reception.cancel()
        await workflow.wait_condition(workflow.all_handlers_finished)
        again = self._state.recurrence()
        if again is not None:
            workflow.continue_as_new(again)
        return closed

    @workflow.signal(name="alerts")
    def receive_alerts(self, batch: AlertBatch) -> None:
        """Count alerts of this incident. Idempotent by batch id."""
        self._state.receive(batch)

    @workflow.signal(name="resolved")
    async def receive_resolved(self, notice: AlertNotice) -> None:
        """Tell that the alert has ended at its source, which proves nothing. Idempotent by id."""
        state = self._state
        if not state.is_new(f"resolved/{notice.alert_id}"):
            return
        await workflow.wait_condition(lambda: state.case_opened or self._reception.sealed)
        if self._reception.sealed:
            return
        text = f"The alert has ended at its source, {notice.source}."
        state.chronicle.note(
            LedgerEvent.ALERT_RESOLVED,
            text,
            key=notice.alert_id,
            data={
                "source": notice.source,
                "alert_id": notice.alert_id,
                "event": notice.event,
            },
        )
        await say(state, f"resolved/{notice.alert_id}", text)

    @workflow.signal(name="decision")
    def receive_decision(self, decision: Decision) -> None:
        """Take a person's decision. Idempotent by decision id."""
        self._reception.take(decision)

    @workflow.signal(name="deployment")
    def receive_deployment(self, deployment: Deployment) -> None:
        """Look for the deployment now; what counts is what the deployments port has."""
        self._state.hints += 1
        del deployment

    @workflow.signal(name="look")
    def receive_hint(self) -> None:
        """Look now at the pull request or the ticket: somebody did something there."""
        self._state.hints += 1

    @workflow.signal(name="progress")
    def receive_progress(self, progress: RepairProgress) -> None:
        """Show what the repair is doing."""
        chronicle = self._state.chronicle
        if chronicle.report.summary.stage in {Stage.FIX, Stage.TEST}:
            chronicle.move_to(progress.stage, progress.summary)
            chronicle.tell(progress.event, progress.summary)

    @workflow.query(name="report")
    def show_report(self) -> IncidentReport:
        """Return everything there is to say."""
        return self._state.report

    @workflow.query(name="timeline")
    def show_timeline(self) -> tuple[TimelineEntry, ...]:
        """Return the story so far."""
        return self._state.report.timeline

    @workflow.query(name="decision")
    def show_decision(self, decision_id: str) -> PendingDecision:
        """Say what became of a decision."""
        return self._reception.answer_about(decision_id)

    async def _live(self) -> Resolution | None:
        """Run the story; a human who takes over ends it and is attended to."""
        self._story = asyncio.create_task(self._heal())
        try:
            resolution = await self._story
        except ActivityError as error:
            resolution = self._stuck(error)
        except asyncio.CancelledError:
            if not self._state.taken_over:
                raise
            resolution = await self._hand_over()
        if resolution is None or resolution.kind not in NEEDS_ATTENTION:
            return resolution
        return await self._attend(resolution)

    async def _heal(self) -> Resolution | None:
        """Tell the story from wherever it stands."""
        state = self._state
        if state.attending is not None:
            return state.attending
        if state.taken_over:
            return await self._hand_over()
        if state.start.carried is None:
            ending = await self._reach_pull_request()
            if ending is not None:
                return ending
        if state.start.goal is Goal.PULL_REQUEST:
            ready = f"Pull request {self._where()} is ready for review."
            return ended(state, ResolutionKind.PULL_REQUEST_READY, ready)
        if state.report.merge_sha is None:
            outcome = await self._ask_until_merged()
            if outcome is not Outcome.MERGED:
                return await self._unmerged(outcome)
        return await watch_deployment(state)

    async def _reach_pull_request(self) -> Resolution | None:
        state = self._state
        await finish(open_case(state))
        return await find_root_cause(state) or await repair_and_propose(state)

    async def _ask_until_merged(self) -> Outcome:
        """Ask, and repair again as often as the humans want changes and the budget allows."""
        state = self._state
        while True:
            asking = Asking(state, self._reception)
            outcome = await asking.ask()
            if outcome is Outcome.STUCK:
                await say(state, "stuck", f"The merge was refused: {one_line(asking.explanation)}")
            if outcome is Outcome.CI_FAILED:
                await self._repair_after_ci(asking.explanation)
                continue
            if outcome is not Outcome.CHANGES:
                return outcome
            self._forget_patch()
            ending = await repair_and_propose(state, state.comment)
            if ending is not None:
                self._ending = ending
                return Outcome.CHANGES

    async def _repair_after_ci(self, explanation: str) -> None:
        """Try another fix; without one the humans are asked about this one after all."""
        state, proven, head = self._state, self._state.report, self._state.ci_settled
        self._forget_patch()
        ending = await repair_and_propose(state, explanation)
        if ending is None or (await read_pull_request(state)).head_sha != head:
            # The branch has the other fix, whatever became of telling about it.
            return
        state.chronicle.tell("repair.without_fix", f"CI fails and {ending.summary}")
        state.chronicle.change(
            diagnosis=proven.diagnosis,
            reproduction=proven.reproduction,
            verification=proven.verification,
            mitigation=proven.mitigation,
        )

    def _forget_patch(self) -> None:
        state, verification = self._state, self._state.report.verification
        if verification is not None:
            state.rejected_patches.append(verification.patch.digest)
        self._state.answer = None
        self._reception.seen_target = None
        state.chronicle.change(target=None, consents=(), consent=None)

    async def _unmerged(self, outcome: Outcome) -> Resolution | None:
        state, comment = self._state, self._state.comment
        match outcome:
            case Outcome.RENEW:
                return None
            case Outcome.CHANGES:
                await self._drop_pull_request("No other fix was found for the requested changes.")
                return self._ending
            case Outcome.REJECTED:
                await self._drop_pull_request(f"Rejected. {comment}".strip())
                return ended(
                    state, ResolutionKind.REJECTED, "The fix was rejected.", explanation=comment
                )
            case Outcome.CLOSED:
                return ended(state, ResolutionKind.REJECTED, "A human closed the pull request.")
            case Outcome.ABANDONED:
                return ended(state, ResolutionKind.NEEDS_HUMAN, "Nobody decided about the fix.")
            case _:
                return ended(
                    state, ResolutionKind.NEEDS_HUMAN, "The code host refuses to merge the fix."
                )

    async def _delete_branch(self) -> None:
        """Tidy up after a merge; who keeps branches on purpose has protected them."""
        state, ref = self._state, self._state.report.pull_request
        if ref is None or state.report.merge_sha is None:
            return
        try:
            await state.calls.telling(PullRequestActivities.delete_branch, ref)
        except ActivityError as error:
            state.chronicle.tell("branch.stayed", cause_of(error)[1])

    async def _drop_pull_request(self, reason: str) -> None:
        """Close the pull request and delete its branch."""
        state, ref = self._state, self._state.report.pull_request
        if ref is None:
            return
        request = ClosingPullRequest(
            pull_request=ref, reason=reason[:500], key=f"closed/{state.report.case_id}"
        )
        try:
            await state.calls.vendor(PullRequestActivities.close_pull_request, request)
        except ActivityError as error:
            state.chronicle.tell("pull_request.stayed", cause_of(error)[1])
            return
        state.chronicle.note(
            LedgerEvent.PULL_REQUEST_CLOSED,
            f"Pull request #{ref.number} closed: {reason}",
            key=str(ref.number),
            data={"number": ref.number, "reason": reason[:500]},
        )

    def _take_over(self) -> None:
        """Stop the story where it stands: from here on a human decides."""
        self._state.taken_over = True
        if self._story is not None and not self._story.done():
            self._story.cancel()

    async def _hand_over(self) -> Resolution:
        state = self._state
        reason = "A human has taken over."
        await let_go(state, reason)
        state.chronicle.change(target=None)
        state.chronicle.note(LedgerEvent.INCIDENT_HANDED_OVER, reason, data={"reason": reason})
        return ended(state, ResolutionKind.TAKEN_OVER, reason)

    def _stuck(self, error: ActivityError) -> Resolution:
        """Say what could not be done: an incident never ends because a vendor refuses."""
        kind, message = cause_of(error)
        return ended(
            self._state,
            ResolutionKind.NEEDS_HUMAN,
            f"Suture cannot go on by itself: {kind}",
            explanation=message,
        )

    async def _attend(self, resolution: Resolution) -> Resolution | None:
        """Tell the humans, and stay with them."""
        state = self._state
        first = state.attending is None
        state.chronicle.change(resolution=resolution, target=None)
        if first:
            state.chronicle.move_to(Stage.HUMAN, f"A human must look: {resolution.summary}")
            state.chronicle.tell(f"resolution.{resolution.kind}", resolution.summary)
            await tell_everybody(state)
        if state.start.goal is Goal.PULL_REQUEST:
            return resolution
        return await attend(state, resolution)

    async def _cancelled(self) -> Resolution:
        """Undo what is not merged, and say so."""
        state = self._state
        await let_go(state, "The incident was cancelled")
        if state.report.merge_sha is None and not state.taken_over:
            await self._drop_pull_request("The incident was cancelled.")
        reason = "Cancelled by an operator."
        state.chronicle.note(LedgerEvent.INCIDENT_CANCELLED, reason, data={"reason": reason})
        return ended(state, ResolutionKind.CANCELLED, reason)

    async def _renew(self) -> NoReturn:
        """Go on with a fresh history; everything that counts is carried over."""
        state = self._state
        await self._reception.drain()
        await state.chronicle.record(state.calls)
        await workflow.wait_condition(workflow.all_handlers_finished)
        workflow.continue_as_new(state.start.model_copy(update={"carried": state.carried()}))

    async def _close(self, resolution: Resolution) -> Resolution:
        """Say how it ended, everywhere, and remember it."""
        state, chronicle = self._state, self._state.chronicle
        self._reception.closing = state.closing = True
        await self._reception.drain()
        closes = resolution.kind in CLOSES_TICKET or resolution.ticket_closed
        resolution = resolution.model_copy(update={"ticket_closed": closes})
        summary = state.report.summary.model_copy(
            update={"closed_at": workflow.now(), "resolution": resolution.kind}
        )
        chronicle.change(resolution=resolution, summary=summary, target=None)
        chronicle.move_to(Stage.CLOSED)
        chronicle.tell(f"resolution.{resolution.kind}", resolution.summary)
        await tell_everybody(state)
        await self._delete_branch()
        await self._remember(resolution)
        await self._reception.drain()
        self._reception.sealed = True
        self._note_end(resolution)
        await chronicle.record(state.calls)
        return resolution

    def _note_end(self, resolution: Resolution) -> None:
        """Write the last lines of the record: nothing may come after them."""
        ticket, chronicle = self._state.report.ticket, self._state.chronicle
        if resolution.ticket_closed and ticket is not None:
            by = "suture" if resolution.kind in CLOSES_TICKET else "human"
            chronicle.note(
                LedgerEvent.TICKET_CLOSED,
                f"Ticket {ticket.ticket_id} closed",
                data={"ticket_id": ticket.ticket_id, "by": by},
            )
        chronicle.note(
            LedgerEvent.INCIDENT_CLOSED,
            f"Closed: {resolution.kind}. {resolution.summary}",
            data={
                "kind": resolution.kind,
                "summary": resolution.summary,
                "ticket_closed": resolution.ticket_closed,
                "merge_sha": resolution.merge_sha,
                "usage": resolution.usage.model_dump(mode="json"),
            },
        )

    async def _remember(self, resolution: Resolution) -> None:
        state = self._state
        request = ClosingRequest(
            key=state.start.key,
            run_id=state.report.summary.run_id,
            at=workflow.now(),
            resolution=resolution,
            summary=resolution.summary,
        )
        await state.calls.vendor(CaseActivities.remember_incident, request)

    def _where(self) -> str:
        ref = self._state.report.pull_request
        return f"#{ref.number} on branch {ref.branch}" if ref else ""


async def _shielded(step: Coroutine[Any, Any, Resolution]) -> Resolution:
    """Run the end of the story, which a cancellation comes too late to stop."""
    task = asyncio.create_task(step)
    while not task.done():
        with contextlib.suppress(asyncio.CancelledError):
            await workflow.wait([task])
    return task.result()
