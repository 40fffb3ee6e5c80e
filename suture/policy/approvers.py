"""Who may decide, about exactly what, and until when."""

from datetime import timedelta

from suture.consent import verify_decision
from suture.domain.approval import ConsentTarget, Decision, DecisionKind, Judgement, Refusal
from suture.domain.value import Instant, Value
from suture.policy.model import Approval

SUTURE = "suture"
"""The actor id of Suture itself, which nobody may bear."""
CLOCK_SKEW = timedelta(minutes=5)
"""How far an edge's clock may be ahead of the workflow's."""


class Hearing(Value):
    """A decision and all that it is held against."""

    decision: Decision
    policy: Approval
    target: ConsentTarget | None
    """What consent is asked for now; None when nothing can be approved."""
    authors: tuple[str, ...] = ()
    """Ids of everybody but Suture who wrote part of the change."""
    approved_by: tuple[str, ...] = ()
    """Ids of those who have approved this target already."""
    asked_at: Instant | None = None
    """When consent to this target was asked for last."""
    now: Instant
    open: bool
    """Whether the incident still waits for decisions."""


Objection = tuple[Refusal, str]


def judge(hearing: Hearing, key: bytes) -> Judgement:
    """Accept or refuse a decision, with the reason. Without a valid proof nothing else counts.

    Approving needs the exact target; rejecting or requesting changes may name none, but not
    another one; taking over is possible whatever is proposed. A "no" never expires.

    Raises:
        SettingsError: the key is too short to prove anything.
    """
    decision = hearing.decision
    objection = (
        _object_to_proof(decision, key)
        or _object_to_actor(hearing)
        or _object_to_time(hearing)
        or _object_to_content(hearing)
    )
    if objection is not None:
        refusal, reason = objection
        return Judgement(decision=decision, accepted=False, refusal=refusal, reason=reason)
    reason = f"{decision.actor.id} ({decision.actor.role}) may decide this."
    return Judgement(decision=decision, accepted=True, reason=reason)


def _object_to_proof(decision: Decision, key: bytes) -> Objection | None:
    if verify_decision(decision, key):
        return None
    return Refusal.UNAUTHENTICATED, "Nobody vouches for this actor: the proof does not match."


def _object_to_actor(hearing: Hearing) -> Objection | None:
    actor, policy = hearing.decision.actor, hearing.policy
    if actor.id == SUTURE:
        return Refusal.UNAUTHORISED, "Suture does not decide about its own work."
    if policy.people:
        if actor.id not in policy.people:
            return Refusal.UNAUTHORISED, f"The policy names who may decide, and not {actor.id}."
        return None
    if actor.role not in policy.roles:
        allowed = " or ".join(policy.roles)
        return Refusal.UNAUTHORISED, f"{actor.id} is {actor.role}; the policy asks for {allowed}."
    return None


def _object_to_time(hearing: Hearing) -> Objection | None:
    if not hearing.open:
        return Refusal.LATE, "The incident does not wait for decisions any more."
    if hearing.decision.decided_at > hearing.now + CLOCK_SKEW:
        return Refusal.INVALID, "The decision comes from the future: check the edge's clock."
    return None


def _object_to_content(hearing: Hearing) -> Objection | None:
    decision = hearing.decision
    if decision.kind is DecisionKind.APPROVE:
        return _object_to_approval(hearing)
    if decision.kind is DecisionKind.TAKE_OVER or decision.target is None:
        return None
    return _object_to_target(hearing)


def _object_to_approval(hearing: Hearing) -> Objection | None:
    actor = hearing.decision.actor.id
    if hearing.decision.target is None:
        return Refusal.INVALID, "An approval must say which head and diff it is about."
    if actor in {author.casefold() for author in hearing.authors}:
        return Refusal.OWN_CHANGE, f"{actor} wrote part of this change: somebody else must approve."
    if actor in hearing.approved_by:
        return Refusal.REPEATED, f"{actor} has approved this already: somebody else must, too."
    return _object_to_target(hearing) or _object_to_age(hearing)


def _object_to_target(hearing: Hearing) -> Objection | None:
    seen, now = hearing.decision.target, hearing.target
    if now is None:
        return Refusal.STALE, "What was seen is not proposed any more."
    if seen != now:
        return Refusal.STALE, "The head or the diff has changed since: look again, then decide."
    return None


def _object_to_age(hearing: Hearing) -> Objection | None:
    expiry = timedelta(seconds=hearing.policy.expiry_seconds)
    moments = (hearing.decision.decided_at, hearing.asked_at)
    if any(moment is not None and hearing.now - moment > expiry for moment in moments):
        return Refusal.EXPIRED, "The request or the approval is too old: Suture asks again."
    return None
