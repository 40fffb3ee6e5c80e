"""Asking a human: consent to exactly one head and diff, reminders, expiry, and the merge.

Silence is neither consent nor denial. A push, an expiry or a new diff makes consent stale, and
Suture asks again.
"""

import asyncio
import contextlib
from datetime import timedelta
from enum import StrEnum

from temporalio import workflow
from temporalio.exceptions import ActivityError, RetryState

with workflow.unsafe.imports_passed_through():
    from activities.looking import Look, LookingActivities, LookRequest
    from activities.pull_requests import PullRequestActivities
    from suture.audit.events import LedgerEvent
    from suture.domain.approval import ConsentTarget
    from suture.domain.incident import Stage
    from suture.domain.pull_request import PullRequest, PullRequestRef, PullRequestState
    from suture.policy.model import MergedBy
    from suture.ports.chat import Urgency
    from suture.reporting.rendering import one_line
    from workflows.calls import cause_of
    from workflows.ci import CiVerdict, feedback_of, weigh
    from workflows.heads import verify_head
    from workflows.merging import (
        Merging,
        ensure_merge_reading,
        is_as_consented,
        note_merge,
        note_merged_outside,
        oldest,
    )
    from workflows.messages import Answer
    from workflows.reception import Reception
    from workflows.reminding import remind
    from workflows.state import IncidentState, remember
    from workflows.telling import say, tell_everybody
    from workflows.withdrawing import take_back, withdraw

MAX_OBJECTION = 400
MOVED = "The branch has another head or diff now"


class Outcome(StrEnum):
    """What came of asking."""

    MERGED = "merged"
    CHANGES = "changes"
    REJECTED = "rejected"
    ABANDONED = "abandoned"
    """Nobody answered for so long that Suture stops asking."""
    CLOSED = "closed"
    """A human closed the pull request."""
    CI_FAILED = "ci_failed"
    """The project's own CI fails on a fix of Suture's."""
    STUCK = "stuck"
    """Consent was given, but the host refuses to merge."""
    RENEW = "renew"
    """History is long: go on in a new run."""


