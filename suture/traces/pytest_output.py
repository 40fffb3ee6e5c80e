"""Reads pytest's terminal output: which tests failed, with what and where.

https://docs.pytest.org/en/stable/how-to/output.html describes it. Understood are the styles
`--tb=auto`, `long`, `short`, `native` and `line`; the short summary names the tests where there
is one, the headings of the failures otherwise. unittest's output is understood as well.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import dropwhile, islice

from suture.domain.alert import ExceptionInfo, FailedTest, Frame
from suture.traces import bounds
from suture.traces.origin import is_in_app
from suture.traces.python import CAUSE, CONTEXT, RAISED, has_traceback, read_exceptions
from suture.traces.test_report import MAX_FAILED_TESTS, MAX_SECTION_LINES, TestReport

MAX_VALUE_LINES = 60
MAX_HEADING_CHARACTERS = 1_000

SUMMARY = re.compile(
    r"^(?:FAILED|ERROR|SUBFAILED(?:\[[^\]]*\])?) "
    r"(?P<id>[^\s\[]+\.py(?:::[^\s\[]+)*(?:\[.*?\](?= - |$))?)(?: - (?P<message>.*))?$"
)
PROGRESS = re.compile(
    r"^(?P<id>[^\s\[]+\.py(?:::[^\s\[]+)+(?:\[.*?\](?= ))?) (?:FAILED|ERROR)(?: +\[ *\d+%\])?$"
)
XDIST = re.compile(
    r"^\[gw\d+\](?: +\[ *\d+%\])? (?:FAILED|ERROR) (?P<id>[^\s\[]+\.py::\S+?(?:\[.*\])?) ?$"
)
HEADING = re.compile(r"^_{1,400} (?P<name>[^_\s].*?|_[^ ].*?) _{1,400}$")
RULE = re.compile(r"^={3,400}(?: (?P<name>.{1,200}?) ={3,400})?$")
DASHES = re.compile(r"^-{3,400} Captured .{1,100}? -{3,400}$")
ENTRY_RULE = re.compile(r"^_ (?:_ )*_? *$")
LOCATION = re.compile(
    r"^(?P<path>[^\s:][^:\n]{0,400}|<[^>\n]{1,100}>):(?P<line>\d{1,9}):"
    r" ?(?:in (?P<name>.{1,300})|(?P<kind>[A-Za-z_][\w.]{0,200})?)$"
)
LINE_STYLE = re.compile(
    r"^(?P<place>[^\s:][^:\n]{0,400}:\d{1,9}:) (?P<said>[A-Za-z_][\w.]*(?::.*)?)$"
)
TOTAL = re.compile(
    r"^\d+ (?:failed|passed|skipped|deselected|errors?|warnings?|x\w{5})\b.{0,300} in \d+\.\d+s"
)
DEFINITION = re.compile(r"^ *(?:async )?def (?P<name>\w{1,200})")
ERROR_LINE = re.compile(r"^E(?: |$)")
UNITTEST = re.compile(r"^(?:FAIL|ERROR): (?P<name>\w{1,200}) \((?P<where>[\w.]{1,400})\)(?: .*)?$")
TEARDOWN = " ERROR at teardown of "
PREAMBLE = re.compile(r"^(?:ERROR at (?:setup|teardown|call) of |ERROR collecting )")
SECTION_NAMES = frozenset({"FAILURES", "ERRORS"})


@dataclass(frozen=True)
class _Section:
    name: str
    """As its heading says, for pytest `TestClass.test_name[parameters]`."""
    node_id: str
    """What the test is called where no other line names it."""
    chain: tuple[ExceptionInfo, ...]
    afterwards: bool = False
    """Whether it failed when the test itself was over: often for what the failure left behind."""

    def belongs_to(self, node_id: str) -> bool:
        """Whether this may be the failure of a test; names occur in more than one file."""
        path, _, inner = node_id.partition("::")
        function, bracket, parameters = inner.partition("[")
        return self.name in {node_id, function.replace("::", ".") + bracket + parameters or path}


def read_python_tests(lines: Sequence[str]) -> TestReport:
    """Return the failed tests of an output; none if it is no test run, or nothing failed."""
    found = islice(_sections(lines), MAX_FAILED_TESTS)
    sections = sorted(found, key=lambda section: section.afterwards)
    named = _named_tests(lines) or {section.node_id: "" for section in sections}
    tests = tuple(
        _failed_test(node_id, said, _section_of(node_id, sections))
        for node_id, said in islice(named.items(), MAX_FAILED_TESTS)
    )
    theirs = (_section_of(node_id, sections) for node_id in named)
    told = (section for section in theirs if section is not None and section.chain)
    chains = (section.chain for section in sorted(told, key=lambda section: section.afterwards))
    return TestReport(failed_tests=tests, exceptions=_first_line(lines) or next(chains, ()))


def _first_line(lines: Sequence[str]) -> tuple[ExceptionInfo, ...]:
    """Return what `--tb=line` says: the first failure as `path:line: Type: message`."""
    failures = dropwhile(lambda line: _rule_name(line) != "FAILURES", lines)
    for line in islice(failures, 1, MAX_VALUE_LINES):
        if _heading(line):
            break
        if match := LINE_STYLE.match(line):
            return tuple(_links([f"{match['place']} in <unknown>", f"E {match['said']}"]))
    return ()


def _rule_name(line: str) -> str:
    rule = RULE.match(line)
    return rule["name"] or "" if rule else ""


def _named_tests(lines: Sequence[str]) -> dict[str, str]:
    """Return node ids with what the summary says of them, in the order of the output."""
    summary: dict[str, str] = {}
    progress: dict[str, str] = {}
    for line in lines:
        if match := SUMMARY.match(line):
            summary.setdefault(match["id"], match["message"] or "")
        elif match := PROGRESS.match(line) or XDIST.match(line):
            progress.setdefault(match["id"], "")
    return summary or progress


def _section_of(node_id: str, sections: list[_Section]) -> _Section | None:
    same = [section for section in sections if section.belongs_to(node_id)]
    exact = [section for section in same if section.node_id.endswith(node_id)]
    return next(iter(exact or same or [each for each in sections if each.node_id == node_id]), None)


def _failed_test(node_id: str, said: str, section: _Section | None) -> FailedTest:
    # The summary is cut to the terminal's width; what the failure itself says is whole.
    if section is not None and section.chain:
        last = section.chain[-1]
        said = f"{last.type}: {last.value}" if last.value else last.type
    return FailedTest(
        node_id=bounds.bounded_line(node_id),
        message=bounds.bounded(said, bounds.MAX_MESSAGE_CHARACTERS),
    )


def _sections(lines: Sequence[str]) -> Iterator[_Section]:
    """Yield each failure with its chain."""
    name: str | None = None
    inside = is_unittest = afterwards = False
    body: list[str] = []
    for line in (*lines, "===="):
        rule = RULE.match(line) or TOTAL.match(line)
        heading = None if rule or not inside else _heading(line)
        unittest = UNITTEST.match(line)
        if not (rule or heading or unittest):
            body.append(line)
            continue
        if name is not None:
            section = replace(_section(name, body), afterwards=afterwards)
            yield replace(section, node_id=name) if is_unittest else section
        name, body, is_unittest = heading, [], unittest is not None
        afterwards = heading is not None and TEARDOWN in line
        if rule:
            inside = _rule_name(line) in SECTION_NAMES
        elif unittest:
            name = _unittest_name(unittest)


def _unittest_name(match: re.Match[str]) -> str:
    where = match["where"]
    return where if where.endswith(f".{match['name']}") else f"{where}.{match['name']}"


def _heading(line: str) -> str | None:
    match = HEADING.match(line[:MAX_HEADING_CHARACTERS])
    if match is None or ENTRY_RULE.match(line):
        return None
    return PREAMBLE.sub("", match["name"])


def _section(name: str, body: list[str]) -> _Section:
    own = []
    for line in body[:MAX_SECTION_LINES]:
        if DASHES.match(line):
            break
        own.append(line)
    if has_traceback("\n".join(own)) and not any(ERROR_LINE.match(line) for line in own):
        chain = read_exceptions("\n".join(own))
    else:
        chain = tuple(_links(own))[-bounds.MAX_EXCEPTIONS :]
    return _Section(name=name, node_id=_node_id(name, chain), chain=chain)


def _node_id(name: str, chain: tuple[ExceptionInfo, ...]) -> str:
    """Build pytest's node id; the last exception's first own call is in the test's file."""
    frames = chain[-1].frames if chain else ()
    path = next((frame.filename for frame in frames if frame.in_app), "")
    if not path or name.endswith(".py"):
        return name
    function, bracket, parameters = name.partition("[")
    return f"{path}::{function.replace('.', '::')}{bracket}{parameters}"


