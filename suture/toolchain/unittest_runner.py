"""What runs inside the sandbox in place of `python -m unittest`. Standard library only.

    python unittest_runner.py REPORT ARGUMENTS OF UNITTEST

It loads the tests as unittest does, and writes JUnit XML with the file of each test, so that its
ids are pytest's.
"""

import sys
import time
import traceback
import unittest
from pathlib import Path
from types import TracebackType
from xml.sax.saxutils import quoteattr

ErrorInfo = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]
MAX_MESSAGE = 2_000


class Report(unittest.TextTestResult):
    """Keeps the worst that happened to each test."""

    rows: dict[str, tuple[str, str, float]]
    """Kind, message and seconds by id."""
    started: float

    def startTestRun(self) -> None:  # noqa: N802 -- unittest's name
        """Begin with nothing."""
        self.rows, self.started = {}, time.monotonic()

    def startTest(self, test: unittest.TestCase) -> None:  # noqa: N802 -- unittest's name
        """Take the time."""
        self.started = time.monotonic()
        super().startTest(test)

    def stopTest(self, test: unittest.TestCase) -> None:  # noqa: N802 -- unittest's name
        """Of what nothing was heard, that has passed."""
        self.keep(test, "passed", "")
        super().stopTest(test)

    def addFailure(self, test: unittest.TestCase, err: ErrorInfo) -> None:  # noqa: N802 -- unittest's name
        """Keep a failed assertion."""
        self.keep(test, "failure", said(err))
        super().addFailure(test, err)

    def addError(self, test: unittest.TestCase, err: ErrorInfo) -> None:  # noqa: N802 -- unittest's name
        """Keep an exception: a failure of a test, an error of what is none."""
        self.keep(test, "failure" if is_test(test) else "error", said(err))
        super().addError(test, err)

    def addSubTest(  # noqa: N802 -- unittest's name
        self, test: unittest.TestCase, subtest: unittest.TestCase, err: ErrorInfo | None
    ) -> None:
        """Keep the failure of a part."""
        if err is not None:
            self.keep(test, "failure", said(err))
        super().addSubTest(test, subtest, err)

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:  # noqa: N802 -- unittest's name
        """Keep why it was skipped."""
        self.keep(test, "skipped", reason)
        super().addSkip(test, reason)

    def addExpectedFailure(self, test: unittest.TestCase, err: ErrorInfo) -> None:  # noqa: N802 -- unittest's name
        """Take an expected failure for as little as a skipped test."""
        self.keep(test, "skipped", "expected failure")
        super().addExpectedFailure(test, err)

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:  # noqa: N802 -- unittest's name
        """What should have failed and did not is a failure."""
        self.keep(test, "failure", "unexpected success")
        super().addUnexpectedSuccess(test)

    def keep(self, test: object, kind: str, message: str) -> None:
        """Keep what happened, unless something worse is known."""
        name = node_id(test)
        if name not in self.rows or kind in {"failure", "error"}:
            self.rows[name] = (kind, message, time.monotonic() - self.started)


class Runner(unittest.TextTestRunner):
    """Runs tests as unittest does, and keeps what happened."""

    def _makeResult(self) -> Report:  # noqa: N802 -- unittest's name
        return Report(self.stream, self.descriptions, self.verbosity)


def xml(rows: dict[str, tuple[str, str, float]]) -> str:
    """Return the rows as pytest's older kind of JUnit XML."""
    lines = []
    for name, (kind, message, seconds) in rows.items():
        file, *inner = name.split("::")
        module = file.removesuffix(".py").replace("/", ".")
        row = {
            "file": file if inner else "",
            "classname": ".".join([module, *inner[:-1]]) if inner else "",
            "name": inner[-1] if inner else name,
            "time": f"{seconds:.3f}",
        }
        told = " ".join(f"{key}={attribute(value)}" for key, value in row.items())
        detail = "" if kind == "passed" else f"<{kind} message={attribute(message)}/>"
        lines.append(f"<testcase {told}>{detail}</testcase>")
    return "\n".join(["<testsuites><testsuite>", *lines, "</testsuite></testsuites>"])


def attribute(text: str) -> str:
    """Return a quoted attribute; what XML cannot hold is left out."""
    return quoteattr("".join(c for c in text[:MAX_MESSAGE] if c in "\t\n" or c.isprintable()))


def said(err: ErrorInfo) -> str:
    """Return an exception's own last lines."""
    return "".join(traceback.format_exception_only(err[0], err[1])).strip()


def is_test(test: object) -> bool:
    """Tell a test from what stands in for a module or fixture that failed."""
    return isinstance(test, unittest.TestCase) and not type(test).__module__.startswith("unittest")


def node_id(test: object) -> str:
    """Return pytest's id of a test; another name of what is none."""
    if not isinstance(test, unittest.TestCase) or not is_test(test):
        return str(test)
    place = Path(getattr(sys.modules[type(test).__module__], "__file__", "") or "")
    here = Path.cwd()
    file = place.relative_to(here) if place.is_relative_to(here) else place
    names = type(test).__qualname__.split(".")
    return "::".join([file.as_posix(), *names, test.id().rpartition(".")[2]])


def main(arguments: list[str]) -> bool:
    """Run what the arguments say, and tell whether all was well."""
    place, *own = arguments
    sys.path.insert(0, str(Path.cwd()))
    program = unittest.main(
        module=None, argv=["python -m unittest", *own], testRunner=Runner, exit=False
    )
    result = program.result
    report = xml(getattr(result, "rows", {}))
    Path(place).write_text(report, encoding="utf-8", errors="replace")
    return result.wasSuccessful()


if __name__ == "__main__":
    sys.exit(not main(sys.argv[1:]))