class Asking:
    """One question to the humans, from the open pull request to its end."""

    def __init__(self, state: IncidentState, reception: Reception) -> None:
        self._state = state
        self._reception = reception
        self._failure: ActivityError | None = None
        """Why the last merge was not made, until the next look."""
        self._hints = state.hints
        """Hints that were there before the last look."""
        self._parked = False
        """Whether what was approved waits for the code host, or a human there, to merge it."""
        self._draft: PullRequestRef | None = None
        """The pull request, while it is a draft."""
        self.explanation = ""

    async def ask(self) -> Outcome:
        """Ask until there is an outcome."""
        state = self._state
        state.chronicle.move_to(Stage.APPROVAL, "Waiting for an approval.")
        state.first_asked_at = state.first_asked_at or workflow.now()
        while True:
            outcome = await self.look()
            if outcome is not None:
                return outcome
            if workflow.info().is_continue_as_new_suggested():
                return Outcome.RENEW
            await self._wait()
            outcome = await self._act_on(state.answer)
            if outcome is not None:
                return outcome

    async def look(self) -> Outcome | None:
        """See what humans did to the pull request; ask again if it is another one by now."""
        state = self._state
        self._reception.look_again = False
        self._hints = state.hints
        look = await self._look()
        current = look.pull_request
        self._draft = current.ref if current.draft else None
        if current.state is PullRequestState.MERGED:
            return await self._see_merged(current)
        if current.state is PullRequestState.CLOSED:
            state.chronicle.note(
                LedgerEvent.PULL_REQUEST_CLOSED,
                "A human closed the pull request on the code host",
                key=str(current.ref.number),
                data={"number": current.ref.number, "reason": "Closed on the code host."},
            )
            return Outcome.CLOSED
        if state.answer in {Answer.REJECTED, Answer.CHANGES}:
            return None
        outcome = await self._weigh_failure()
        if outcome is not None:
            return outcome
        state.authors = current.authors
        self._hear(look)
        if current.target == self._reception.seen_target:
            return None
        return await self._new_head(look)

    async def _look(self) -> Look:
        state, ref = self._state, self._state.report.pull_request
        if ref is None:
            raise RuntimeError("There is no pull request to look at.")
        verification, waits = state.report.verification, state.report.target is None
        base = verification.patch.base_sha if verification is not None and waits else None
        request = LookRequest(
            pull_request=ref,
            target=state.report.target,
            heard=tuple(state.heard),
            reviews=state.policy.pull_requests.reviews,
            ci_base=base,
        )
        return await state.calls.vendor(LookingActivities.look_at_pull_request, request)

    def _hear(self, look: Look) -> None:
        """Take what people said on the pull request; each is judged as if it came by signal."""
        state = self._state
        for remark_id in look.heard:
            remember(state.heard, remark_id)
        for decision in look.decisions:
            self._reception.take(decision)
        for login in look.strangers:
            if state.is_new(f"stranger/{login}"):
                state.chronicle.tell(
                    "remark.ignored", f"{login} of the code host is no user of Suture"
                )

    async def _weigh_failure(self) -> Outcome | None:
        """Weigh why a merge was not made: for good, or so that consent is asked for again."""
        failure, self._failure = self._failure, None
        if failure is None:
            return None
        kind, self.explanation = cause_of(failure)
        stuck = failure.retry_state is RetryState.NON_RETRYABLE_FAILURE and kind != "Conflict"
        why = self.explanation if stuck or kind == "Conflict" else "It was not merged in time."
        merged = await self._withdraw(why)
        self._reception.seen_target = None
        return merged or (Outcome.STUCK if stuck else None)

    async def _new_head(self, look: Look) -> Outcome | None:
        """Verify it unless that was done, wait for its CI, and ask."""
        state, target = self._state, look.pull_request.target
        if look.ci is None:
            # Nobody asked what CI says while another head was the one asked about.
            self._reception.look_again = True
            return await self._withdraw(MOVED)
        verification = state.report.verification
        known = verification is not None and verification.full_diff == target.patch_digest
        merged = await self._withdraw(MOVED)
        if merged is not None:
            return merged
        objection = "" if known else await verify_head(state, target)
        if objection:
            self._reception.seen_target = target
            await self._object(target, objection)
            return None
        match weigh(state, target.head_sha, look.ci):
            case CiVerdict.WAIT:
                self._reception.seen_target = None
                await state.chronicle.record(state.calls)
                return None
            case CiVerdict.REPAIR:
                self.explanation = feedback_of(look.ci)
                return Outcome.CI_FAILED
        self._reception.seen_target = target
        if look.pull_request.draft:
            await self._mark_ready(look.pull_request.ref)
        await self._request(target)
        return None

    async def _object(self, target: ConsentTarget, objection: str) -> None:
        state = self._state
        state.chronicle.change(target=None)
        await tell_everybody(state)
        await say(
            state,
            f"unverified/{target.head_sha}/{workflow.now().isoformat()}",
            f"The new head {target.head_sha[:12]} cannot be approved here:"
            f" {one_line(objection[:MAX_OBJECTION])} Push another one, or take over.",
            Urgency.ACTION,
        )

    async def _mark_ready(self, ref: PullRequestRef) -> None:
        """Make it no draft; a host that refuses keeps nobody from approving."""
        state = self._state
        try:
            await state.calls.telling(PullRequestActivities.mark_ready, ref)
            self._draft = None
        except ActivityError as error:
            state.chronicle.tell("pull_request.draft", f"It stays a draft: {cause_of(error)[1]}")

    async def _request(self, target: ConsentTarget) -> None:
        state, chronicle = self._state, self._state.chronicle
        state.asked_at = workflow.now()
        state.reminded = state.escalated = False
        chronicle.change(target=target, waiting_for="Waiting for an approval.")
        chronicle.note(
            LedgerEvent.APPROVAL_REQUESTED,
            f"Approval asked for head {target.head_sha[:12]}",
            key=f"{target.head_sha}/{state.asked_at.isoformat()}",
            data={
                "head_sha": target.head_sha,
                "patch_digest": target.patch_digest,
                "authors": list(state.authors),
                "asked_at": state.asked_at.isoformat(),
            },
        )
        try:
            await state.calls.vendor(PullRequestActivities.publish_checks, state.report)
        except ActivityError as error:
            chronicle.tell("checks.failed", "The checks could not be shown: " + cause_of(error)[1])
        await tell_everybody(state)
        note = f" The project's own CI: {state.ci_note}" if state.ci_note else ""
        await say(
            state,
            f"asked/{target.head_sha}/{state.asked_at.isoformat()}",
            f"A verified fix waits for approval: head {target.head_sha[:12]}.{note}",
            Urgency.ACTION,
        )

    async def _withdraw(self, why: str) -> Outcome | None:
        """Take back what was asked and consented to, unless the host has just merged it."""
        merged = await take_back(self._state, why)
        self._parked = False
        if not merged:
            return None
        await self._tell_merged()
        return Outcome.MERGED

    async def _wait(self) -> None:
        """Wait for an answer, but not past the next thing to do."""
        seconds = self._state.policy.approval.look_seconds
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(
                self._has_news,
                timeout=timedelta(seconds=seconds),
                timeout_summary="Look at the pull request again",
            )
        # Also after a hint: whoever pushes and comments all the time keeps nobody from being told.
        if not self._parked:
            await self._nudge()

    def _has_news(self) -> bool:
        state = self._state
        if self._reception.look_again or state.hints != self._hints:
            return True
        return state.answer is not None and not (self._parked and state.answer is Answer.APPROVED)

    async def _nudge(self) -> None:
        """Remind, escalate, and ask again when the request has expired."""
        state, target = self._state, self._state.report.target
        if state.asked_at is None or target is None or state.answer is not None:
            return
        waited = (workflow.now() - state.asked_at).total_seconds()
        if waited < state.policy.approval.expiry_seconds:
            await remind(state)
            return
        withdraw(state, "The request expired")
        await self._request(target)

    async def _act_on(self, answer: Answer | None) -> Outcome | None:
        state = self._state
        match answer:
            case Answer.APPROVED if state.policy.pull_requests.merged_by is MergedBy.HUMAN:
                return await self._leave_to_human()
            case Answer.APPROVED:
                return await self._merge()
            case Answer.CHANGES:
                why = "Changes were requested before it was merged"
                return await self._withdraw(why) or Outcome.CHANGES
            case Answer.REJECTED:
                why = "It was rejected before it was merged"
                return await self._withdraw(why) or Outcome.REJECTED
            case None:
                first = state.first_asked_at or workflow.now()
                age = (workflow.now() - first).total_seconds()
                over = age >= state.policy.approval.abandon_seconds
                return Outcome.ABANDONED if over else None

    async def _leave_to_human(self) -> Outcome | None:
        """Wait for somebody to merge what was approved, for as long as the approval counts."""
        state, consent = self._state, self._state.report.consent
        if consent is None:
            return None
        expiry = timedelta(seconds=state.policy.approval.expiry_seconds)
        if workflow.now() >= oldest(state) + expiry:
            self._reception.seen_target, self._reception.look_again = None, True
            return await self._withdraw("It was approved, but not merged in time")
        if not self._parked:
            self._parked = True
            state.chronicle.change(waiting_for="Approved: waiting for a human to merge it.")
            text = f"Approved by {consent.actor.id}: merge it on the code host."
            await say(state, f"merge/{consent.decision_id}", text, Urgency.ACTION)
        return None

    async def _merge(self) -> Outcome | None:
        """Merge what was approved; what became stale meanwhile is asked about again."""
        state, merging = self._state, Merging(self._state)
        if self._draft is not None:
            # It could not be made ready when it was asked about; a draft cannot be merged.
            await self._mark_ready(self._draft)
        try:
            merged = await merging.run()
        except asyncio.CancelledError:
            kept = merging.unclear or state.queued or state.report.merge_sha is not None
            if not kept:
                withdraw(state, "The incident was taken over or cancelled before it was merged")
            raise
        self._failure = merging.failure
        self._parked = state.queued
        if state.queued:
            state.chronicle.change(waiting_for="Approved: in the code host's merge queue.")
        if not merged:
            return None
        await self._tell_merged()
        return Outcome.MERGED

    async def _tell_merged(self) -> None:
        state = self._state
        await tell_everybody(state)
        if state.answer in {Answer.REJECTED, Answer.CHANGES}:
            await say(
                state,
                "merged-before",
                "The code host had merged it before the newer decision came.",
                Urgency.ACTION,
            )

    async def _see_merged(self, current: PullRequest) -> Outcome:
        """Tell a merge as approved whose answer was lost from one that a human made."""
        # An approval that comes while the counting goes on is none of this merge.
        consented = is_as_consented(self._state, current)
        await ensure_merge_reading(self._state)
        if not (consented and note_merge(self._state, current)):
            return await self._merged_by_human(current)
        await self._tell_merged()
        return Outcome.MERGED

    async def _merged_by_human(self, current: PullRequest) -> Outcome:
        """A human merged on the code host: its own permissions were the consent."""
        await note_merged_outside(self._state, current)
        await tell_everybody(self._state)
        return Outcome.MERGED
