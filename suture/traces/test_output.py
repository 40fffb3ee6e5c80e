"""Reads the failed tests of an output, whichever runner wrote it."""

from collections.abc import Callable, Sequence

from suture.traces.go_tests import read_go_tests
from suture.traces.java_tests import read_java_tests
from suture.traces.javascript_tests import read_javascript_tests
from suture.traces.pytest_output import read_python_tests
from suture.traces.test_report import TestReport

READERS: tuple[Callable[[Sequence[str]], TestReport], ...] = (
    read_python_tests,
    read_go_tests,
    read_java_tests,
    read_javascript_tests,
)
NOTHING = TestReport(failed_tests=(), exceptions=())


def read_test_report(lines: Sequence[str]) -> TestReport:
    """Return the failed tests of cleaned lines; none if it is no test run, or nothing failed."""
    return next((found for read in READERS if (found := read(lines)).failed_tests), NOTHING)