def _links(lines: list[str]) -> Iterator[ExceptionInfo]:
    """Yield the exceptions of one failure, causes first."""
    part: list[str] = []
    for line in (*lines, CAUSE):
        if CAUSE not in line and CONTEXT not in line:
            part.append(line)
            continue
        link = _link(part)
        if link is not None:
            yield link
        part = []


def _link(lines: list[str]) -> ExceptionInfo | None:
    frames: list[Frame] = []
    said: list[str] = []
    entry: list[str] = []
    kind = ""
    for number, line in enumerate(lines):
        if ERROR_LINE.match(line):
            said.append(line[1:])
        elif match := LOCATION.match(line):
            source = lines[number + 1 : number + 2] if match["name"] else entry
            frames.append(_frame(match, source))
            kind = match["kind"] or ""
            entry = []
        elif not ENTRY_RULE.match(line):
            entry.append(line)
    if not (frames or said):
        return None
    named, value = _raised(said[:MAX_VALUE_LINES], kind)
    module, _, short = named.rpartition(".")
    return ExceptionInfo(
        type=bounds.bounded_line(short, bounds.MAX_NAME_CHARACTERS) or "Error",
        value=bounds.bounded(value, bounds.MAX_MESSAGE_CHARACTERS),
        module=bounds.bounded_line(module, bounds.MAX_NAME_CHARACTERS) or None,
        frames=bounds.bounded_frames(tuple(frames)),
    )


