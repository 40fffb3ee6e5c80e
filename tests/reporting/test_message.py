"""The message of an incident: what it shows, and what can be decided by it."""

import pytest

from suture.domain.approval import Actor, Consent, DecisionKind, Role
from suture.domain.incident import Stage
from suture.domain.report import IncidentReport
from suture.domain.resolution import Resolution, ResolutionKind
from suture.ports.chat import MAX_DIFF, Urgency
from suture.reporting.excerpt import MAX_LINE, MAX_LINES, diff_of, excerpt
from suture.reporting.message import choices_of, message_for
from tests.builders.reports import CONSOLE, DIFF, OPENED_AT, TARGET, build_report
from tests.fakes.artifacts import FakeArtifacts
from tests.reporting.reports import bare

APPROVE, CHANGES, REJECT, TAKE_OVER = (
    DecisionKind.APPROVE,
    DecisionKind.REQUEST_CHANGES,
    DecisionKind.REJECT,
    DecisionKind.TAKE_OVER,
)
CONSENT = Consent(
    decision_id="1",
    actor=Actor(id="anna", role=Role.APPROVER, via="slack"),
    target=TARGET,
    granted_at=OPENED_AT,
)
ENDED = Resolution(kind=ResolutionKind.NEEDS_HUMAN, summary="Look.")


def at(stage: Stage, **changes: object) -> IncidentReport:
    return build_report(stage=stage).model_copy(update=changes)


def test_the_message_says_all_that_a_decision_needs() -> None:
    text = message_for(at(Stage.APPROVAL), CONSOLE, DIFF).text
    assert "**HIGH** in `shop` (production), 37 alerts" in text
    assert "**Root cause** (93 % confident): The mean price of an empty cart" in text
    assert "**Evidence**: red on the base, green with the fix, red without it; suite 43" in text
    assert "**Cost**: $0.04, 9000 tokens" in text


def test_a_fix_that_was_not_verified_is_not_called_one() -> None:
    verification = build_report().verification
    assert verification is not None
    weak = verification.model_copy(
        update={"verified": False, "red_without_fix": False, "new_failures": ("tests/x",)}
    )
    text = message_for(at(Stage.HUMAN, verification=weak), CONSOLE).text
    assert "**Not verified**" in text
    assert "not red without it" in text
    assert "1 new failure." in text
    without = message_for(
        at(Stage.FIX, verification=weak.model_copy(update={"patched_suite": None})), CONSOLE
    )
    assert "suite" not in without.text


@pytest.mark.parametrize(
    ("report", "choices"),
    [
        (at(Stage.DETECTED, target=None), (TAKE_OVER,)),
        (at(Stage.FIX, target=None), (TAKE_OVER,)),
        (at(Stage.APPROVAL), (APPROVE, CHANGES, REJECT, TAKE_OVER)),
        (at(Stage.APPROVAL, target=None), (CHANGES, REJECT, TAKE_OVER)),
        (at(Stage.APPROVAL, consent=CONSENT), (CHANGES, REJECT, TAKE_OVER)),
        (at(Stage.APPROVAL, consent=CONSENT, merge_sha="d" * 40), (TAKE_OVER,)),
        (at(Stage.DEPLOY_WATCH, merge_sha="d" * 40), (TAKE_OVER,)),
        (at(Stage.DEPLOY_WATCH, resolution=ENDED), ()),
        (at(Stage.HUMAN), ()),
        (at(Stage.CLOSED), ()),
    ],
)
def test_what_can_be_decided_depends_on_where_it_stands(
    report: IncidentReport, choices: tuple[DecisionKind, ...]
) -> None:
    assert choices_of(report) == choices
    ask = message_for(report, CONSOLE).ask
    assert (ask is not None) is bool(choices)
    assert ask is None or (ask.case_id, ask.target) == (report.case_id, report.target)


def test_an_approval_says_by_whom_until_it_is_merged() -> None:
    approved = at(Stage.APPROVAL, consent=CONSENT)
    message = message_for(approved, CONSOLE)
    assert "Approved by anna." in message.text
    assert message.urgency is Urgency.INFO
    assert message_for(at(Stage.APPROVAL), CONSOLE).urgency is Urgency.ACTION
    assert message_for(at(Stage.HUMAN), CONSOLE).urgency is Urgency.ACTION
    merged = approved.model_copy(update={"merge_sha": "d" * 40})
    assert "Approved by" not in message_for(merged, CONSOLE).text


def test_an_excerpt_has_no_noise_no_secret_and_says_what_is_missing() -> None:
    assert excerpt("") == ""
    assert excerpt(DIFF).startswith("--- a/shop/cart.py\n+++ b/shop/cart.py\n@@")
    lines = excerpt("\n".join(f"+line {number}" for number in range(MAX_LINES + 2))).split("\n")
    assert (len(lines), lines[-1]) == (MAX_LINES + 1, "… 2 more lines")
    assert excerpt("+a\n" * (MAX_LINES + 1)).endswith("… 1 more line")
    assert "hunter2hunter2" not in excerpt('+    password = "hunter2hunter2"')
    assert excerpt("+\tx\x1b[31m\u202e") == "+   x [31m "


def test_an_excerpt_is_bounded_whatever_it_is_of() -> None:
    long = excerpt("+" + "x" * 1_000)
    assert (len(long), long[-1]) == (MAX_LINE, "…")
    for diff in ("+" + "y" * 500 + "\n", "x\n", "🧵" * 200 + "\n"):
        assert len(excerpt(diff * 10_000)) <= MAX_DIFF


def test_a_diff_that_is_gone_leaves_the_message_whole() -> None:
    artifacts = FakeArtifacts()
    assert diff_of(bare(), artifacts) == ""
    report = build_report()
    assert diff_of(report, artifacts) == ""
    verification = report.verification
    assert verification is not None
    digest = artifacts.put(DIFF.encode())
    patch = verification.patch.model_copy(update={"digest": digest})
    kept = report.model_copy(
        update={"verification": verification.model_copy(update={"patch": patch})}
    )
    assert diff_of(kept, artifacts) == DIFF
    artifacts.contents[digest] = b"changed"
    assert diff_of(kept, artifacts) == ""
