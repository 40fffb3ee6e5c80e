"""The evidence gate: all observations of one patch, put together into one answer.

The order of the checks is the order in which a person would want to hear of them.
"""

from pydantic import Field

from suture.domain.patch import Patch, PatchNature
from suture.domain.usage import Usage
from suture.domain.value import Digest, Value
from suture.domain.verification import (
    Reproduction,
    Scrutiny,
    SuiteReport,
    SuiteSummary,
    VerdictReason,
    Verification,
)
from suture.verdict.oracle import Choice
from suture.verdict.suite import new_failures, summarise

MAX_NAMED = 5
SHOWN_FAILURES = 100
TELLING_MUTANTS = 3
"""So many variants of a fix, and not one that the test notices: it does not look at the fix."""


class StoredSuite(Value):
    """A suite report and the artifact that holds it."""

    report: SuiteReport
    digest: Digest


class GateCase(Value):
    """Everything that was observed of one patch. What was not observed counts as not so."""

    patch: Patch
    reproduction: Reproduction
    full_diff: Digest | None = None
    applies: bool = True
    violations: tuple[str, ...] = ()
    """What the policy says against the patch, see `suture.policy.blast_radius`."""
    red_on_base: bool = False
    """The regression test, or the project's own failing test, fails on the base as reported."""
    green_with_patch: bool = False
    red_without_fix: bool = False
    """It fails again with the fix taken out and everything else left in."""
    base_suite: StoredSuite | None = None
    patched_suite: StoredSuite | None = None
    flaky: tuple[str, ...] = ()
    choice: Choice | None = None
    """The oracle's answer; the patch must be its best."""
    scrutiny: Scrutiny | None = None
    needs_coverage: bool = False
    """The policy's `verified_needs_coverage`."""
    usage: Usage = Field(default_factory=Usage)


def verify(case: GateCase) -> Verification:
    """Return the gate's answer. Verified only if every single observation speaks for it."""
    failures = _failures(case)
    reason, explanation = _first_objection(case, failures)
    return Verification(
        verified=reason is VerdictReason.VERIFIED,
        reason=reason,
        explanation=explanation[:8_000],
        patch=case.patch,
        full_diff=case.full_diff,
        reproduction=case.reproduction,
        red_on_base=case.red_on_base,
        green_with_patch=case.green_with_patch,
        red_without_fix=case.red_without_fix,
        base_suite=_summary(case.base_suite, case.flaky),
        patched_suite=_summary(case.patched_suite, case.flaky),
        new_failures=failures[:SHOWN_FAILURES],
        scrutiny=case.scrutiny,
        usage=case.usage,
    )


def _summary(suite: StoredSuite | None, flaky: tuple[str, ...]) -> SuiteSummary | None:
    return summarise(suite.report, suite.digest, flaky) if suite else None


def _failures(case: GateCase) -> tuple[str, ...]:
    if case.base_suite is None or case.patched_suite is None or not case.patched_suite.report.ran:
        return ()
    return new_failures(case.base_suite.report, case.patched_suite.report, case.flaky)


Objection = tuple[VerdictReason, str]


def _first_objection(case: GateCase, failures: tuple[str, ...]) -> Objection:
    found = _about_patch(case) or _about_reproduction(case) or _about_suite(case, failures)
    return found or _about_oracle(case)


def _about_patch(case: GateCase) -> Objection | None:
    if not case.applies:
        return VerdictReason.DOES_NOT_APPLY, "The patch does not fit its base."
    if case.violations:
        text = f"The policy does not allow the patch: {'; '.join(case.violations[:MAX_NAMED])}."
        return VerdictReason.OUTSIDE_BLAST_RADIUS, text
    return None


def _about_reproduction(case: GateCase) -> Objection | None:
    if not case.reproduction.reproduced or not case.red_on_base:
        text = f"The failure was not reproduced on the base. {case.reproduction.reason}"
        return VerdictReason.NOT_REPRODUCED, text
    if not case.green_with_patch:
        return VerdictReason.STILL_RED, "The test still fails with the patch."
    if not case.red_without_fix:
        text = "The test passes even with the fix taken out, so it proves nothing."
        return VerdictReason.GREEN_WITHOUT_FIX, text
    return None


def _about_suite(case: GateCase, failures: tuple[str, ...]) -> Objection | None:
    patched = case.patched_suite
    if case.base_suite is None or patched is None or not patched.report.ran:
        problem = patched.report.problem if patched else ""
        text = f"The existing tests did not run with the patch. {problem}".strip()
        return VerdictReason.SUITE_DID_NOT_RUN, text
    if failures:
        shown = ", ".join(failures[:MAX_NAMED])
        text = (
            f"{len(failures)} existing tests fail, vanish or are skipped since the patch: {shown}."
        )
        return VerdictReason.NEW_FAILURES, text
    return None


def _about_oracle(case: GateCase) -> Objection:
    if case.patch.nature is PatchNature.HIDES_ERROR:
        return VerdictReason.HIDES_ERROR, "The patch only hides the error."
    choice = case.choice
    if choice is None or choice.best is None:
        return VerdictReason.WEAK_ORACLE, "Nothing says what the right answer is."
    if choice.best.candidate.patch != case.patch:
        return VerdictReason.WEAK_ORACLE, "Another patch was judged than this one."
    seen = case.scrutiny
    if seen is not None and len(seen.survivors) == seen.mutants >= TELLING_MUTANTS:
        text = f"The test notices none of {seen.mutants} small changes to the fix."
        return VerdictReason.WEAK_ORACLE, text
    if case.needs_coverage and seen is not None and seen.uncovered:
        shown = ", ".join(seen.uncovered[:MAX_NAMED])
        return VerdictReason.WEAK_ORACLE, f"No test runs what the patch changes at {shown}."
    text = choice.explanation
    if choice.verified:
        proof = "It fails on the base, passes with the patch and fails with the fix taken out;"
        text = f"{proof} the existing tests show no new failure. {text}"
    return choice.reason, text
