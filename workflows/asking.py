"""Asking a human: consent to exactly one head and diff, reminders, expiry, and the merge.

Silence is neither consent nor denial. A push, an expiry or a new diff makes consent stale, and
Suture asks again.
"""

import asyncio
from datetime import timedelta
from enum import StrEnum

from temporalio import workflow
from temporalio.exceptions import ActivityError, RetryState

with workflow.unsafe.imports_passed_through():
    from activities.fixing import FixingActivities, HeadRequest
    from activities.pull_requests import PullRequestActivities
    from suture.audit.events import LedgerEvent
    from suture.domain.approval import ConsentTarget
    from suture.domain.incident import Stage
    from suture.domain.pull_request import PullRequest, PullRequestState
    from suture.domain.verification import Verification
    from suture.ports.chat import Urgency
    from workflows.calls import cause_of
    from workflows.merging import (
        Merging,
        note_merge,
        note_merged_outside,
        read_pull_request,
    )
    from workflows.messages import Answer
    from workflows.reception import Reception
    from workflows.state import IncidentState
    from workflows.telling import say, tell_everybody

MAX_OBJECTION = 400


class Outcome(StrEnum):
    """What came of asking."""

    MERGED = "merged"
    CHANGES = "changes"
    REJECTED = "rejected"
    ABANDONED = "abandoned"
    """Nobody answered for so long that Suture stops asking."""
    CLOSED = "closed"
    """A human closed the pull request."""
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
        current = await read_pull_request(state)
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
        if self._is_stuck():
            return Outcome.STUCK
        target = ConsentTarget(head_sha=current.head_sha, patch_digest=current.patch_digest)
        state.authors = current.authors
        if target != self._reception.seen_target:
            await self._new_head(target)
        return None

    def _is_stuck(self) -> bool:
        """Weigh why a merge was not made: for good, or so that consent is asked for again."""
        failure, self._failure = self._failure, None
        if failure is None:
            return False
        kind, self.explanation = cause_of(failure)
        if failure.retry_state is RetryState.NON_RETRYABLE_FAILURE and kind != "Conflict":
            return True
        why = self.explanation if kind == "Conflict" else "It was not merged in time."
        self._withdraw(why)
        self._reception.seen_target = None
        return False

    async def _new_head(self, target: ConsentTarget) -> None:
        state, report = self._state, self._state.report
        self._reception.seen_target = target
        verification = report.verification
        known = verification is not None and verification.full_diff == target.patch_digest
        self._withdraw("The branch has another head or diff now")
        objection = "" if known else await self._verify(target)
        if objection:
            state.chronicle.change(target=None)
            await tell_everybody(state)
            await say(
                state,
                f"unverified/{target.head_sha}/{workflow.now().isoformat()}",
                f"The new head {target.head_sha[:12]} cannot be approved here:"
                f" {objection[:MAX_OBJECTION]} Push another one, or take over.",
                Urgency.ACTION,
            )
            return
        await self._request(target)

    async def _verify(self, target: ConsentTarget) -> str:
        """Hold a head that Suture did not write against gate and policy; return what they say.

        Nothing said means that it is verified.
        """
        state, report = self._state, self._state.report
        if report.verification is None or report.pull_request is None or report.evidence is None:
            return "There is nothing to verify it with."
        state.chronicle.note(
            LedgerEvent.PULL_REQUEST_CHANGED,
            f"Somebody moved the branch to {target.head_sha[:12]}",
            key=f"{target.head_sha}/{workflow.now().isoformat()}",
            data={
                "number": report.pull_request.number,
                "head_sha": target.head_sha,
                "patch_digest": target.patch_digest,
                "authors": list(state.authors),
            },
        )
        bounds = state.policy.sandbox
        try:
            verification = await state.calls.sandbox(
                FixingActivities.verify_head,
                HeadRequest(
                    service=state.service,
                    policy=state.policy,
                    event=state.start.opened_by.event,
                    evidence=report.evidence,
                    verification=report.verification,
                    target=target,
                ),
                seconds=4 * bounds.wall_seconds + bounds.setup_seconds,
                summary="Verify a head that somebody pushed",
            )
        except ActivityError as error:
            why = f"It could not be verified: {cause_of(error)[1]}"
            state.chronicle.tell("verification.failed", f"New head {target.head_sha[:12]}. {why}")
            return why
        self._note_verification(verification, target)
        if not verification.verified:
            return f"{verification.reason}. {verification.explanation}"
        state.chronicle.change(verification=verification)
        return ""

    def _note_verification(self, verification: Verification, target: ConsentTarget) -> None:
        state = self._state
        state.chronicle.note(
            LedgerEvent.VERIFICATION_MADE,
            f"Verification of {target.head_sha[:12]}: {verification.reason}."
            f" {verification.explanation}",
            key=f"head/{target.head_sha}/{workflow.now().isoformat()}",
            data={
                "attempt": state.attempts,
                "verified": verification.verified,
                "reason": verification.reason,
                "patch_digest": target.patch_digest,
                "red_on_base": verification.red_on_base,
                "green_with_patch": verification.green_with_patch,
                "red_without_fix": verification.red_without_fix,
                "new_failures": list(verification.new_failures[:50]),
                "explanation": verification.explanation[:2_000],
            },
        )

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
        await say(
            state,
            f"asked/{target.head_sha}/{state.asked_at.isoformat()}",
            f"A verified fix waits for approval: head {target.head_sha[:12]}.",
            Urgency.ACTION,
        )

    def _withdraw(self, why: str) -> None:
        """Take back what was asked and consented to. A "no" stands, whatever it was said to."""
        state, why = self._state, why.rstrip(".")[:MAX_OBJECTION]
        consent = state.report.consent
        if state.answer is Answer.APPROVED:
            state.answer = None
        if consent is not None:
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
        state.chronicle.change(consent=None, target=None)

    async def _wait(self) -> None:
        """Wait for an answer, but not past the next thing to do."""
        seconds = self._state.policy.approval.look_seconds
        try:
            await workflow.wait_condition(
                lambda: self._state.answer is not None or self._reception.seen_target is None,
                timeout=timedelta(seconds=seconds),
                timeout_summary="Look at the pull request again",
            )
        except TimeoutError:
            await self._nudge()

    async def _nudge(self) -> None:
        """Remind, escalate, and ask again when the request has expired."""
        state, policy = self._state, self._state.policy.approval
        target = state.report.target
        if state.asked_at is None or target is None:
            return
        waited = (workflow.now() - state.asked_at).total_seconds()
        if waited >= policy.expiry_seconds:
            self._withdraw("The request expired")
            await self._request(target)
        elif waited >= policy.escalation_seconds and not state.escalated:
            state.escalated = True
            await self._remind(LedgerEvent.APPROVAL_ESCALATED, waited, Urgency.ESCALATION)
        elif waited >= policy.reminder_seconds and not state.reminded:
            state.reminded = True
            await self._remind(LedgerEvent.APPROVAL_REMINDED, waited, Urgency.ACTION)

    async def _remind(self, event: LedgerEvent, waited: float, urgency: Urgency) -> None:
        state, target = self._state, self._state.report.target
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

    async def _act_on(self, answer: Answer | None) -> Outcome | None:
        state = self._state
        match answer:
            case Answer.APPROVED:
                return await self._merge()
            case Answer.CHANGES:
                self._withdraw("Changes were requested before it was merged")
                return Outcome.CHANGES
            case Answer.REJECTED:
                self._withdraw("It was rejected before it was merged")
                return Outcome.REJECTED
            case None:
                first = state.first_asked_at or workflow.now()
                age = (workflow.now() - first).total_seconds()
                over = age >= state.policy.approval.abandon_seconds
                return Outcome.ABANDONED if over else None

    async def _merge(self) -> Outcome | None:
        """Merge what was approved; what became stale meanwhile is asked about again."""
        state, merging = self._state, Merging(self._state)
        try:
            merged = await merging.run()
        except asyncio.CancelledError:
            if state.report.merge_sha is None and not merging.unclear:
                self._withdraw("The incident was taken over or cancelled before it was merged")
            raise
        self._failure = merging.failure
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
        if not note_merge(self._state, current):
            return await self._merged_by_human(current)
        await self._tell_merged()
        return Outcome.MERGED

    async def _merged_by_human(self, current: PullRequest) -> Outcome:
        """A human merged on the code host: its own permissions were the consent."""
        await note_merged_outside(self._state, current)
        await tell_everybody(self._state)
        return Outcome.MERGED
