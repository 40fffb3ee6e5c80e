"""The evidence gate: verified only if every observation speaks for the patch."""

import pytest

from suture.domain.patch import PatchNature
from suture.domain.verification import (
    Reproduction,
    Scrutiny,
    SuiteReport,
    TestCase,
    TestOutcome,
    VerdictReason,
)
from suture.verdict.gate import GateCase, StoredSuite, verify
from suture.verdict.oracle import Choice
from tests.verdict.observations import candidate, survivor


def stored(*failing: str, ran: bool = True) -> StoredSuite:
    cases = [TestCase(node_id="good", outcome=TestOutcome.PASSED)]
    cases += [TestCase(node_id=name, outcome=TestOutcome.FAILED) for name in failing]
    problem = "" if ran else "It was stopped."
    report = SuiteReport(ran=ran, cases=tuple(cases), problem=problem)
    return StoredSuite(report=report, digest="c" * 64)


BEST = survivor()
CHOICE = Choice(reason=VerdictReason.VERIFIED, best=BEST, explanation="It matches.")
PROVEN = GateCase(
    patch=BEST.candidate.patch,
    reproduction=Reproduction(reproduced=True),
    red_on_base=True,
    green_with_patch=True,
    red_without_fix=True,
    base_suite=stored("old"),
    patched_suite=stored("old"),
    choice=CHOICE,
)


def test_a_patch_is_verified_if_everything_speaks_for_it() -> None:
    verification = verify(PROVEN)
    assert verification.verified
    assert verification.red_green_red
    assert verification.reason is VerdictReason.VERIFIED
    assert "fails with the fix taken out" in verification.explanation
    assert verification.base_suite is not None
    assert verification.base_suite.failed == 1


HIDING = candidate(nature=PatchNature.HIDES_ERROR).patch


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"applies": False}, VerdictReason.DOES_NOT_APPLY),
        ({"violations": ("x must not be changed",)}, VerdictReason.OUTSIDE_BLAST_RADIUS),
        ({"reproduction": Reproduction(reproduced=False)}, VerdictReason.NOT_REPRODUCED),
        ({"red_on_base": False}, VerdictReason.NOT_REPRODUCED),
        ({"green_with_patch": False}, VerdictReason.STILL_RED),
        ({"red_without_fix": False}, VerdictReason.GREEN_WITHOUT_FIX),
        ({"base_suite": None}, VerdictReason.SUITE_DID_NOT_RUN),
        ({"patched_suite": None}, VerdictReason.SUITE_DID_NOT_RUN),
        ({"patched_suite": stored(ran=False)}, VerdictReason.SUITE_DID_NOT_RUN),
        ({"patched_suite": stored("old", "new")}, VerdictReason.NEW_FAILURES),
        ({"patched_suite": stored()}, VerdictReason.NEW_FAILURES),
        ({"patch": HIDING}, VerdictReason.HIDES_ERROR),
        ({"choice": None}, VerdictReason.WEAK_ORACLE),
        ({"scrutiny": Scrutiny(mutants=3, survivors=("a", "b", "c"))}, VerdictReason.WEAK_ORACLE),
        ({"choice": CHOICE.model_copy(update={"best": None})}, VerdictReason.WEAK_ORACLE),
        ({"choice": CHOICE.model_copy(update={"best": survivor(lines=7)})}, "weak_oracle"),
        (
            {"choice": CHOICE.model_copy(update={"reason": VerdictReason.WEAK_ORACLE})},
            VerdictReason.WEAK_ORACLE,
        ),
    ],
)
def test_a_single_objection_is_enough(change: dict[str, object], reason: VerdictReason) -> None:
    verification = verify(PROVEN.model_copy(update=change))
    assert not verification.verified
    assert verification.reason == reason
    assert verification.explanation


def test_mutants_that_the_test_misses_are_told_as_long_as_it_notices_one() -> None:
    scrutiny = Scrutiny(mutants=3, survivors=("`a < b` as `a <= b`", "`1` as `2`"))
    verification = verify(PROVEN.model_copy(update={"scrutiny": scrutiny}))
    assert verification.verified
    assert verification.scrutiny == scrutiny


def test_new_failures_are_named_and_flaky_tests_are_not_among_them() -> None:
    case = PROVEN.model_copy(update={"patched_suite": stored("old", "new")})
    assert verify(case).new_failures == ("new",)
    assert "new" in verify(case).explanation
    assert verify(case.model_copy(update={"flaky": ("new",)})).verified


def test_a_policy_may_refuse_what_no_test_runs() -> None:
    seen = Scrutiny(statements=2, covered_by_test=1, covered=1, uncovered=("shop.py:3",))
    told = PROVEN.model_copy(update={"scrutiny": seen})
    assert verify(told).verified
    verdict = verify(told.model_copy(update={"needs_coverage": True}))
    assert verdict.reason is VerdictReason.WEAK_ORACLE
    assert "No test runs what the patch changes at shop.py:3." in verdict.explanation
