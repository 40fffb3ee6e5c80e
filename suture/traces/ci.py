"""Reads logs of CI jobs: failed tests, a crash, what a tool objected to, or why else it failed."""

from collections.abc import Sequence
from datetime import datetime

from suture.canonical import digest_of
from suture.domain.alert import Alert, AlertKind, AlertSource, ExceptionInfo, FailedTest
from suture.domain.value import Value
from suture.errors import InvalidInput
from suture.traces import bounds
from suture.traces.cause_lines import find_cause_lines
from suture.traces.ci_lines import clean_lines, last_time
from suture.traces.ci_signals import find_signal
from suture.traces.stacks import read_stack
from suture.traces.test_output import read_test_report
from suture.traces.tool_findings import as_exception, read_findings

ENVIRONMENT = "ci"
GAP = "[...]"


class _Failure(Value):
    kind: AlertKind
    title: str
    exceptions: tuple[ExceptionInfo, ...] = ()
    failed_tests: tuple[FailedTest, ...] = ()
    decisive: tuple[str, ...] = ()


def parse_ci_log(text: str, *, service: str, received_at: datetime) -> Alert:
    """Return the alert for a job's log: failed tests, else a stack trace, else decisive lines.

    Raises:
        InvalidInput: the log does not say that anything failed.
    """
    alert = find_ci_failure(text, service=service, received_at=received_at)
    if alert is None:
        raise InvalidInput("The log names no failed test and no other reason for a failure.")
    return alert


def find_ci_failure(text: str, *, service: str, received_at: datetime) -> Alert | None:
    """Return the alert for a job's log, or nothing if it tells of no failure.

    Raises:
        InvalidInput: the log is too long, or the service's name is none.
    """
    bounds.check_size(text)
    lines = clean_lines(text)
    failure = _tests(lines) or _crash_or_signal(lines)
    if failure is None:
        return None
    with bounds.refusing_misfits():
        return Alert(
            alert_id=digest_of([service, bounds.readable(text)]),
            source=AlertSource.CI_LOG,
            kind=failure.kind,
            service=service,
            environment=ENVIRONMENT,
            title=bounds.bounded_line(failure.title),
            occurred_at=min(last_time(text) or received_at, received_at),
            exceptions=failure.exceptions,
            failed_tests=failure.failed_tests,
            log=_log("\n".join(lines), failure.decisive),
        )


def _tests(lines: Sequence[str]) -> _Failure | None:
    report = read_test_report(lines)
    if not report.failed_tests:
        return None
    first = report.failed_tests[0]
    said = bounds.bounded_line(first.message)
    name = f"{first.node_id}: {said}" if said else first.node_id
    count = len(report.failed_tests)
    return _Failure(
        kind=AlertKind.TEST_FAILURE,
        title=f"Test failed: {name}" if count == 1 else f"{count} tests failed, first {name}",
        exceptions=report.exceptions,
        failed_tests=report.failed_tests,
    )


def _crash_or_signal(lines: Sequence[str]) -> _Failure | None:
    exceptions = read_stack("\n".join(lines))
    signal = find_signal(lines)
    own = any(frame.in_app for each in exceptions for frame in each.frames)
    # A tool's own traceback (pip's, say) tells less than the line in which it gave up.
    if exceptions and (own or signal is None):
        last = exceptions[-1]
        said = bounds.bounded_line(last.value)
        title = f"{last.type}: {said}" if said else last.type
        return _Failure(kind=AlertKind.EXCEPTION, title=title, exceptions=exceptions)
    if signal is None or not signal.ends_everything:
        found = _objection(lines)
        if found is not None:
            return found
    if signal is None:
        return None
    causes = [line.text.strip() for line in find_cause_lines("\n".join(lines))]
    told = signal.says_why or not causes
    return _Failure(
        kind=AlertKind.SIGNAL,
        title=signal.title if told else f"The job failed: {causes[0]}",
        decisive=tuple(dict.fromkeys([*causes, *signal.lines])),
    )


def _objection(lines: Sequence[str]) -> _Failure | None:
    """Return what a compiler, a type checker or a linter objected to first."""
    findings = read_findings(lines)
    if not findings:
        return None
    first = findings[0]
    return _Failure(
        kind=AlertKind.SIGNAL,
        title=f"{first.tool}: {first.path}:{first.lineno}: {first.said}",
        exceptions=(as_exception(first),),
        decisive=tuple(lines[finding.position].strip() for finding in findings),
    )


def _log(text: str, decisive: Sequence[str]) -> str:
    """Return the log's end, with the decisive lines before it where they would be cut off."""
    log = bounds.bounded_log(text)
    lost = [line for line in decisive if bounds.bounded_log(line) not in log]
    return bounds.bounded_log("\n".join([*lost, GAP, log[len(log) // 4 :]])) if lost else log
