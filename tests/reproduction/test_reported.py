"""Whether a failing test of another language fails as the alert reports."""

import pytest

from suture.domain.alert import AlertKind, ExceptionInfo
from suture.domain.evidence import Evidence, Location
from suture.domain.verification import SuiteReport, TestCase, TestOutcome
from suture.reproduction.reported import ReportedFailure, reported_failure
from suture.verdict.suite import LOADS
from tests.builders.stage import report

SOURCE = "function first(a) {\n  return a.b;\n}\nfunction other(a) {\n  return a.b;\n}\n"
VALUE = "Cannot read properties of undefined (reading 'b')"
GO = "package a\n\nfunc F(n int) int {\n\treturn all[n]\n}\n"
PANIC = (
    "panic: runtime error: index out of range [{}] with length 3 [recovered]\n\n"
    "goroutine 7 [running]:\npanic({{0x1, 0x2}})\n\t/usr/lib/go/panic.go:5 +0x1\n"
    "example.com/b/a.F(...)\n\t/work/a/a.go:{}\n"
    "example.com/b/a.TestX(0x0)\n\t/work/a/a_test.go:5 +0x1\n"
)


def failure(path: str, source: str, line: int, error: ExceptionInfo) -> ReportedFailure:
    alert = report(kind=AlertKind.EXCEPTION, exceptions=(error,))
    place = Location(path=path, line=line, function="first")
    files = frozenset({path, "test/x.test.js"})
    found = reported_failure(alert, Evidence(base_sha="a" * 40), place, source, files)
    assert found is not None
    return found


SCRIPT = failure("lib/f.js", SOURCE, 2, ExceptionInfo(type="TypeError", value=VALUE))
PANICS = failure(
    "a/a.go",
    GO,
    4,
    ExceptionInfo(type="panic", value="runtime error: index out of range [9] with length 0"),
)


def run(message: str, outcome: TestOutcome = TestOutcome.FAILED) -> SuiteReport:
    loads = TestCase(node_id=f"test/x.test.js{LOADS}", outcome=TestOutcome.PASSED)
    case = TestCase(node_id="test/x.test.js::f", outcome=outcome, message=message)
    return SuiteReport(ran=True, cases=(loads, case))


def thrown(
    error: str = "TypeError", said: str = VALUE, place: str = "/work/lib/f.js:2:12"
) -> SuiteReport:
    return run(f"{error}: {said}\n    at first ({place})\n    at /work/test/x.test.js:5:3\n")


def test_the_same_error_in_the_same_function_is_what_was_reported() -> None:
    assert SCRIPT.objection(thrown()) == ""
    assert SCRIPT.objection(thrown(said="Cannot read property 'c' of undefined")) == ""
    assert PANICS.objection(run(PANIC.format(3, 4))) == ""


@pytest.mark.parametrize(
    ("seen", "objection"),
    [
        (SuiteReport(ran=False, problem="No runner."), "It did not run. No runner."),
        (SuiteReport(ran=True), "It did not run."),
        (run("", TestOutcome.PASSED), "It does not fail on the base."),
        (run("It was not run.", TestOutcome.ERROR), "It could not be run"),
        (thrown(error="RangeError"), "does not fail with TypeError"),
        (thrown(said="Cannot read properties of null (reading 'b')"), "does not fail with"),
        (thrown(place="/work/lib/f.js:5:12"), "does not fail with"),
        (thrown(place="/work/lib/f.js:3000:1"), "does not fail with"),
        (thrown(place="/work/test/x.test.js:2:12"), "does not fail with"),
        (run("TypeError: undefined"), "does not fail with"),
        (thrown(place="node:internal/timers:5:1").model_copy(), "does not fail with"),
        (run(f"TypeError: {VALUE}\n    at f (node:internal/timers:5:1)\n"), "does not fail with"),
    ],
)
def test_anything_else_is_not(seen: SuiteReport, objection: str) -> None:
    assert objection in SCRIPT.objection(seen)


def test_what_go_calls_a_panic_is_told_apart_by_its_message() -> None:
    other = run(PANIC.format(3, 4).replace("index out of range [3] with length 3", "nil map"))
    assert "does not fail with panic" in PANICS.objection(other)


def test_an_alert_without_an_error_or_in_an_unread_language_shows_nothing() -> None:
    evidence, place = Evidence(base_sha="a" * 40, exception=0), Location(path="a.js", line=1)
    none = report(kind=AlertKind.EXCEPTION)
    assert reported_failure(none, evidence, place, "", frozenset()) is None
    cause = ExceptionInfo(type="Cause", value="")
    chain = report(kind=AlertKind.EXCEPTION, exceptions=(cause, ExceptionInfo(type="E", value="")))
    found = reported_failure(chain, evidence, place, "", frozenset())
    assert found is not None
    assert found.error == cause
    for path in ("a.txt", "a.py"):
        moved = place.model_copy(update={"path": path})
        assert reported_failure(chain, evidence, moved, "", frozenset()) is None
