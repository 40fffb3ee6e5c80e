"""Reads stack traces of JavaScript and TypeScript: V8 (Node, Chrome), Firefox and Safari.

V8's form is described at https://v8.dev/docs/stack-trace-api, how Node prints causes at
https://nodejs.org/api/errors.html#errorcause, the others' at
https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Global_Objects/Error/stack.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from suture.domain.alert import ExceptionInfo, Frame
from suture.traces import bounds
from suture.traces.chain import (
    LOG_LINE,
    MAX_PREFIX_CHARACTERS,
    Trace,
    frame_of,
    last_chain,
    stack_lines,
)
from suture.traces.origin import is_in_app, source_name

CALL = re.compile(r"(?<![ \t])[ \t]*+(?:at|\u276f) (?=\S)")
CALL_END = re.compile(r"(?::\d{1,9}:\d{1,9}\)?| \(<anonymous>\))[ \t{,]*+$")
MAX_END_CHARACTERS = 40
ERROR = re.compile(
    r"(?<![\w$.])(?P<type>[A-Za-z_$][\w$.]{0,100}?(?:Error|Exception)|Error|Exception)"
    r"(?: \[(?P<code>[\w.-]{1,80})\])?(?::(?: (?P<value>.*))?$|(?=[ \t{]*$))"
)
NAMED = re.compile(r"^\s*(?:Uncaught )?(?P<type>[A-Za-z_$][\w$.]{0,100})(?:: (?P<value>.*))?$")
WARNING = re.compile(
    r"^\(node:\d{1,9}\) (?:\[[\w-]{1,80}\] )?(?P<type>[A-Z]\w{0,100}Warning): (?P<value>.*)$"
)
"""What Node tells of a leak or the like; with `--trace-warnings`, from where."""
WORD = re.compile(r"^(?:at|in|on|from|Stack|stack|trace|Trace)$")
PLACE = re.compile(r"^(?P<file>\S.{0,1000}?):(?P<line>\d{1,9})(?::(?P<column>\d{1,9}))?$")
ORIGIN = re.compile(r"\((?P<place>[^()]{1,1000}:\d{1,9}:\d{1,9})\)")
GECKO = re.compile(
    r"^\s*(?:async\*)?(?P<name>[^@\s]{0,300}|(?:global|eval|module) code)@"
    r"(?P<place>(?:[a-z][\w.+-]{1,40}:/|/|\./)[^\s]{1,1000}?:\d{1,9}(?::\d{1,9})?)$"
)
VITEST = re.compile(r"^\s*\u276f (?:(?P<name>[^\s:]{1,300}) )?(?P<place>\S{1,1000}:\d+:\d+)\s*$")
ALIAS = re.compile(r" \[as [^\]]{1,200}\]$")
CODE_FRAME = re.compile(r"^\s*+(?P<mark>>)?\s*+(?P<line>\d{1,7})? ?\|(?: (?P<code>.*))?$")
CARETS = re.compile(r"^\s*\^+\s*$")
MATCHING = re.compile(r"^\s*\.\.\. \d{1,6} lines matching cause stack trace \.\.\.$")
CAUSE = re.compile(r"\[cause\]: |\bCaused by: |\[errors\]: ")
NOWHERE = frozenset({"<anonymous>", "native", "[native code]"})
INDEX = re.compile(r"^index \d{1,9}$")
"""Of a promise among those that `Promise.all` waits for."""
NESTED = 2
MAX_MESSAGE_LINES = 40
CODE_FRAME_LINES = 8
MAX_GAP_LINES = 60
MAX_BROKEN_LINES = 3
"""Lines of other writers in the middle of a stack."""


@dataclass(frozen=True)
class _Stack:
    """Frames that stand together, innermost first, as printed."""

    frames: tuple[Frame, ...]
    first: int
    end: int


@dataclass(frozen=True)
class _Source:
    """A line of source that is printed beside a stack; of some files no name is."""

    filename: str
    lineno: int
    code: str


def read_javascript(text: str) -> tuple[ExceptionInfo, ...]:
    """Return the last chain of JavaScript errors in a text, causes first; empty without one."""
    lines = stack_lines(text, call_start)
    return last_chain(tuple(_traces(lines)))


def call_start(line: str) -> int | None:
    """Return where in a line of a log a call seems to begin, its indentation included."""
    if not CALL_END.search(line[-MAX_END_CHARACTERS:]):
        return None
    match = CALL.search(line, 0, MAX_PREFIX_CHARACTERS)
    return match.start() if match else None


def read_javascript_frame(line: str) -> Frame | None:
    """Return the call that one line of a stack trace shows, or nothing if it is none."""
    body = line.strip().rstrip("{,").rstrip()
    if body.startswith("at "):
        return _v8_frame(body[3:])
    for pattern in (VITEST, GECKO):
        if match := pattern.match(line):
            return _frame(match["name"] or "", match["place"])
    return None


def _traces(lines: Sequence[str]) -> Iterator[Trace]:
    end, top = -MAX_GAP_LINES, 0
    nested = 0
    for stack in _stacks(lines):
        start = _header(lines, stack.first, max(end, 0))
        trace = _trace(lines, stack, start)
        lead = lines[start] if start is not None else ""
        depth = len(lead) - len(lead.lstrip())
        caused = CAUSE.search(lead) is not None
        follows = stack.first - end <= MAX_GAP_LINES and (caused or depth >= top + NESTED)
        nested = max(depth, nested + 1) if follows and caused else depth
        if not follows:
            top = depth
        yield replace(trace, depth=nested, follows=follows)
        end = stack.end


def _stacks(lines: Sequence[str]) -> Iterator[_Stack]:
    frames: list[Frame] = []
    first = last = -1
    for number, line in enumerate(lines):
        frame = read_javascript_frame(line)
        if frame is None and not MATCHING.match(line):
            continue
        if frames and not _same_stack(lines[last + 1 : number]):
            yield _Stack(tuple(frames), first, last + 1)
            frames = []
        if frame is not None:
            first = number if not frames else first
            frames.append(frame)
        last = number
    if frames:
        yield _Stack(tuple(frames), first, last + 1)


def _same_stack(between: Sequence[str]) -> bool:
    """Whether lines between two calls are others', and not the next error's beginning."""
    # Vitest prints the source below the first call.
    own = [line for line in between if line.strip() and not CODE_FRAME.match(line)]
    return len(own) <= MAX_BROKEN_LINES and all(
        LOG_LINE.match(line) and not ERROR.search(line) for line in own
    )


def _header(lines: Sequence[str], first: int, floor: int) -> int | None:
    """Return the number of the line that names the error of the stack that begins at `first`."""
    for number in range(first - 1, max(first - 1 - MAX_MESSAGE_LINES, floor - 1), -1):
        if ERROR.search(lines[number]) or WARNING.match(lines[number]):
            return number
        if LOG_LINE.match(lines[number]):
            break
    above = first - 1
    if above < floor:
        return None
    match = NAMED.match(lines[above])
    return above if match and not WORD.match(match["type"]) else None


def _trace(lines: Sequence[str], stack: _Stack, header: int | None) -> Trace:
    frames = _with_source(stack, lines, header)
    oldest_first = tuple(reversed(frames))
    if header is None:
        return Trace(type="Error", value="", frames=oldest_first, named=False)
    head = lines[header]
    match = ERROR.search(head) or WARNING.match(head) or NAMED.match(lines[header])
    named = match["type"] if match else "Error"
    said = [(match["value"] or "") if match else ""]
    below = lines[header + 1 : stack.first]
    said += [line.strip() for line in below if not CODE_FRAME.match(line)]
    return Trace(type=named, value="\n".join(said).strip(), frames=oldest_first)


def _with_source(stack: _Stack, lines: Sequence[str], header: int | None) -> list[Frame]:
    """Return the frames, the line of source that is printed beside the stack with its own."""
    frames = list(stack.frames)
    window = lines[max(stack.first - MAX_MESSAGE_LINES, 0) : stack.end + CODE_FRAME_LINES]
    found = _code_frame(window)
    if header is not None and found is None:
        found = _printed_source(lines, header)
    for number, frame in enumerate(frames if found else ()):
        if found and frame.lineno == found.lineno and found.filename in {"", frame.filename}:
            code = bounds.bounded_code(found.code)
            frames[number] = frame.model_copy(update={"context_line": code})
            break
    return frames


def _code_frame(lines: Sequence[str]) -> _Source | None:
    """Return the line that a code frame marks: `> 12 | code`, or carets below `12| code`."""
    above = None
    found = None
    for line in lines:
        match = CODE_FRAME.match(line)
        if match is None:
            continue
        if match["line"]:
            above = match
        marked = match["mark"] or (not match["line"] and CARETS.match(match["code"] or ""))
        if marked and above is not None:
            found = _Source("", int(above["line"]), (above["code"] or "").strip())
    return found


def _printed_source(lines: Sequence[str], header: int) -> _Source | None:
    """Return the line of source that Node prints above an error that nobody caught."""
    for number in range(max(header - 6, 0), header - 1):
        match = PLACE.match(lines[number].strip())
        if match and any(CARETS.match(line) for line in lines[number + 2 : header]):
            name = source_name(match["file"])
            return _Source(name, int(match["line"]), lines[number + 1].strip())
    return None


def _v8_frame(body: str) -> Frame | None:
    name, place = "", body
    if body.endswith(")") and " (" in body:
        name, _, place = body.partition(" (")
        place = place[:-1]
    elif body.startswith("async "):
        place = body.removeprefix("async ")
    if place.startswith("eval at "):
        origin = ORIGIN.search(place)
        place = origin["place"] if origin else "<anonymous>"
    return _frame(name.removeprefix("async "), place)


def _frame(name: str, place: str) -> Frame | None:
    name = ALIAS.sub("", name)
    if place in NOWHERE or INDEX.match(place):
        return frame_of("<anonymous>", name, None, in_app=False)
    match = PLACE.match(place)
    if match is None:
        return None
    # `file.ts:3:7` leaves a column; a lone number is the line.
    filename = source_name(match["file"])
    column = int(match["column"]) if match["column"] else None
    frame = frame_of(filename, name, int(match["line"]), in_app=is_in_app(filename))
    return frame.model_copy(update={"colno": column})
