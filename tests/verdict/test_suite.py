"""Test suites: hostile reports, real runs of pytest and unittest, and every way to get worse."""

import subprocess
import sys
from pathlib import Path

import pytest

from suture.domain.verification import SuiteReport, TestCase, TestOutcome
from suture.errors import InvalidInput
from suture.verdict.commands import pytest_command, select_tests
from suture.verdict.junit import parse_junit
from suture.verdict.suite import SuiteRun, flaky_tests, new_failures, read_suite, summarise
from tests.reproduction.production import write

PASSED, FAILED = TestOutcome.PASSED, TestOutcome.FAILED
ERROR, SKIPPED = TestOutcome.ERROR, TestOutcome.SKIPPED

TESTS = """
import pytest, unittest

def test_good(): pass
def test_bad(): assert 1 == 2
def test_skip(): pytest.skip("later")
@pytest.mark.xfail
def test_expected(): assert 0
@pytest.mark.parametrize("value", [object(), "a/b"])
def test_many(value): pass
class TestGroup:
    def test_inner(self): pass
class Old(unittest.TestCase):
    def test_old(self): pass
@pytest.fixture
def broken(): raise RuntimeError("no")
def test_fixture(broken): pass
"""
UNITTESTS = """
import unittest
class Old(unittest.TestCase):
    def test_good(self): pass
    def test_bad(self): self.fail("x")
    def test_error(self): raise KeyError("x")
    @unittest.skip("later")
    def test_skip(self): pass
    @unittest.expectedFailure
    def test_expected(self): self.fail("x")
"""


def suite(**outcomes: TestOutcome) -> SuiteReport:
    cases = tuple(TestCase(node_id=name, outcome=kind) for name, kind in outcomes.items())
    return SuiteReport(ran=True, cases=cases)


ONE_FAILED = '<testsuite><testcase name="a"><failure/></testcase></testsuite>'


def execute(argv: tuple[str, ...], folder: Path) -> SuiteRun:
    words = [sys.executable if word == "python" else word for word in argv]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    report = folder / "report.xml"
    return SuiteRun(
        exit_code=done.returncode,
        report=report.read_text() if report.exists() else None,
        output=done.stdout + done.stderr,
    )


def test_a_real_pytest_run_is_read(tmp_path: Path) -> None:
    write(tmp_path, {"tests/test_a.py": TESTS, "tests/test_broken.py": "import nowhere\n"})
    report = read_suite(execute(pytest_command("python -m pytest -q", "report.xml"), tmp_path))
    outcomes = {case.node_id: case.outcome for case in report.cases}
    assert report.ran
    assert outcomes["tests/test_a.py::test_good"] is PASSED
    assert outcomes["tests/test_a.py::test_bad"] is FAILED
    assert outcomes["tests/test_a.py::test_skip"] is SKIPPED
    assert outcomes["tests/test_a.py::test_expected"] is SKIPPED
    assert outcomes["tests/test_a.py::test_fixture"] is ERROR
    assert outcomes["tests/test_a.py::TestGroup::test_inner"] is PASSED
    assert outcomes["tests/test_a.py::Old::test_old"] is PASSED
    assert outcomes["tests/test_a.py::test_many[a/b]"] is PASSED
    assert ERROR in {outcomes[name] for name in outcomes if "test_broken" in name}
    summary = summarise(report, "a" * 64, ["z", "b"])
    assert (summary.passed, summary.failed, summary.skipped) == (5, 3, 2)
    assert summary.flaky == ("b", "z")


def test_only_the_chosen_tests_run(tmp_path: Path) -> None:
    write(tmp_path, {"tests/test_a.py": TESTS, "tests/test_b.py": TESTS})
    chosen = ("tests/test_a.py::test_good", "--pdb", "tests/test_a.py::TestGroup::test_inner")
    argv = select_tests("python -m pytest -q -k 'not zzz' tests", chosen, "report.xml")
    report = read_suite(execute(argv, tmp_path))
    assert {case.node_id for case in report.cases} == {chosen[0], chosen[2]}


