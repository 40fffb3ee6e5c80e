"""Reads stack traces of Java and Kotlin.

The form is that of `Throwable.printStackTrace`, whose documentation explains `... 12 more`:
https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/lang/Throwable.html.
Logback adds where a class was loaded from, and may print the root cause first
(https://logback.qos.ch/manual/layouts.html#ex). What was suppressed on the way caused nothing
and is left to the log.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from suture.domain.alert import ExceptionInfo, Frame
from suture.traces.chain import (
    LOG_LINE,
    MAX_PREFIX_CHARACTERS,
    Trace,
    frame_of,
    last_chain,
    stack_lines,
)
from suture.traces.origin import is_java_in_app

SOURCE = (
    r"\((?P<source>[\w$.-]{1,100}\.(?:java|kts?|scala|groovy|clj)|Native Method|Unknown Source"
    r"|Source(?: |)File|<generated>)(?::(?P<line>\d{1,9}))?\)(?: ~?\[[^\]\n]{0,80}\])?\s*$"
)
CALL = re.compile(r"^\s*at (?P<name>[^\s()](?:[^()\n]{0,600}[^\s()])?)" + SOURCE)
START = re.compile(r"(?<![ \t])[ \t]*+at (?=[\w$.@-])")
CALL_END = re.compile(SOURCE)
MAX_END_CHARACTERS = 180
THROWN = re.compile(
    r"(?:^|[\s:>\"])(?P<type>(?:[a-zA-Z_][\w$]{0,80}\.){1,12}[A-Z_a-z][\w$]{0,120})"
    r"(?:: (?P<value>.*)|:?\s*$)"
)
SHORT = re.compile(
    r"(?:^|[\s:>\"])(?P<type>[A-Z][\w$]{0,100}(?:Exception|Error|Throwable|Failure))"
    r"(?:: (?P<value>.*)|:?\s*$)"
)
NAMED = re.compile(r"(?:Exception|Error|Throwable|Failure|Fault|Timeout|Interrupt\w*)$")
LINK = re.compile(
    r"^(?P<indent>\s*)(?:\[CIRCULAR REFERENCE: ?)?(?P<how>Caused by|Suppressed|Wrapped by): "
)
MORE = re.compile(r"^\s*\.\.\. (?P<count>\d{1,6}) (?:more|common frames omitted)\s*$")
OMITTED = re.compile(r"^\s*(?:\.\.\. \d{1,6} (?:frames? )?(?:excluded|truncated|filtered)"
                     r"|\[\d{1,6} skipped\]|\[CIRCULAR REFERENCE:)")  # fmt: skip
SUPPRESSED = "Suppressed"
WRAPPED = "Wrapped by"
MAX_MESSAGE_LINES = 40
MAX_BROKEN_LINES = 3


@dataclass(frozen=True)
class _Link:
    """One exception as printed, innermost call first."""

    how: str
    type: str
    value: str
    frames: tuple[Frame, ...]
    indent: int
    named: bool
    end: int


def read_java(text: str) -> tuple[ExceptionInfo, ...]:
    """Return the last chain of Java exceptions in a text, causes first; empty without one."""
    lines = stack_lines(text, call_start)
    traces = [trace for chain in _chains(_links(lines)) for trace in _traces(chain)]
    return last_chain(traces)


def call_start(line: str) -> int | None:
    """Return where in a line of a log a call seems to begin, its indentation included."""
    if not CALL_END.search(line[-MAX_END_CHARACTERS:]):
        return None
    match = START.search(line, 0, MAX_PREFIX_CHARACTERS)
    return match.start() if match else None


def _traces(chain: Sequence[_Link]) -> Iterator[Trace]:
    """Yield what was raised last first; a cause is nested in what it caused."""
    if any(link.how == WRAPPED for link in chain):
        chain = tuple(reversed(chain))
    for depth, link in enumerate(chain):
        module, _, short = link.type.rpartition(".")
        yield Trace(
            type=short,
            value=link.value,
            frames=tuple(reversed(link.frames)),
            depth=depth,
            follows=depth > 0,
            module=module or None,
            named=link.named,
        )


def _chains(links: Iterator[_Link]) -> Iterator[tuple[_Link, ...]]:
    chain: list[_Link] = []
    skipped = -1
    for link in links:
        if link.how == SUPPRESSED:
            skipped = link.indent
            continue
        # The cause of what was suppressed stands as far right as it.
        if link.how and 0 <= skipped <= link.indent and link.indent > 0:
            continue
        if not link.how and chain:
            yield tuple(chain)
            chain = []
        skipped = -1
        chain.append(link)
    if chain:
        yield tuple(chain)


def _links(lines: Sequence[str]) -> Iterator[_Link]:
    position = floor = 0
    enclosing: tuple[Frame, ...] = ()
    while position < len(lines):
        if _call(lines[position]) is None and not MORE.match(lines[position]):
            position += 1
            continue
        link = _link(lines, position, floor, enclosing)
        if link.frames:
            yield link
        if not (link.how and link.indent):
            enclosing = link.frames
        position = floor = link.end


def _link(lines: Sequence[str], first: int, floor: int, enclosing: tuple[Frame, ...]) -> _Link:
    frames: list[Frame] = []
    end = position = first
    broken = 0
    while position < len(lines) and broken <= MAX_BROKEN_LINES:
        line = lines[position]
        if call := _call(line):
            frames.append(call)
        elif more := MORE.match(line):
            frames += enclosing[-int(more["count"]) :]
            end = position + 1
            break
        elif OMITTED.match(line):
            pass
        elif _is_foreign(line):
            broken, position = broken + 1, position + 1
            continue
        else:
            break
        broken, position = 0, position + 1
        end = position
    empty = _Link("", "Error", "", tuple(frames), 0, named=False, end=end)
    return _headed(lines, first, floor, empty)


def _is_foreign(line: str) -> bool:
    """Whether a line in the middle of a stack is another's, and not the next one's beginning."""
    return LOG_LINE.match(line) is not None and THROWN.search(line) is None


def _headed(lines: Sequence[str], first: int, floor: int, link: _Link) -> _Link:
    """Return the link with what the lines above its calls say of it."""
    for number in range(first - 1, max(first - 1 - MAX_MESSAGE_LINES, floor - 1), -1):
        line = lines[number]
        how = LINK.match(line)
        # Its own line names what a link of a chain is; a message may name others.
        match = THROWN.search(line, how.end() - 1 if how else 0)
        named = match is not None and (how or number == first - 1 or NAMED.search(match["type"]))
        match = match if named else SHORT.search(line)
        if match is not None:
            said = [match["value"] or "", *(each.strip() for each in lines[number + 1 : first])]
            return replace(
                link,
                how=how["how"] if how else "",
                indent=len(how["indent"]) if how else 0,
                type=match["type"],
                value="\n".join(said).strip(),
                named=True,
            )
        if LOG_LINE.match(line):
            break
    return link


def _call(line: str) -> Frame | None:
    match = CALL.match(line)
    if match is None:
        return None
    class_name, dot, method = match["name"].rpartition("/")[2].rpartition(".")
    if not dot:
        return None
    return frame_of(
        _path(class_name, match["source"]),
        method,
        int(match["line"]) if match["line"] else None,
        in_app=is_java_in_app(class_name),
        module=class_name,
    )


def _path(class_name: str, source: str) -> str:
    """Return the source file's path below the folder that packages begin in."""
    package = class_name.partition("$")[0].rpartition(".")[0]
    if "." not in source:
        return f"<{source.strip('<>')}>"
    return f"{package.replace('.', '/')}/{source}" if package else source
