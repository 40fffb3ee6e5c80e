"""Judging decisions: who may, about exactly what."""

from temporalio import activity

from activities.failures import translated
from suture.domain.approval import ConsentTarget, Decision, Judgement
from suture.domain.value import Instant, Value
from suture.policy.approvers import Hearing, judge
from suture.policy.model import Approval


class HearingRequest(Value):
    """A decision and what it is held against."""

    decision: Decision
    policy: Approval
    target: ConsentTarget | None
    """What consent is asked for now; None when nothing can be approved."""
    authors: tuple[str, ...] = ()
    """Everybody but Suture who wrote part of the change."""
    approved_by: tuple[str, ...] = ()
    """Who has approved the target already."""
    asked_at: Instant | None = None
    now: Instant
    open: bool
    """Whether the incident still waits for decisions."""


class ApprovingActivities:
    """Holds the key that proves who authenticated an actor; the key never enters history."""

    def __init__(self, decision_key: bytes) -> None:
        self._key = decision_key

    @activity.defn(name="judge_decision")
    @translated
    def judge_decision(self, request: HearingRequest) -> Judgement:
        """Judge one decision. A refusal is an answer, never an error."""
        hearing = Hearing(
            decision=request.decision,
            policy=request.policy,
            target=request.target,
            authors=request.authors,
            approved_by=request.approved_by,
            asked_at=request.asked_at,
            now=request.now,
            open=request.open,
        )
        return judge(hearing, self._key)