def test_a_command_with_shell_syntax_gets_its_options_too(tmp_path: Path) -> None:
    write(tmp_path, {"tests/test_a.py": "def test_a(): pass\n"})
    command = f"X=1 && {sys.executable} -m pytest -q | cat"
    report = read_suite(execute(pytest_command(command, "report.xml", ["-v"]), tmp_path))
    assert [case.node_id for case in report.cases] == ["tests/test_a.py::test_a"]


def test_real_unittest_output_is_read(tmp_path: Path) -> None:
    write(tmp_path, {"test_a.py": UNITTESTS})
    run = execute(("python", "-m", "unittest"), tmp_path)
    report = read_suite(run)
    assert report.ran
    outcomes = [case.outcome for case in report.cases]
    assert sorted(outcomes) == sorted([PASSED, FAILED, ERROR, SKIPPED, SKIPPED])
    write(tmp_path, {"test_a.py": "import unittest\n"})
    assert not read_suite(execute(("python", "-c", "print('hi')"), tmp_path)).ran


def test_pytest_output_is_read_where_there_is_no_report(tmp_path: Path) -> None:
    write(tmp_path, {"tests/test_a.py": TESTS})
    report = read_suite(execute(("python", "-m", "pytest"), tmp_path))
    outcomes = [case.outcome for case in report.cases]
    assert (outcomes.count(PASSED), outcomes.count(SKIPPED)) == (5, 2)
    assert {case.node_id for case in report.cases if case.outcome is FAILED} == {
        "tests/test_a.py::test_bad"
    }


@pytest.mark.parametrize(
    ("run", "problem"),
    [
        (SuiteRun(exit_code=None, limit="memory"), "limit on memory"),
        (SuiteRun(exit_code=None), "limit on time"),
        (SuiteRun(exit_code=2, report="<testsuites/>"), "code 2"),
        (SuiteRun(exit_code=0, report="<html/>"), "no JUnit"),
        (
            SuiteRun(exit_code=0, report=ONE_FAILED),
            "does not fit",
        ),
        (SuiteRun(exit_code=1), "names no tests"),
        (SuiteRun(exit_code=0, output="Ran 3 tests in 0.1s\n"), "come to its end"),
        (SuiteRun(exit_code=1, output="Ran 3 tests in 0.1s\n\nOK\n"), "does not fit"),
        (SuiteRun(exit_code=0, output="FAILED a::b - x\n1 failed in 0.1s\n"), "does not fit"),
    ],
)
def test_a_run_that_cannot_be_believed_did_not_run(run: SuiteRun, problem: str) -> None:
    report = read_suite(run)
    assert not report.ran
    assert problem in report.problem


def test_a_command_that_fails_without_a_failing_test_is_a_failure_of_its_own() -> None:
    junit = '<testsuite><testcase name="a" time="0.5"/></testsuite>'
    low_coverage = read_suite(SuiteRun(exit_code=1, report=junit))
    fine = read_suite(SuiteRun(exit_code=0, report=junit))
    assert low_coverage.ran
    assert new_failures(low_coverage, low_coverage) == ()
    assert new_failures(fine, low_coverage) == ("the test command itself",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no xml",
        "<a/>",
        '<!DOCTYPE x [<!ENTITY a "b">]><testsuites>&a;</testsuites>',
        '<!DOCTYPE x SYSTEM "file:///etc/passwd"><testsuites/>',
        "<testsuites>" + "<a>" * 40 + "</a>" * 40 + "</testsuites>",
    ],
)
def test_hostile_reports_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_junit(text)


def test_reports_are_bounded() -> None:
    with pytest.raises(InvalidInput, match="too large"):
        parse_junit(" " * (33 << 20))
    many = "".join(f'<testcase name="{number}"/>' for number in range(100_001))
    with pytest.raises(InvalidInput, match="too many"):
        parse_junit(f"<testsuite>{many}</testsuite>")