def _frame(match: re.Match[str], source: list[str]) -> Frame:
    """Build a frame from a location and, in the long style, the source above it."""
    marked = [line[1:] for line in source if line.startswith(">")]
    name = match["name"]
    if name is None:
        found = next((found for line in source if (found := DEFINITION.match(line))), None)
        name = found["name"] if found else "<module>"
    elif source and source[0].startswith("    "):
        marked = source
    return Frame(
        filename=bounds.bounded(match["path"], bounds.MAX_PATH_CHARACTERS),
        function=bounds.bounded_line(name, bounds.MAX_NAME_CHARACTERS),
        lineno=int(match["line"]),
        context_line=bounds.bounded_code(marked[-1].strip()) if marked else None,
        in_app=is_in_app(match["path"]),
    )


def _raised(said: list[str], kind: str) -> tuple[str, str]:
    """Return type and message; pytest leaves the type out where a bare `assert` failed."""
    margin = min((len(line) - len(line.lstrip()) for line in said if line.strip()), default=0)
    text = "\n".join(line[margin:].rstrip() for line in said).strip()
    first, _, rest = text.partition("\n")
    match = RAISED.match(first)
    if match and (not kind or match["type"].rpartition(".")[2] == kind.rpartition(".")[2]):
        value = match["value"] or ""
        return match["type"], f"{value}\n{rest}" if rest else value
    return kind or ("AssertionError" if first.startswith("assert") else "Error"), text
