"""What the existing tests say: reading a run, and comparing the patched tree with the base."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence

from pydantic import Field

from suture.domain.value import Digest, Value
from suture.domain.verification import SuiteReport, SuiteSummary, TestCase, TestOutcome
from suture.errors import InvalidInput
from suture.verdict.junit import MAX_CASES, MAX_MESSAGE, parse_junit, stable_id

MAX_OUTPUT = 64 << 10
BAD = frozenset({TestOutcome.FAILED, TestOutcome.ERROR})

COMMAND_FAILED = TestCase(
    node_id="the test command itself",
    outcome=TestOutcome.FAILED,
    message="No test failed, but the command did, as with a bound on coverage.",
)

LOADS = "::(loads)"
"""Ends the id of what stands for a file or package that was loaded or built to run its tests."""

UNITTEST_TOTAL = re.compile(r"^Ran (\d{1,9}) tests? in ", re.MULTILINE)
UNITTEST_END = re.compile(r"^(?:OK|FAILED)(?: \((?P<counts>[^)\n]*)\))?$", re.MULTILINE)
UNITTEST_BAD = re.compile(r"^(FAIL|ERROR): (\S[^\n]{0,999})$", re.MULTILINE)
PYTEST_BAD = re.compile(r"^(FAILED|ERROR) (\S+?)(?: - ([^\n]*))?$", re.MULTILINE)
PYTEST_END = re.compile(r"^[= ]*((?:\d{1,9} [a-z]+(?:, )?)+) in \d", re.MULTILINE)
COUNT = re.compile(r"(\d{1,9}) ([a-z]+)")


class Ends(Value):
    """What a runner's exit codes mean; every other one says that the runner itself failed."""

    fine: frozenset[int] = frozenset({0})
    failed: frozenset[int] = frozenset({1})
    """Some test failed, or whatever else the command looks at."""


PYTEST_ENDS = Ends(fine=frozenset({0, 5}))
"""All passed, some failed, none collected."""


class SuiteRun(Value):
    """What one run of the test command left behind."""

    exit_code: int | None
    """None when a limit ended it."""
    report: str | None = None
    """What the runner wrote as its report, if it was written."""
    output: str = ""
    """Standard output and error."""
    limit: str | None = None
    """Which limit ended the run."""
    seconds: float = Field(default=0.0, ge=0)


def read_suite(run: SuiteRun) -> SuiteReport:
    """Return the report of a run of pytest; never fails, a run that cannot be read did not run."""
    if run.exit_code is None or run.report is not None:
        return read_report(run, parse_junit, PYTEST_ENDS)
    cases, problem = _from_output(run)
    return reported(run, cases, problem)


def read_report(
    run: SuiteRun, parse: Callable[[str], tuple[TestCase, ...]], ends: Ends
) -> SuiteReport:
    """Return what a runner's own report says, held against its exit code."""
    if run.exit_code is None:
        return reported(run, (), f"It was stopped by the limit on {run.limit or 'time'}.")
    if run.report is None:
        said = f"It ended with code {run.exit_code} and left no report."
        return reported(run, (), f"{said} {run.output.strip()[-MAX_MESSAGE:]}".strip())
    try:
        cases = parse(run.report)
    except InvalidInput as error:
        return reported(run, (), f"Its report cannot be read: {error}")
    failed = any(case.outcome in BAD for case in cases)
    if run.exit_code not in ends.fine | ends.failed:
        return reported(run, cases, f"The runner ended with code {run.exit_code}.")
    if failed and run.exit_code not in ends.failed:
        return reported(run, cases, f"Its report does not fit its exit code {run.exit_code}.")
    if run.exit_code in ends.failed and not failed:
        cases = (*cases, COMMAND_FAILED)
    return reported(run, cases, "")


def reported(run: SuiteRun, cases: tuple[TestCase, ...], problem: str) -> SuiteReport:
    """Return a report; one with a problem did not run."""
    return SuiteReport(
        ran=not problem,
        cases=cases,
        problem=problem[:8_000],
        seconds=run.seconds,
        output=run.output[-MAX_OUTPUT:],
    )


