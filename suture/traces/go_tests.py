"""Reads what `go test` prints of failed tests: https://pkg.go.dev/cmd/go#hdr-Test_packages.

A test's id is `package::Test/sub`. Of a test that failed because of a part of it, the part
counts.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from suture.domain.alert import ExceptionInfo, Frame
from suture.traces import bounds
from suture.traces.chain import frame_of
from suture.traces.golang import read_go
from suture.traces.test_report import MAX_SECTION_LINES, Failure, TestReport, report_of

FAILED = re.compile(r"^\s*--- FAIL: (?P<name>[^\s]{1,400}) \(\d[\d.]{0,12}s\)$")
OTHER = re.compile(r"^\s*--- (?:PASS|SKIP|BENCH): ")
RUNNING = re.compile(r"^=== (?:RUN|CONT|NAME|PAUSE) +(?P<name>[^\s]{1,400})$")
PACKAGE = re.compile(r"^(?:FAIL|ok  )\t(?P<package>[^\s]{1,400})\s")
END = re.compile(r"^(?:FAIL|PASS|ok  \t.*|exit status \d+|FAIL\t.*|\?   \t.*)$")
SAID = re.compile(r"^\s+(?P<file>[^\s:()]{1,300}\.go):(?P<line>\d{1,9}): ?(?P<said>.*)$")
RACED = "race detected during execution of test"
TRACE = re.compile(r"^\s*Error Trace:\s+(?P<file>\S{1,400}\.go):(?P<line>\d{1,9})$")


@dataclass
class _Test:
    name: str
    body: list[str] = field(default_factory=list)
    above: list[str] = field(default_factory=list)
    """What its package printed before, outside any test: where the race detector reports."""


def read_go_tests(lines: Sequence[str]) -> TestReport:
    """Return the failed tests of an output of `go test`."""
    return report_of(_failures(lines))


def _failures(lines: Sequence[str]) -> Iterator[Failure]:
    tests: list[_Test] = []
    before: dict[str, list[str]] = {}
    loose: list[str] = []
    current = loose
    for line in lines:
        if match := FAILED.match(line):
            # With `-v` a test's output stands before its result, else after it.
            tests.append(_Test(match["name"], before.pop(match["name"], []), loose))
            current = tests[-1].body
        elif match := RUNNING.match(line):
            current = before.setdefault(match["name"], [])
        elif match := PACKAGE.match(line):
            yield from _of_package(match["package"], tests)
            tests, before, loose = [], {}, []
            current = loose
        elif OTHER.match(line) or END.match(line):
            current = loose
        elif len(current) < MAX_SECTION_LINES:
            current.append(line)
    yield from _of_package("", tests)


def _of_package(package: str, tests: Sequence[_Test]) -> Iterator[Failure]:
    for number, test in enumerate(tests):
        near = tests[max(number - 1, 0) : number + 200]
        if any(other.name.startswith(f"{test.name}/") for other in near if other is not test):
            continue
        node_id = f"{package}::{test.name}" if package else test.name
        yield Failure(node_id=node_id, chain=_chain(package, test))


def _chain(package: str, test: _Test) -> tuple[ExceptionInfo, ...]:
    crashed = read_go("\n".join(test.body))
    if not crashed and any(RACED in line for line in test.body):
        crashed = read_go("\n".join(test.above))
    if crashed:
        return crashed
    frame: Frame | None = None
    said: list[str] = []
    for line in test.body:
        match = SAID.match(line)
        if match:
            said.append(match["said"])
            frame = frame or _frame(match, package, test.name)
        elif traced := TRACE.match(line):
            frame = _frame(traced, "", test.name)
        elif line.strip():
            said.append(line.strip())
    if not (frame or said):
        return ()
    value = bounds.bounded("\n".join(said).strip(), bounds.MAX_MESSAGE_CHARACTERS)
    return (ExceptionInfo(type="TestFailure", value=value, frames=(frame,) if frame else ()),)


def _frame(match: re.Match[str], package: str, test: str) -> Frame:
    """Return the line that reported; a file's own name belongs to the package's folder."""
    file = match["file"]
    filename = f"{package}/{file}" if package and "/" not in file else file
    return frame_of(
        filename,
        test.partition("/")[0],
        int(match["line"]),
        in_app=True,
        module=package or None,
    )
