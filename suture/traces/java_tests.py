"""Reads what Maven's Surefire and Gradle print of failed tests of the JVM.

https://maven.apache.org/surefire/maven-surefire-plugin/ and
https://docs.gradle.org/current/userguide/java_testing.html. A test's id is
`package.Class::method`.
"""

import re
from collections.abc import Iterator, Sequence

from suture.domain.alert import ExceptionInfo, Frame
from suture.traces import bounds
from suture.traces.chain import frame_of
from suture.traces.java import read_java
from suture.traces.test_report import MAX_SECTION_LINES, Failure, TestReport, report_of

CLASS = r"[A-Za-z_$][\w$]{0,100}(?:\.[A-Za-z_$][\w$]{0,100}){0,20}"
SUREFIRE = re.compile(
    rf"^(?:\[ERROR\] +)?(?:(?P<class>{CLASS})\.(?P<name>[^\s.(]{{1,200}}[^<]{{0,300}}?)"
    rf"|(?P<old_name>[\w$\[\] ,.=-]{{1,300}})\((?P<old_class>{CLASS})\))"
    r" +(?:-- )?Time elapsed: [\d.,]{1,12} s(?:ec)? *<<< (?:FAILURE|ERROR)!"
)
GRADLE = re.compile(
    rf"^(?P<class>{CLASS})(?: > (?P<inner>[^>]{{1,200}}))?? > (?P<name>[^>]{{1,300}}) FAILED$"
)
GRADLE_PLACE = re.compile(
    rf"^\s+(?P<type>{CLASS}) at (?P<file>[\w$]{{1,200}}\.(?:java|kt|groovy)):(?P<line>\d{{1,9}})$"
)
SUMMARY = re.compile(r"^(?:\[ERROR\] )?(?:Failures|Errors|Tests in error|Failed tests):\s*$")
SUMMARY_LINE = re.compile(
    rf"^(?:\[ERROR\] )? {{2,4}}(?P<class>{CLASS})\.(?P<name>[\w$]{{1,200}}):"
    r"(?:[\w$.>-]{0,200}:)?(?P<line>\d{1,9})(?P<said> .*)?$"
)
LOG_LEVEL = re.compile(r"^\[(?:INFO|ERROR|WARNING)\]|^Tests run:|^\d+ tests? completed|^> Task ")
ARGUMENTS = re.compile(r"\([^()]{0,200}\)(?:\[.{0,100})?$|\{[^{}]{0,100}\}(?:\[.{0,100})?$")


def read_java_tests(lines: Sequence[str]) -> TestReport:
    """Return the failed tests of an output of Maven or Gradle."""
    found = list(_sections(lines))
    return report_of(found or _summarised(lines))


def _sections(lines: Sequence[str]) -> Iterator[Failure]:
    node_id = ""
    body: list[str] = []
    for line in (*lines, "[INFO]"):
        match = SUREFIRE.match(line) or GRADLE.match(line)
        if not match and not (node_id and LOG_LEVEL.match(line)):
            if node_id and len(body) < MAX_SECTION_LINES:
                body.append(line)
            continue
        if node_id:
            yield Failure(node_id=node_id, chain=_chain(body, node_id))
        node_id, body = _node_id(match) if match else "", []


def _node_id(match: re.Match[str]) -> str:
    groups = match.groupdict()
    name = (groups.get("name") or groups.get("old_name") or "").strip()
    return f"{groups.get('class') or groups.get('old_class')}::{ARGUMENTS.sub('', name)}"


def _chain(body: Sequence[str], node_id: str) -> tuple[ExceptionInfo, ...]:
    chain = read_java("\n".join(body))
    if chain:
        return chain
    for line in body:
        if match := GRADLE_PLACE.match(line):
            module, _, short = match["type"].rpartition(".")
            frame = _frame(node_id, match["file"], int(match["line"]))
            return (ExceptionInfo(type=short, module=module or None, frames=(frame,)),)
    said = "\n".join(line.strip() for line in body).strip()
    value = bounds.bounded(said, bounds.MAX_MESSAGE_CHARACTERS)
    return (ExceptionInfo(type="TestFailure", value=value),) if said else ()


def _frame(node_id: str, file: str, line: int) -> Frame:
    class_name, _, method = node_id.partition("::")
    package = class_name.rpartition(".")[0].replace(".", "/")
    filename = f"{package}/{file}" if package else file
    return frame_of(filename, method, line, in_app=True, module=class_name)


def _summarised(lines: Sequence[str]) -> Iterator[Failure]:
    """Yield what the summary at the end says, where the failures themselves are missing."""
    inside = False
    for line in lines:
        if SUMMARY.match(line):
            inside = True
        elif inside and (match := SUMMARY_LINE.match(line)):
            node_id = f"{match['class']}::{match['name']}"
            short = match["class"].rpartition(".")[2].partition("$")[0]
            frame = _frame(node_id, f"{short}.java", int(match["line"]))
            said = bounds.bounded((match["said"] or "").strip(), bounds.MAX_MESSAGE_CHARACTERS)
            chain = (ExceptionInfo(type="TestFailure", value=said, frames=(frame,)),)
            yield Failure(node_id=node_id, chain=chain)
