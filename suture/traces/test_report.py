"""What a test run's output says, whichever runner wrote it."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from suture.domain.alert import ExceptionInfo, FailedTest
from suture.traces import bounds

MAX_FAILED_TESTS = 500
MAX_SECTION_LINES = 5_000


@dataclass(frozen=True)
class TestReport:
    """The failed tests of an output; none if it is no test run, or nothing failed."""

    __test__ = False

    failed_tests: tuple[FailedTest, ...]
    exceptions: tuple[ExceptionInfo, ...]
    """The chain of the first failed test that shows one."""


@dataclass(frozen=True)
class Failure:
    """One failed test as its section of the output shows it."""

    node_id: str
    chain: tuple[ExceptionInfo, ...]
    message: str = ""


def report_of(failures: Iterable[Failure]) -> TestReport:
    """Return the report of failures in the output's order; a test that failed twice is one."""
    unique: dict[str, Failure] = {}
    for failure in islice(failures, 4 * MAX_FAILED_TESTS):
        known = unique.setdefault(failure.node_id, failure)
        if not known.chain and failure.chain:
            unique[failure.node_id] = failure
    kept = tuple(islice(unique.values(), MAX_FAILED_TESTS))
    shown = (failure.chain for failure in kept if any(each.frames for each in failure.chain))
    return TestReport(failed_tests=tuple(map(_failed_test, kept)), exceptions=next(shown, ()))


def _failed_test(failure: Failure) -> FailedTest:
    said = failure.message
    if failure.chain:
        last = failure.chain[-1]
        said = f"{last.type}: {last.value}" if last.value else last.type
    return FailedTest(
        node_id=bounds.bounded_line(failure.node_id),
        message=bounds.bounded(said, bounds.MAX_MESSAGE_CHARACTERS),
    )