def test_odd_attributes_do_no_harm() -> None:
    cases = parse_junit(
        "<testsuite><failure/>"
        '<testcase name="a" classname="x.Y" time="soon"/>'
        '<testcase name="b[&lt;o at 0x7f001122&gt;]" file="t.py" classname="other" time="-1"/>'
        '<testcase name="a" classname="x.Y" time="1"><failure/><error/><skipped/></testcase>'
        '<testcase name="a" classname="x.Y"/><system-out/></testsuite>'
    )
    assert {(case.node_id, case.outcome) for case in cases} == {
        ("x.Y::a", FAILED),
        ("t.py::b[<o at 0x>]", PASSED),
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (PASSED, FAILED),
        (PASSED, ERROR),
        (PASSED, SKIPPED),
        (PASSED, None),
        (SKIPPED, FAILED),
        (SKIPPED, None),
        (FAILED, None),
        (FAILED, SKIPPED),
        (None, FAILED),
    ],
)
def test_every_way_to_get_worse_counts(
    before: TestOutcome | None, after: TestOutcome | None
) -> None:
    base = suite(**({"t": before} if before else {}))
    patched = suite(**({"t": after} if after else {}))
    assert new_failures(base, patched) == ("t",)
    assert new_failures(base, patched, flaky=["t"]) == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (PASSED, PASSED),
        (FAILED, PASSED),
        (FAILED, ERROR),
        (SKIPPED, PASSED),
        (SKIPPED, SKIPPED),
        (None, PASSED),
        (None, SKIPPED),
    ],
)
def test_what_got_no_worse_does_not_count(before: TestOutcome | None, after: TestOutcome) -> None:
    base = suite(**({"t": before} if before else {}))
    assert new_failures(base, suite(t=after)) == ()


def test_a_suite_that_does_not_run_fails_whole() -> None:
    dead = SuiteReport(ran=False, problem="no")
    assert new_failures(suite(t=PASSED), dead) == ("the suite: no",)
    known = SuiteReport(ran=False, cases=suite(t=FAILED).cases)
    assert new_failures(known, suite(t=FAILED)) == ("t",)
    assert new_failures(known, suite(t=PASSED)) == ()


def test_tests_that_differ_between_equal_runs_are_flaky() -> None:
    runs = [suite(a=PASSED, b=PASSED), suite(a=FAILED, b=PASSED)]
    assert flaky_tests(runs) == ("a",)


@pytest.mark.parametrize(
    ("command", "start"),
    [
        ("pytest -q", ("pytest", "-q")),
        ("pytest -q tests -n 2 -x", ("pytest", "-q", "-n", "2", "-x")),
        ("make test", ("python", "-m", "pytest", "-q")),
        ("python -m pytest | tee log", ("python", "-m", "pytest", "-q")),
        ("pytest 'unclosed", ("python", "-m", "pytest", "-q")),
    ],
)
def test_selecting_tests_keeps_the_commands_options(command: str, start: tuple[str, ...]) -> None:
    argv = select_tests(command, ["a.py::b"], "out.xml", ["-vv"])
    assert argv[: len(start)] == start
    assert argv[-3:] == ("--junitxml=out.xml", "-vv", "a.py::b")


def test_other_runners_are_asked_through_the_environment() -> None:
    shell, option, text = pytest_command("make test", "out dir/report.xml")
    assert (shell, option) == ("sh", "-c")
    assert text.endswith("\nmake test")
    assert "'--junitxml=out dir/report.xml'" in text.replace("'\"'\"'", "'")


def test_a_test_that_fails_and_leaves_its_teardown_in_error_has_failed() -> None:
    case = '<testcase name="test_a" classname="tests.test_a" file="tests/test_a.py">{}</testcase>'
    text = case.format('<failure message="wrong"/>') + case.format('<error message="left open"/>')
    (read,) = parse_junit(f"<testsuite>{text}</testsuite>")
    assert read.outcome is TestOutcome.FAILED
    assert read.message == "wrong"
