"""What readers of stack traces share: lines freed of what logs put before them, and chains.

A log may put a time, a level, a container's name or all of them before each line of a stack
trace, and two containers may write into it in turn.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from suture.domain.alert import ExceptionInfo, Frame
from suture.traces import bounds
from suture.traces.ci_lines import clean_lines

MAX_LINES = 50_000
MAX_PREFIX_CHARACTERS = 300
WORDS = re.compile("[0-9A-Za-z]+")
RUN = re.compile(r"[0-9A-Za-z]+|[^0-9A-Za-z]")
WRITER = re.compile(
    r"^(?P<writer>[A-Za-z][\w.-]{0,100} *\| |\[pod/[\w./-]{1,200}\] )"
    r"|^(?:[\w:.+-]{1,40} )?(?P<dyno>[a-z]+\[[a-z]+\.\d{1,6}\]: )"
)
"""Docker Compose's, kubectl's (with `--prefix`) and Heroku's names of who wrote a line."""
LOG_LINE = re.compile(
    r"^(?:\[?\d{4}[-/]\d\d[-/]\d\d|\[?\d\d:\d\d:\d\d"
    r"|[\[(]?(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL)\b"
    r"|(?:trace|debug|info|warn|error): |##\[|\{\")"
)


class _Nested(Protocol):
    @property
    def depth(self) -> int: ...


Nested = TypeVar("Nested", bound=_Nested)


@dataclass(frozen=True, kw_only=True)
class Trace:
    """One exception as printed."""

    type: str
    value: str
    frames: tuple[Frame, ...]
    """Oldest call first."""
    depth: int = 0
    """How far it is nested in the one that it belongs to."""
    follows: bool = False
    """It belongs to the trace before."""
    module: str | None = None
    named: bool = True
    """Its type was printed; otherwise the beginning is missing."""


def stack_lines(text: str, start: Callable[[str], int | None]) -> list[str]:
    """Return a text's last lines without what a log put before those of a stack trace.

    `start` says where in a line a call begins. What stands before most of them is the prefix,
    and is taken off all lines that begin alike.
    """
    lines = _by_writer(clean_lines(text)[-MAX_LINES:])
    prefix = _common_prefix(lines, start)
    if not prefix:
        return lines
    pattern = re.compile(like(prefix).pattern + " ?")
    return [line[match.end() :] if (match := pattern.match(line)) else line for line in lines]


def like(prefix: str) -> re.Pattern[str]:
    """Return a pattern for prefixes of the same build: same signs, other times and numbers."""
    parts = ("[0-9A-Za-z]+" if run[0].isalnum() and run[0].isascii() else re.escape(run)
             for run in RUN.findall(prefix))  # fmt: skip
    return re.compile("".join("[|+]" if part == r"\+" else part for part in parts))


def last_chain(traces: Sequence[Trace]) -> tuple[ExceptionInfo, ...]:
    """Return the last chain that shows a call of the service's own, else the last: causes first."""
    chains: list[list[Trace]] = []
    for trace in traces:
        if trace.follows and chains:
            chains[-1].append(trace)
        else:
            chains.append([trace])
    named = [chain for chain in chains if chain[0].named] or chains
    own = [chain for chain in named if any(f.in_app for each in chain for f in each.frames)]
    if not named:
        return ()
    ordered = members_first((own or named)[-1])
    return tuple(_exception(each) for each in bounds.head_and_tail(ordered, bounds.MAX_EXCEPTIONS))


def members_first(chain: Sequence[Nested]) -> tuple[Nested, ...]:
    """Put what is nested in a trace before it: the outermost is what reached the top."""
    ordered: list[Nested] = []
    open_traces: list[Nested] = []
    for trace in chain:
        while open_traces and open_traces[-1].depth >= trace.depth:
            ordered.append(open_traces.pop())
        open_traces.append(trace)
    return (*ordered, *reversed(open_traces))


def frame_of(
    filename: str,
    function: str | None,
    lineno: int | None,
    *,
    in_app: bool,
    module: str | None = None,
) -> Frame:
    """Return a frame with its texts bounded."""
    return Frame(
        filename=bounds.bounded(filename, bounds.MAX_PATH_CHARACTERS) or "<unknown>",
        function=bounds.bounded_line(function or "", bounds.MAX_NAME_CHARACTERS) or None,
        module=bounds.bounded_line(module or "", bounds.MAX_NAME_CHARACTERS) or None,
        lineno=lineno,
        in_app=in_app,
    )


def _exception(trace: Trace) -> ExceptionInfo:
    return ExceptionInfo(
        type=bounds.bounded_line(trace.type, bounds.MAX_NAME_CHARACTERS) or "Error",
        value=bounds.bounded(trace.value.strip(), bounds.MAX_MESSAGE_CHARACTERS),
        module=bounds.bounded_line(trace.module or "", bounds.MAX_NAME_CHARACTERS) or None,
        frames=bounds.bounded_frames(trace.frames),
    )


def _common_prefix(lines: Sequence[str], start: Callable[[str], int | None]) -> str:
    """Return what stands before most of the calls, as it was before the last of these."""
    shapes: Counter[str] = Counter()
    last: dict[str, str] = {}
    for line in lines:
        position = start(line)
        if position is not None:
            shape = WORDS.sub("0", line[:position])
            shapes[shape] += 1
            last[shape] = line[:position]
    return last[shapes.most_common(1)[0][0]] if shapes else ""


def _by_writer(lines: list[str]) -> list[str]:
    """Put together what each container wrote, in the order of their last lines."""
    written: dict[str, list[str]] = defaultdict(list)
    last: dict[str, int] = {}
    for number, line in enumerate(lines):
        match = WRITER.match(line)
        writer = (match["writer"] or match["dyno"]) if match else ""
        written[writer].append(line[match.end() :] if match else line)
        last[writer] = number
    if len(written) - ("" in written) < 1 or len(written[""]) * 2 > len(lines):
        return lines
    return [line for writer in sorted(written, key=lambda who: last.get(who, -1))
            for line in written[writer]]  # fmt: skip
