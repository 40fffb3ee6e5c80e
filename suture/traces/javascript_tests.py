"""Reads what Jest, Vitest, Mocha and Node's own test runner print of failed tests.

https://jestjs.io/docs/cli, https://vitest.dev/guide/reporters, https://mochajs.org/#spec and
https://nodejs.org/api/test.html#test-reporters (`spec` and TAP). A test's id is
`file::description > test`, as far as the output names these.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import dropwhile

from suture.domain.alert import ExceptionInfo
from suture.traces import bounds
from suture.traces.javascript import CODE_FRAME, ERROR, read_javascript
from suture.traces.test_report import MAX_SECTION_LINES, Failure, TestReport, report_of

FILE = r"[^\s|>]{1,400}\.[cm]?[jt]sx?"
HEADING = re.compile(
    rf"^\s*(?:FAIL|\u276f FAIL) +(?:\|[^|]{{1,60}}\| +)?(?P<file>{FILE})(?: > (?P<titles>.+))?"
    r"(?: \[ .{1,400} \]| \(\d[\d.]{0,8} m?s\))?$"
)
JEST = re.compile(r"^\s{0,4}\u25cf (?P<name>.{1,600})$")
JEST_END = re.compile(
    r"^(?:Test Suites:|Tests: |Snapshots: |PASS |FAIL |Summary of all failing tests)"
)
VITEST_END = re.compile(r"^\s*(?:\u23af{3,}|Test Files )")
MOCHA = re.compile(r"^\s{1,6}(?P<number>\d{1,6})\) (?P<title>\S.{0,600})$")
FAILING = re.compile(r"^\s*\d{1,7} failing$")
SPEC = re.compile(r"^\s*[\u2716\u2717] failing tests:$")
TEST_AT = re.compile(r"^test at (?P<file>.{1,600}?):\d{1,9}:\d{1,9}$")
CROSS = re.compile(r"^\s*[\u2716\u2717] (?P<title>.{1,600}?)(?: \(\d[\d.]{0,20}ms\))?$")
SUBTEST = re.compile(r"^(?P<indent> *)# Subtest: (?P<title>.{1,600})$")
NOT_OK = re.compile(r"^(?P<indent> *)not ok \d{1,9} - (?P<title>.{1,600})$")
YAML_END = re.compile(r"^\s*\.\.\.$")
YAML = re.compile(r"^\s*(?P<key>location|failureType|error|name|stack): ?(?P<value>.*)$")
TODO = re.compile(r"(?i) # (?:todo|skip)\b")
PARENT = re.compile(r"\d{1,6} subtests? failed|subtestsFailed")
SUITE_FAILED = "Test suite failed to run"
CONSOLE = "Console"
MOCHA_TITLE_LINES = 12


@dataclass
class _Section:
    file: str
    titles: tuple[str, ...]
    body: list[str] = field(default_factory=list)


def read_javascript_tests(lines: Sequence[str]) -> TestReport:
    """Return the failed tests of an output of a JavaScript test runner."""
    found = [*_headed(lines), *_mocha(lines), *_spec(lines), *_tap(lines)]
    return report_of(_failure(section) for section in found)


def _headed(lines: Sequence[str]) -> Iterator[_Section]:
    """Yield what stands below Jest's bullets and Vitest's `FAIL file > test`."""
    file = ""
    current: _Section | None = None
    for line in lines:
        heading, bullet = HEADING.match(line), JEST.match(line)
        if not (heading or bullet or JEST_END.match(line) or VITEST_END.match(line)):
            if current and len(current.body) < MAX_SECTION_LINES:
                current.body.append(line)
            continue
        if current and (current.titles or current.body):
            yield current
        current = None
        if heading:
            file = heading["file"]
            titles = tuple((heading["titles"] or "").split(" > ")) if heading["titles"] else ()
            current = _Section(file, titles) if titles or " [ " in line else None
        elif bullet and bullet["name"] != CONSOLE:
            name = bullet["name"]
            current = _Section(file, () if name == SUITE_FAILED else tuple(name.split(" \u203a ")))
    if current:
        yield current


def _mocha(lines: Sequence[str]) -> Iterator[_Section]:
    """Yield the numbered failures below Mocha's count of them."""
    current: _Section | None = None
    count = 0
    for line in dropwhile(lambda each: not FAILING.match(each), lines):
        match = MOCHA.match(line)
        if match and int(match["number"]) == count + 1:
            if current:
                yield _with_titles(current)
            current, count = _Section("", (match["title"],)), count + 1
        elif current:
            current.body.append(line)
    if current:
        yield _with_titles(current)


