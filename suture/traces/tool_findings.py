"""Reads what compilers, type checkers and linters object to, with the places that they name.

Understood are ruff, flake8, mypy, pyright, eslint, tsc, go build and vet, javac, kotlinc, Maven's
and Gradle's compilers, rustc and whatever else writes `file:line:column: error: text`.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from suture.domain.alert import ExceptionInfo
from suture.domain.value import Value
from suture.traces import bounds
from suture.traces.chain import frame_of

MAX_FINDINGS = 40
PATH = r"(?:[A-Za-z]:)?[^\s:()\[\]'\"<>|]{1,400}"
PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "tsc",
        re.compile(
            rf"^(?P<file>{PATH}\.[cm]?[jt]sx?)(?:\((?P<line>\d{{1,7}}),\d{{1,7}}\): |"
            r":(?P<line2>\d{1,7}):\d{1,7} - )(?P<said>error TS\d{1,6}: .*)$"
        ),
    ),
    (
        "mypy",
        re.compile(
            rf"^(?P<file>{PATH}\.pyi?):(?P<line>\d{{1,7}})(?::\d{{1,7}})?: (?P<said>error: .*\])$"
        ),
    ),
    (
        "ruff",
        re.compile(
            rf"^(?P<file>{PATH}\.(?:pyi?|ipynb)):(?P<line>\d{{1,7}}):\d{{1,7}}: "
            r"(?P<said>[A-Z]{1,5}\d{1,5} .*)$"
        ),
    ),
    (
        "pyright",
        re.compile(
            rf"^\s*(?P<file>{PATH}\.pyi?):(?P<line>\d{{1,7}}):\d{{1,7}} - (?P<said>error: .*)$"
        ),
    ),
    (
        "javac",
        re.compile(
            rf"^\[ERROR\] (?:file://)?(?P<file>{PATH}\.(?:java|kt|groovy|scala)):"
            r"\[?(?P<line>\d{1,7})(?:[,:]\d{1,7}\]?)? (?P<said>.*)$"
        ),
    ),
    (
        "kotlinc",
        re.compile(
            rf"^e: (?:file://)?(?P<file>{PATH}\.kts?):(?P<line>\d{{1,7}}):\d{{1,7}}:? (?P<said>.*)$"
        ),
    ),
    (
        "go",
        re.compile(
            rf"^(?:vet: )?(?P<file>{PATH}\.go):(?P<line>\d{{1,7}}):\d{{1,7}}: (?P<said>.*)$"
        ),
    ),
    (
        "compiler",
        re.compile(
            rf"^(?P<file>{PATH}\.\w{{1,8}}):(?P<line>\d{{1,7}})(?::\d{{1,7}})?: "
            r"(?P<said>(?:fatal )?error(?:\[\w{1,20}\])?: .*)$"
        ),
    ),
)  # fmt: skip
MARK = re.compile(r"^(?:##\[error\]|::error[^:]{0,300}::)")
RUFF_RULE = re.compile(r"^(?P<said>(?:[A-Z]{1,5}\d{1,5}|invalid-syntax):? (?:\[\*\] )?\S.*)$")
RUFF_PLACE = re.compile(rf"^\s*--> (?P<file>{PATH}):(?P<line>\d{{1,7}}):\d{{1,7}}$")
RUST_RULE = re.compile(r"^(?P<said>error(?:\[E\d{4}\])?: .*)$")
ESLINT_FILE = re.compile(
    r"^(?P<file>(?:[A-Za-z]:)?[^\s:][^:]{0,400}\.[cm]?(?:[jt]sx?|vue|svelte))$"
)
ESLINT = re.compile(r"^\s+(?P<line>\d{1,7}):\d{1,7}\s+error\s+(?P<said>\S.*)$")


class Finding(Value):
    """One objection of a tool."""

    tool: str
    path: str
    lineno: int
    said: str
    position: int
    """Index of the line that names the place."""


def read_findings(lines: Sequence[str]) -> tuple[Finding, ...]:
    """Return at most 40 objections in the order of the output; warnings are left out."""
    found = [*islice(_placed(lines), MAX_FINDINGS), *islice(_below_a_name(lines), MAX_FINDINGS)]
    found.sort(key=lambda finding: finding.position)
    return tuple(found[:MAX_FINDINGS])


def as_exception(finding: Finding) -> ExceptionInfo:
    """Return a finding as an error that was raised at its place."""
    frame = frame_of(finding.path, None, finding.lineno, in_app=True)
    return ExceptionInfo(type=finding.tool, value=finding.said, frames=(frame,))


def _placed(lines: Sequence[str]) -> Iterator[Finding]:
    for position, line in enumerate(lines):
        text = MARK.sub("", line)
        for tool, pattern in PATTERNS:
            if match := pattern.match(text):
                number = match["line"] or match.groupdict().get("line2")
                yield _finding(tool, match["file"], int(number or 0), match["said"], position)
                break


def _below_a_name(lines: Sequence[str]) -> Iterator[Finding]:
    """Yield what is printed below a file's name (eslint), or above the place (ruff, rustc)."""
    file = ""
    rule = ("", "")
    for position, line in enumerate(lines):
        if match := ESLINT_FILE.match(line):
            file = match["file"]
        elif file and (match := ESLINT.match(line)):
            yield _finding("eslint", file, int(match["line"]), match["said"], position)
        elif match := RUFF_RULE.match(line):
            rule = ("ruff", match["said"])
        elif match := RUST_RULE.match(line):
            rule = ("rustc", match["said"])
        elif rule[0] and (match := RUFF_PLACE.match(line)):
            yield _finding(rule[0], match["file"], int(match["line"]), rule[1], position)
            rule = ("", "")
        elif not line.strip():
            rule = ("", "")


def _finding(tool: str, path: str, lineno: int, said: str, position: int) -> Finding:
    return Finding(
        tool=tool,
        path=bounds.bounded(path, bounds.MAX_PATH_CHARACTERS),
        lineno=lineno,
        said=bounds.bounded_line(said),
        position=position,
    )
