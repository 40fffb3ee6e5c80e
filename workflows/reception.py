"""Receiving decisions: each is judged once, on record, and what it means is passed on."""

from collections.abc import Callable

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.approving import ApprovingActivities, HearingRequest
    from activities.looking import LookingActivities
    from suture.audit.events import LedgerEvent
    from suture.domain.approval import (
        Consent,
        ConsentTarget,
        Decision,
        DecisionKind,
        Judgement,
        Refusal,
    )
    from suture.domain.incident import Stage
    from suture.domain.pull_request import PullRequestState
    from suture.ports.chat import Urgency
    from workflows.calls import cause_of
    from workflows.messages import Answer, PendingDecision
    from workflows.state import IncidentState, remember
    from workflows.telling import answer_on_host, say

MAX_WAITING = 100
"""Decisions that may wait to be judged; a flood beyond that is dropped and told."""
MAX_JUDGEMENTS = 50
MAX_REASON = 2_000


class Reception:
    """Judges decisions one after the other, beside the incident's story."""

    def __init__(self, state: IncidentState, take_over: Callable[[], None]) -> None:
        self._state = state
        self._take_over = take_over
        self.seen_target: ConsentTarget | None = state.report.target
        """Head and diff as last seen on the code host."""
        self.look_again = False
        """Whether the pull request is to be looked at without waiting."""
        self.closing = False
        self.sealed = False
        """Once the record is closed nothing can be added to it."""
        self.idle = True

    def take(self, decision: Decision) -> None:
        """Queue a decision; one that was seen before changes nothing."""
        state = self._state
        if self.sealed or decision.decision_id in state.seen_decisions:
            return
        if len(state.decisions) >= MAX_WAITING:
            state.chronicle.tell("decision.dropped", "Too many decisions at once; one was dropped")
            return
        remember(state.seen_decisions, decision.decision_id)
        state.decisions.append(decision)

    def answer_about(self, decision_id: str) -> PendingDecision:
        """Say what became of a decision."""
        for judgement in self._state.report.judgements:
            if judgement.decision.decision_id == decision_id:
                return PendingDecision(
                    known=True, accepted=judgement.accepted, reason=judgement.reason
                )
        return PendingDecision(known=decision_id in self._state.seen_decisions)

    async def run(self) -> None:
        """Judge decisions until the incident is over."""
        state = self._state
        while True:
            await workflow.wait_condition(lambda: state.case_opened and bool(state.decisions))
            self.idle = False
            while state.decisions:
                await self._settle(state.decisions[0])
                del state.decisions[0]
            self.idle = True

    async def drain(self) -> None:
        """Wait until everything that arrived is judged and recorded."""
        await workflow.wait_condition(lambda: self.idle and not self._state.decisions)

    async def _settle(self, decision: Decision) -> None:
        """Judge it, put the verdict on record, and do what it means."""
        state = self._state
        try:
            judgement = await self._judge(decision)
        except ActivityError as error:
            judgement = _unjudged(decision, cause_of(error)[1])
        if judgement.accepted and not self._is_open(decision):
            judgement = _late(decision)
        elif judgement.accepted and self._is_overtaken(decision):
            judgement = _overtaken(decision)
        self._note(judgement)
        if judgement.accepted:
            self._follow(decision)
        await state.chronicle.record(state.calls)
        if judgement.accepted and state.report.consents and state.answer is None:
            key = f"counted/{decision.decision_id}"
            await say(state, key, state.report.waiting_for, Urgency.ACTION)
        if not judgement.accepted:
            await say(
                state,
                f"refused/{decision.decision_id}",
                f"The decision of {decision.actor.id} was refused: {judgement.reason}",
                Urgency.INFO,
            )
            await answer_on_host(state, decision, judgement.reason)

    async def _judge(self, decision: Decision) -> Judgement:
        state = self._state
        await self._look_before(decision)
        return await state.calls.vendor(
            ApprovingActivities.judge_decision,
            HearingRequest(
                decision=decision,
                policy=state.policy.approval,
                target=state.report.target,
                authors=state.authors,
                approved_by=tuple(one.actor.id for one in state.report.consents),
                asked_at=state.asked_at,
                now=workflow.now(),
                open=self._is_open(decision),
            ),
        )

    async def _look_before(self, decision: Decision) -> None:
        """See whether the branch has moved since it was shown: then an approval is stale."""
        state, ref = self._state, self._state.report.pull_request
        if decision.kind is not DecisionKind.APPROVE or ref is None or not self._is_open(decision):
            return
        current = await state.calls.vendor(LookingActivities.read_pull_request, ref)
        state.authors = current.authors
        settled = current.state is not PullRequestState.OPEN
        if state.report.target is not None and (settled or current.target != state.report.target):
            # Whoever asks looks again at once, also when the branch has moved back meanwhile.
            state.chronicle.change(target=None)
            self.seen_target = None
            self.look_again = True

    def _is_open(self, decision: Decision) -> bool:
        if self.closing:
            return False
        if decision.kind is DecisionKind.TAKE_OVER:
            return True
        report, answer = self._state.report, self._state.answer
        if report.summary.stage is not Stage.APPROVAL or report.merge_sha is not None:
            return False
        # What was approved can be refused until it is merged.
        revokes = answer is Answer.APPROVED and decision.kind is not DecisionKind.APPROVE
        return answer is None or revokes

    def _is_overtaken(self, decision: Decision) -> bool:
        """Whether something else is asked about by now than while it was judged."""
        approves = decision.kind is DecisionKind.APPROVE
        return approves and decision.target != self._state.report.target

    def _note(self, judgement: Judgement) -> None:
        state, decision = self._state, judgement.decision
        kept = (*state.report.judgements, judgement)[-MAX_JUDGEMENTS:]
        state.chronicle.change(judgements=kept)
        accepted = judgement.accepted
        verb = "accepted" if accepted else f"refused ({judgement.refusal})"
        state.chronicle.note(
            LedgerEvent.DECISION_ACCEPTED if accepted else LedgerEvent.DECISION_REFUSED,
            f"{decision.kind} by {decision.actor.id} {verb}: {judgement.reason}",
            key=decision.decision_id,
            actor=decision.actor.id,
            data={
                "decision_id": decision.decision_id,
                "kind": decision.kind,
                "actor_role": decision.actor.role,
                "via": decision.actor.via,
                "head_sha": decision.target.head_sha if decision.target else None,
                "patch_digest": decision.target.patch_digest if decision.target else None,
                "decided_at": decision.decided_at.isoformat(),
                "comment": decision.comment[:2_000],
                "refusal": judgement.refusal,
                "reason": judgement.reason,
                "proof": decision.proof,
            },
        )

    def _follow(self, decision: Decision) -> None:
        match decision.kind:
            case DecisionKind.APPROVE if decision.target is not None:
                self._approve(decision, decision.target)
            case DecisionKind.REJECT:
                self._state.answer = Answer.REJECTED
                self._state.comment = decision.comment
            case DecisionKind.REQUEST_CHANGES:
                self._state.answer = Answer.CHANGES
                self._state.comment = decision.comment
            case _:
                self._take_over()

    def _approve(self, decision: Decision, target: ConsentTarget) -> None:
        """Count an approval; enough of them open the merge."""
        state = self._state
        consent = Consent(
            decision_id=decision.decision_id,
            actor=decision.actor,
            target=target,
            granted_at=workflow.now(),
        )
        same = (one for one in state.report.consents if one.target == target)
        consents = (*same, consent)
        state.chronicle.change(consents=consents)
        needed = state.policy.approval.approvals
        if len(consents) < needed:
            waiting = f"Approved by {len(consents)} of {needed} people."
            state.chronicle.change(waiting_for=waiting)
            state.chronicle.tell("approval.counted", waiting)
            return
        state.chronicle.change(consent=consent)
        state.answer = Answer.APPROVED


def _unjudged(decision: Decision, why: str) -> Judgement:
    """Refuse what cannot be judged: that leaves the person free to decide again."""
    return Judgement(
        decision=decision,
        accepted=False,
        refusal=Refusal.INVALID,
        reason=f"It could not be judged: {why}"[:MAX_REASON],
    )


def _overtaken(decision: Decision) -> Judgement:
    """Refuse an approval of what was asked about when it was given, and is no more."""
    return Judgement(
        decision=decision,
        accepted=False,
        refusal=Refusal.STALE,
        reason="The head or the diff has changed since: look again, then decide.",
    )


def _late(decision: Decision) -> Judgement:
    """Refuse what was overtaken while it was being judged, as by a merge."""
    return Judgement(
        decision=decision,
        accepted=False,
        refusal=Refusal.LATE,
        reason="The incident does not wait for this decision any more.",
    )
