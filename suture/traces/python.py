"""Reads tracebacks as the interpreter prints them, also out of the middle of a log.

The format is that of `traceback.TracebackException.format`:
https://docs.python.org/3/library/traceback.html
Logs put things in front of each line: the header's prefix is taken off all that look like it,
which also removes the margin of exception groups.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from suture.domain.alert import ExceptionInfo, Frame
from suture.traces import bounds
from suture.traces.chain import like, members_first
from suture.traces.origin import is_in_app

HEADER = re.compile(
    r"^(?P<prefix>[^\r\n]{0,300}?)(?:Exception Group )?Traceback \(most recent call last\):[ \t]*$"
)
ESCAPED_HEADER = re.compile(r"Traceback \(most recent call last\):\\n")
HEADLESS = re.compile(
    r"^[ \t]*File \"[^\"\r\n]{1,1000}\", line \d{1,9}(?:, in |\r?$)", re.MULTILINE
)
JSON_STRING = re.compile(r"\"(?:[^\"\\]|\\.)*+\"?")
GROUP_SIZE = re.compile(r" \(\d{1,9} sub-exceptions?\)$")
CAUSE = "The above exception was the direct cause of the following exception:"
CONTEXT = "During handling of the above exception, another exception occurred:"
FILE = re.compile(
    r"^[ \t]*File \"(?P<file>[^\"\r\n]{1,1000})\", line (?P<line>\d{1,9})"
    r"(?:, in (?P<name>.{1,300}))?$"
)
RAISED = re.compile(
    r"^(?P<type>[A-Za-z_][\w.]{0,200}(?:\.<locals>\.[\w.]{1,200})?)(?::(?: (?P<value>.*))?)?$"
)
MARKS = re.compile(r"^[ \t]*[~^][~^ \t]*$")
REPEATED = re.compile(r"^[ \t]*\[Previous line repeated \d+ more times?\]$")
CHILD = re.compile(
    r"^(?P<indent>.{0,300}?)\+(?:-\+)?-{4,}[ ]?(?P<number>\d{1,9}|\.\.\.)?[ ]?-{4,}$"
)
NEXT_LOG_LINE = re.compile(
    r"^(?:\[?\d{4}[-/]\d\d[-/]\d\d|\[?\d\d:\d\d:\d\d|[\[(]?(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|"
    r"ERROR|CRITICAL|FATAL)\b|##\[|[{<]"
    r"|[\w./:-]{1,100}[ \t]{1,8}[-|:\[(]{0,2}[ ]?"
    r"(?:DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL)\b"
    r"|Uploading artifacts|Cleaning up |Running after_script|Saving cache|Creating cache "
    r"|Post job cleanup|script returned exit code|Build step |make(?:\[\d+\])?: \*\*\* |npm ERR!)"
)
MAX_LINES = 50_000
MAX_VALUE_LINES = 40
MAX_SEPARATOR_CHARACTERS = 400


@dataclass(frozen=True)
class _Trace:
    """One exception as printed; `raised` is missing where the text ends too early."""

    frames: tuple[Frame, ...]
    raised: tuple[str, str] | None
    depth: int
    """Width of what stands before it: members of an exception group stand further right."""
    follows: bool
    """It belongs to the trace before."""
    end: int
    """Index of the first line after it."""


def has_traceback(text: str) -> bool:
    """Whether a Python traceback begins somewhere in the text."""
    return "Traceback (most recent call last):" in text or HEADLESS.search(text) is not None


def read_exceptions(text: str) -> tuple[ExceptionInfo, ...]:
    """Return the last complete chain in a text, causes first; empty if there is none.

    If all are incomplete, the last one that shows a call is returned, its type unknown.
    """
    chains = _chains(bounds.without_colours(text))
    complete = [chain for chain in chains if chain[-1].raised]
    started = [chain for chain in chains if any(trace.frames for trace in chain)]
    if not (complete or started):
        return ()
    ordered = members_first((complete or started)[-1])
    return tuple(
        _exception(trace) for trace in bounds.head_and_tail(ordered, bounds.MAX_EXCEPTIONS)
    )


def _exception(trace: _Trace) -> ExceptionInfo:
    name, value = trace.raised or ("Error", "")
    module, _, short = name.rpartition(".")
    return ExceptionInfo(
        type=bounds.bounded_line(short, bounds.MAX_NAME_CHARACTERS),
        # Sentry leaves a group's size out.
        value=bounds.bounded(GROUP_SIZE.sub("", value), bounds.MAX_MESSAGE_CHARACTERS),
        module=bounds.bounded_line(module, bounds.MAX_NAME_CHARACTERS) or None,
        frames=bounds.bounded_frames(trace.frames),
    )


def _chains(text: str) -> list[list[_Trace]]:
    if ESCAPED_HEADER.search(text):
        text = "\n".join(map(_unescaped, text.split("\n")))
    lines = [line.rstrip("\r") for line in text.split("\n")][-MAX_LINES:]
    chains: list[list[_Trace]] = []
    for trace in _traces(lines):
        if trace.follows and chains:
            chains[-1].append(trace)
        else:
            chains.append([trace])
    return chains


def _unescaped(line: str) -> str:
    """Return what a log line of JSON says in the text that holds a traceback."""
    if not ESCAPED_HEADER.search(line):
        return line
    texts = [each.group() for each in JSON_STRING.finditer(line)]
    try:
        decoded = [str(json.loads(text)) for text in texts if ESCAPED_HEADER.search(text)]
    except ValueError:
        decoded = []
    return "\n".join(decoded) or line.replace("\\n", "\n").replace('\\"', '"')


def _traces(lines: list[str]) -> Iterator[_Trace]:
    position = 0
    follows = False
    while position < len(lines):
        line = lines[position]
        header = HEADER.match(line)
        if header or FILE.match(line):
            start, prefix = (position + 1, header["prefix"]) if header else (position, "")
            trace = _read_trace(lines, start, prefix, follows=follows)
            # Without a call it is not a traceback, but a line that looks like its first; and
            # calls without a header may have been copied, or printed by a compiler.
            if trace.frames and (header or trace.raised):
                yield trace
            position, follows = trace.end if trace.frames else position + 1, False
            continue
        if CAUSE in line or CONTEXT in line:
            follows = True
        elif match := CHILD.match(line[:MAX_SEPARATOR_CHARACTERS]):
            follows = match["number"] is not None
            bare = _bare_member(lines, position + 1)
            if follows and bare:
                yield bare
        position += 1


def _bare_member(lines: list[str], position: int) -> _Trace | None:
    """Read a member of a group that was never raised and so has no traceback."""
    match = re.match(
        r"^(?P<margin>.{0,300}?\| )(?P<rest>\S.*)$", "".join(lines[position : position + 1])
    )
    raised = RAISED.match(match["rest"]) if match else None
    if match is None or raised is None:
        return None
    return _Trace(
        frames=(),
        raised=(raised["type"], raised["value"] or ""),
        depth=len(match["margin"]),
        follows=True,
        end=position + 1,
    )


def _read_trace(lines: list[str], start: int, prefix: str, *, follows: bool) -> _Trace:
    reader = _PrefixedLines(lines, start, prefix)
    frames: list[Frame] = []
    position = start
    raised: tuple[str, str] | None = None
    while (line := reader.at(position)) is not None:
        if match := FILE.match(line):
            source = _source(reader, position)
            frames.append(_frame(match, source))
            position += 1 + (source is not None)
        elif MARKS.match(line) or REPEATED.match(line):
            position += 1
        else:
            raised = _raised(reader, position)
            break
    end = position + (raised[1].count("\n") + 1 if raised else 0)
    return _Trace(
        frames=bounds.bounded_frames(tuple(frames)),
        raised=raised,
        depth=len(prefix),
        follows=follows,
        end=max(end, start),
    )


class _PrefixedLines:
    """Lines without what a log or an exception group put before them."""

    def __init__(self, lines: list[str], start: int, prefix: str) -> None:
        self._lines = lines
        self._blank = prefix.rstrip()
        self._pattern = like(prefix)
        following = lines[start] if start < len(lines) else ""
        if not self._pattern.match(following):
            # Only the header stands on the log's own line.
            self._pattern = like("")

    def at(self, position: int) -> str | None:
        """Return a line, or nothing if there is none that belongs here."""
        if position >= len(self._lines):
            return None
        line = self._lines[position]
        match = self._pattern.match(line)
        if match is None:
            return None
        return line[match.end() :]


def _source(reader: _PrefixedLines, position: int) -> str | None:
    """Return the line of source below a `File` line; it stands further right."""
    above, line = reader.at(position) or "", reader.at(position + 1) or ""
    if not line.strip() or any(each.match(line) for each in (FILE, MARKS, REPEATED)):
        return None
    indent = above[: len(above) - len(above.lstrip())]
    if indent or line[0] in " \t":
        return line if line.startswith((f"{indent} ", f"{indent}\t")) else None
    # All indentation is lost: what looks like the exception is source if that only follows.
    following = reader.at(position + 2) or ""
    ends = RAISED.match(line) and not any(e.match(following) for e in (FILE, MARKS, RAISED))
    return None if ends else line


def _frame(match: re.Match[str], source: str | None) -> Frame:
    return Frame(
        filename=bounds.bounded(match["file"], bounds.MAX_PATH_CHARACTERS),
        function=bounds.bounded_line(match["name"] or "", bounds.MAX_NAME_CHARACTERS) or None,
        lineno=int(match["line"]),
        context_line=bounds.bounded_code(source.strip()) if source else None,
        in_app=is_in_app(match["file"]),
    )


def _raised(reader: _PrefixedLines, position: int) -> tuple[str, str] | None:
    match = RAISED.match(reader.at(position) or "")
    if match is None:
        return None
    said = [match["value"] or ""]
    for offset in range(1, MAX_VALUE_LINES):
        line = reader.at(position + offset)
        if not line or not line.strip() or NEXT_LOG_LINE.match(line) or HEADER.match(line):
            break
        said.append(line)
    return match["type"], "\n".join(said)
