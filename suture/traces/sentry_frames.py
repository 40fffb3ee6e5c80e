"""Reads the stack traces of Sentry events: frames, the source around them, and their variables.

https://develop.sentry.dev/sdk/data-model/event-payloads/stacktrace/
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pydantic import JsonValue
from pydantic_core import to_json

from suture.domain.alert import Frame
from suture.traces import bounds
from suture.traces.origin import JAVA, is_own, source_name
from suture.traces.reading import Fields

MAX_CONTEXT_LINES = 20
MAX_DETAIL_BYTES = 1024 * 1024
"""Of the variables, and again of the source around the lines, of all frames of an event."""
MAX_VARIABLES = 100
PAIR = 2
ADDRESS = ("http://", "https://")


class _Room:
    """What may still be kept, and how much may still be looked at to fill it."""

    def __init__(self) -> None:
        self._left = MAX_DETAIL_BYTES
        self._looks = 2 * MAX_DETAIL_BYTES

    def is_open(self) -> bool:
        return self._left > 0 and self._looks > 0

    def takes(self, size: int) -> bool:
        self._looks -= size
        fits = size <= self._left
        self._left -= size if fits else 0
        return fits


class _Source(NamedTuple):
    before: tuple[str, ...]
    line: str | None
    after: tuple[str, ...]


def read_stacks(traces: Sequence[Fields]) -> list[tuple[Frame, ...]]:
    """Return the frames of each stack trace, oldest call first.

    What is kept of their details goes first to the service's own and innermost calls.
    """
    stacks = [
        bounds.head_and_tail(tuple(trace.objects("frames")), bounds.MAX_FRAMES) for trace in traces
    ]
    read = [[_frame(fields) for fields in stack] for stack in stacks]
    variables, source = _Room(), _Room()
    for stack, position in _by_worth(read):
        fields = stacks[stack][position]
        details = {"variables": _variables(fields, variables), **_around(fields, source)}
        read[stack][position] = read[stack][position].model_copy(update=details)
    return [tuple(stack) for stack in read]


def _by_worth(stacks: Sequence[Sequence[Frame]]) -> Iterator[tuple[int, int]]:
    places = [
        (not frame.in_app, len(frames) - position, stack)
        for stack, frames in enumerate(stacks)
        for position, frame in enumerate(frames)
    ]
    for _, distance, stack in sorted(places):
        yield stack, len(stacks[stack]) - distance


def _frame(fields: Fields) -> Frame:
    filename = _filename(fields)
    in_app = fields.flag("in_app", "inApp")
    module = _name(fields, "module")
    return Frame(
        filename=filename,
        function=_name(fields, "function"),
        module=module,
        lineno=fields.number("lineno", "lineNo"),
        colno=None if _is_mapped(fields) else fields.number("colno", "colNo"),
        context_line=_context(fields, around=False).line,
        in_app=is_own(filename, module) if in_app is None else in_app,
    )


def _is_mapped(fields: Fields) -> bool:
    """Whether Sentry has applied a source map already: what it says then is the original's."""
    data = fields.first("data")
    return isinstance(data, dict) and bool(data.get("sourcemap"))


def _name(fields: Fields, name: str) -> str | None:
    return bounds.bounded_line(fields.text(name), bounds.MAX_NAME_CHARACTERS) or None


def _filename(fields: Fields) -> str:
    short, whole = fields.text("filename"), fields.text("abs_path", "absPath")
    # `<frozen runpy>` gets the working directory in front of it when it is made absolute; a
    # script's address on a web server says less than the source that a source map found for it.
    path = short if short.startswith("<") else whole or short
    if whole.startswith(ADDRESS) and short:
        path = short
    module = fields.text("module")
    if path.endswith(JAVA) and "/" not in path and "." in module:
        # The JVM knows only the file's own name; the class says where it is.
        path = f"{module.partition('$')[0].rpartition('.')[0].replace('.', '/')}/{path}"
    return bounds.bounded(source_name(path) or module or "<unknown>", bounds.MAX_PATH_CHARACTERS)


def _context(fields: Fields, *, around: bool = True) -> _Source:
    if fields.first("context"):
        return _exported_context(fields, around=around)
    line = fields.text("context_line")
    before = fields.lines("pre_context")[-MAX_CONTEXT_LINES:] if around else []
    after = fields.lines("post_context")[:MAX_CONTEXT_LINES] if around else []
    return _Source(
        tuple(bounds.bounded_code(each) for each in before),
        bounds.bounded_code(line) if line else None,
        tuple(bounds.bounded_code(each) for each in after),
    )


def _exported_context(fields: Fields, *, around: bool) -> _Source:
    """Read `[[7, "text"], [8, "text"]]` around the line's number."""
    lineno = fields.number("lineno", "lineNo")
    before: list[str] = []
    after: list[str] = []
    line = None
    for item in fields.items("context")[: 2 * MAX_CONTEXT_LINES]:
        if not isinstance(item, list) or len(item) != PAIR or not isinstance(item[0], int):
            continue
        if lineno == item[0]:
            line = bounds.bounded_code(str(item[1] or ""))
        elif around:
            text = bounds.bounded_code(str(item[1] or ""))
            (before if lineno is None or item[0] < lineno else after).append(text)
    return _Source(tuple(before), line, tuple(after))


def _around(fields: Fields, room: _Room) -> dict[str, tuple[str, ...]]:
    if not room.is_open():
        return {}
    source = _context(fields)
    size = sum(len(line.encode()) for line in (*source.before, *source.after))
    if not room.takes(size):
        return {}
    return {"pre_context": source.before, "post_context": source.after}


def _variables(fields: Fields, room: _Room) -> dict[str, JsonValue]:
    """Return those of the frame's variables that there is room for."""
    value = fields.first("vars")
    kept: dict[str, JsonValue] = {}
    for name, item in list(value.items() if isinstance(value, dict) else ())[:MAX_VARIABLES]:
        if not room.is_open():
            break
        small = bounds.bounded_json({name: item})
        if isinstance(small, dict) and room.takes(len(to_json(small))):
            kept |= small
    return kept
