from datetime import UTC, datetime, timedelta

import pytest

from suture.consent import sign_decision, verify_decision
from suture.domain.approval import (
    Actor,
    ConsentTarget,
    Decision,
    DecisionKind,
    Judgement,
    Refusal,
    Role,
)
from suture.errors import SettingsError
from suture.policy.approvers import Hearing, judge
from suture.policy.model import Approval

KEY = b"a key of the edges' own"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SEEN = ConsentTarget(head_sha="1" * 40, patch_digest="a" * 64)
MOVED = SEEN.model_copy(update={"head_sha": "2" * 40})
REDONE = SEEN.model_copy(update={"patch_digest": "b" * 64})
APPROVAL = Decision(
    decision_id="d-1",
    kind=DecisionKind.APPROVE,
    actor=Actor(id="ada", role=Role.APPROVER, via="console"),
    target=SEEN,
    decided_at=NOON,
)
HEARING = Hearing(
    decision=APPROVAL,
    policy=Approval(expiry_seconds=3_600),
    target=SEEN,
    asked_at=NOON - timedelta(minutes=5),
    now=NOON + timedelta(minutes=1),
    open=True,
)


def decide(decision: dict[str, object] | None = None, **hearing: object) -> Judgement:
    """Judge the approval, changed and signed anew."""
    changed = sign_decision(APPROVAL.model_copy(update=decision or {}), KEY)
    return judge(HEARING.model_copy(update={**hearing, "decision": changed}), KEY)


def test_who_approved_already_cannot_be_the_second_one() -> None:
    assert decide(approved_by=("ada",)).refusal is Refusal.REPEATED
    assert decide(approved_by=("grace",)).accepted
    refused: dict[str, object] = {"kind": DecisionKind.REJECT}
    assert decide(refused, approved_by=("ada",)).accepted


def actor(name: str, role: Role) -> Actor:
    return Actor(id=name, role=role, via="cli")


def test_an_approver_may_approve_exactly_what_is_proposed() -> None:
    judgement = decide()
    assert judgement.accepted
    assert judgement.refusal is None
    assert judgement.reason


@pytest.mark.parametrize(
    "change",
    [
        {"actor": actor("eve", Role.ADMIN)},
        {"target": MOVED},
        {"kind": DecisionKind.REJECT},
        {"comment": "x"},
        {"decided_at": NOON + timedelta(seconds=1)},
        {"decision_id": "d-2"},
        {"proof": ""},
        {"proof": "é"},
    ],
)
def test_a_decision_changed_on_its_way_is_refused(change: dict[str, object]) -> None:
    signed = sign_decision(APPROVAL, KEY)
    forged = signed.model_copy(update=change)
    assert verify_decision(signed, KEY)
    assert not verify_decision(forged, KEY)
    judgement = judge(HEARING.model_copy(update={"decision": forged}), KEY)
    assert judgement.refusal is Refusal.UNAUTHENTICATED
    assert judgement.decision == forged


def test_another_key_proves_nothing() -> None:
    assert not verify_decision(sign_decision(APPROVAL, KEY), b"another key of that size")


def test_a_short_key_is_a_matter_of_settings() -> None:
    with pytest.raises(SettingsError):
        sign_decision(APPROVAL, b"short")
    with pytest.raises(SettingsError):
        verify_decision(APPROVAL, b"")


@pytest.mark.parametrize("kind", DecisionKind)
def test_a_viewer_decides_nothing(kind: DecisionKind) -> None:
    judgement = decide({"kind": kind, "actor": actor("ada", Role.VIEWER)})
    assert judgement.refusal is Refusal.UNAUTHORISED


def test_suture_never_decides_about_its_own_work() -> None:
    judgement = decide({"actor": actor("suture", Role.ADMIN)})
    assert judgement.refusal is Refusal.UNAUTHORISED


def test_where_the_policy_names_people_only_they_decide() -> None:
    policy = Approval(people=("grace",))
    assert decide(policy=policy).refusal is Refusal.UNAUTHORISED
    assert decide({"actor": actor("grace", Role.VIEWER)}, policy=policy).accepted


@pytest.mark.parametrize("kind", DecisionKind)
def test_a_decision_after_the_end_is_late(kind: DecisionKind) -> None:
    assert decide({"kind": kind}, open=False).refusal is Refusal.LATE


def test_a_decision_from_the_future_is_invalid() -> None:
    assert decide({"decided_at": NOON + timedelta(hours=1)}).refusal is Refusal.INVALID
    assert decide({"decided_at": NOON + timedelta(minutes=3)}).accepted


def test_an_approval_of_nothing_in_particular_is_invalid() -> None:
    assert decide({"target": None}).refusal is Refusal.INVALID


@pytest.mark.parametrize("authors", [("ada",), ("bob", "Ada")])
def test_nobody_approves_their_own_change(authors: tuple[str, ...]) -> None:
    assert decide(authors=authors).refusal is Refusal.OWN_CHANGE
    assert decide({"kind": DecisionKind.REJECT}, authors=authors).accepted


@pytest.mark.parametrize("now", [MOVED, REDONE, None])
@pytest.mark.parametrize(
    "kind", [DecisionKind.APPROVE, DecisionKind.REJECT, DecisionKind.REQUEST_CHANGES]
)
def test_a_decision_about_another_head_or_diff_is_stale(
    kind: DecisionKind, now: ConsentTarget | None
) -> None:
    assert decide({"kind": kind}, target=now).refusal is Refusal.STALE


@pytest.mark.parametrize("kind", [DecisionKind.REJECT, DecisionKind.REQUEST_CHANGES])
def test_a_no_needs_no_target_and_never_expires(kind: DecisionKind) -> None:
    assert decide({"kind": kind, "target": None}, target=None).accepted
    assert decide({"kind": kind}, now=NOON + timedelta(days=3)).accepted


def test_taking_over_is_possible_whatever_is_proposed() -> None:
    assert decide({"kind": DecisionKind.TAKE_OVER}, target=MOVED).accepted
    assert decide({"kind": DecisionKind.TAKE_OVER, "target": None}, target=None).accepted


def test_an_approval_expires_with_its_request_or_by_its_own_age() -> None:
    late = NOON + timedelta(minutes=59)
    assert decide(now=late).refusal is Refusal.EXPIRED
    assert decide(now=late, asked_at=None).accepted
    assert decide(now=late + timedelta(minutes=2), asked_at=late).refusal is Refusal.EXPIRED