def _with_titles(section: _Section) -> _Section:
    """Take the descriptions, one a line, from above the error; the last one ends in a colon."""
    titles = list(section.titles)
    for number, line in enumerate(section.body[:MOCHA_TITLE_LINES]):
        if titles[-1].endswith(":"):
            section.body = section.body[number:]
            break
        titles += [line.strip()] if line.strip() else []
    return _Section("", (*titles[:-1], titles[-1].removesuffix(":")), section.body)


def _spec(lines: Sequence[str]) -> Iterator[_Section]:
    inside = False
    current: _Section | None = None
    for line in lines:
        if SPEC.match(line):
            inside = True
        elif inside and (match := TEST_AT.match(line)):
            if current and current.titles:
                yield current
            current = _Section(match["file"], ())
        elif current and not current.titles and (match := CROSS.match(line)):
            current.titles = (match["title"],)
        elif current and current.titles:
            current.body.append(line)
    if current and current.titles:
        yield current


def _tap(lines: Sequence[str]) -> Iterator[_Section]:
    parents: dict[int, str] = {}
    for number, line in enumerate(lines):
        if match := SUBTEST.match(line):
            depth = len(match["indent"])
            parents = {at: title for at, title in parents.items() if at < depth}
            parents[depth] = match["title"]
        elif (match := NOT_OK.match(line)) and not TODO.search(line):
            depth = len(match["indent"])
            above = [title for at, title in sorted(parents.items()) if at < depth]
            facts = _yaml(lines[number + 1 : number + 1 + MAX_SECTION_LINES])
            if "location" not in facts and "error" not in facts:
                continue
            place = facts.get("location", "").strip("'\"").rsplit(":", 2)[0]
            body = [f"{facts.get('name', 'Error')}: {facts.get('error', '')}"]
            body += [f"    at {call}" for call in facts.get("stack", "").split("\n") if call]
            if not PARENT.search(facts.get("failureType", "")):
                yield _Section(place, (*above, match["title"]), body)


def _yaml(lines: Sequence[str]) -> dict[str, str]:
    """Return the facts of a failure as Node writes them: scalars and blocks of text."""
    facts: dict[str, str] = {}
    key, indent = "", 0
    for line in lines:
        if YAML_END.match(line) or NOT_OK.match(line):
            break
        match = YAML.match(line)
        depth = len(line) - len(line.lstrip())
        if match and (not key or depth <= indent):
            key, indent = match["key"], depth
            value = match["value"].strip()
            block = value in {"|-", "|", ">-"}
            facts[key] = "" if block else value.strip("'\"")
            key = key if block else ""
        elif key and (depth > indent or not line.strip()):
            facts[key] = f"{facts[key]}\n{line.strip()}".strip("\n")
        else:
            key = ""
    return facts


def _failure(section: _Section) -> Failure:
    chain = read_javascript("\n".join(section.body))
    if not (chain and chain[-1].value):
        chain = _asserted(section.body, chain)
    file = section.file or _file_of(chain)
    name = " > ".join(section.titles)
    return Failure(node_id="::".join(part for part in (file, name) if part), chain=chain)


def _asserted(body: Sequence[str], chain: tuple[ExceptionInfo, ...]) -> tuple[ExceptionInfo, ...]:
    """Return an assertion's error, which Jest prints without its type."""
    said: list[str] = []
    for line in body:
        if CODE_FRAME.match(line) or line.strip().startswith("at "):
            break
        said.append(line.strip())
    text = "\n".join(said).strip()
    if not text:
        return chain
    frames = chain[-1].frames if chain else ()
    first, _, rest = text.partition("\n")
    match = ERROR.match(first)
    named = match["type"] if match else "AssertionError"
    value = f"{match['value'] or ''}\n{rest}".strip() if match else text
    value = bounds.bounded(value, bounds.MAX_MESSAGE_CHARACTERS)
    return (ExceptionInfo(type=named, value=value, frames=frames),)


def _file_of(chain: tuple[ExceptionInfo, ...]) -> str:
    """Return the file of the outermost own call, which is the test's."""
    frames = chain[-1].frames if chain else ()
    return next((frame.filename for frame in frames if frame.in_app), "")