def _from_output(run: SuiteRun) -> tuple[tuple[TestCase, ...], str]:
    """Read what unittest or pytest print, where there is no report.

    Both name only what failed. The others are counted, and stand as numbered cases, so that one
    that vanishes is missed.
    """
    output = run.output[-(1 << 20) :]
    if total := list(UNITTEST_TOTAL.finditer(output)):
        ends = list(UNITTEST_END.finditer(output, total[-1].end()))
        if not ends:
            return (), "The runner did not come to its end."
        pairs = re.findall(r"([a-z ]+)=(\d{1,9})", ends[-1]["counts"] or "")
        counts = {name.strip(): int(number) for name, number in pairs}
        bad = [(kind, name, "") for kind, name in UNITTEST_BAD.findall(output)]
        skipped = counts.get("skipped", 0) + counts.get("expected failures", 0)
        passed = int(total[-1].group(1)) - len(bad) - skipped
    elif ends := list(PYTEST_END.finditer(output)):
        counts = {name: int(number) for number, name in COUNT.findall(ends[-1].group(1))}
        bad = PYTEST_BAD.findall(output)
        skipped = counts.get("skipped", 0) + counts.get("xfailed", 0)
        passed = counts.get("passed", 0) + counts.get("xpassed", 0)
    else:
        return (), f"It ended with code {run.exit_code} and names no tests."
    if (run.exit_code == 0) == bool(bad):
        return (), f"What it printed does not fit its exit code {run.exit_code}."
    return tuple(_counted(bad, passed, skipped)), ""


def _counted(bad: list[tuple[str, str, str]], passed: int, skipped: int) -> Iterator[TestCase]:
    for kind, name, message in bad[:MAX_CASES]:
        outcome = TestOutcome.ERROR if kind == "ERROR" else TestOutcome.FAILED
        yield TestCase(node_id=stable_id(name), outcome=outcome, message=message[:MAX_MESSAGE])
    for outcome, count in ((TestOutcome.PASSED, passed), (TestOutcome.SKIPPED, skipped)):
        for number in range(min(count, MAX_CASES)):
            yield TestCase(node_id=f"{outcome.value} test #{number + 1}", outcome=outcome)


def flaky_tests(runs: Sequence[SuiteReport]) -> tuple[str, ...]:
    """Return tests whose outcome differs between identical runs.

    Give it runs of the base only. A test that is steady on the base and unsteady with the patch has
    been made flaky by the patch, and that is a new failure.
    """
    seen: dict[str, set[TestOutcome]] = {}
    for run in runs:
        for case in run.cases:
            seen.setdefault(case.node_id, set()).add(case.outcome)
    return tuple(sorted(name for name, outcomes in seen.items() if len(outcomes) > 1))


def new_failures(
    base: SuiteReport, patched: SuiteReport, flaky: Collection[str] = ()
) -> tuple[str, ...]:
    """Return the tests that speak against the patch, by node id.

    A test counts that fails and did not fail before, that is not there any more, or that is now
    skipped or expected to fail and was not before. A suite that does not run at all fails whole.
    """
    if not patched.ran:
        return (f"the suite: {patched.problem}"[:500],)
    before = {case.node_id: case.outcome for case in base.cases}
    after = {case.node_id: case.outcome for case in patched.cases}
    counted = set(before) | set(after)
    return tuple(
        sorted(
            name
            for name in counted - set(flaky)
            if _is_worse(before.get(name), after.get(name), known=base.ran)
        )
    )


def _is_worse(before: TestOutcome | None, after: TestOutcome | None, *, known: bool) -> bool:
    if after is None:
        return True
    if after in BAD:
        return before not in BAD or not known
    return after is TestOutcome.SKIPPED and before not in {TestOutcome.SKIPPED, None}


def summarise(report: SuiteReport, digest: Digest, flaky: Collection[str] = ()) -> SuiteSummary:
    """Return what histories hold of a report that is stored under this digest."""
    tests = (case for case in report.cases if case.outcome in BAD or LOADS not in case.node_id)
    counts = Counter(case.outcome for case in tests)
    return SuiteSummary(
        report=digest,
        ran=report.ran,
        passed=counts[TestOutcome.PASSED],
        failed=counts[TestOutcome.FAILED] + counts[TestOutcome.ERROR],
        skipped=counts[TestOutcome.SKIPPED],
        flaky=tuple(sorted(flaky))[:100],
    )
