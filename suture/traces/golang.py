"""Reads Go's panics, fatal errors, data races and stacks that errors carry.

The forms are the runtime's own (https://pkg.go.dev/runtime#hdr-Environment_Variables), those of
the race detector (https://go.dev/doc/articles/race_detector) and of `%+v` of errors with a stack.
Where a panic was recovered and raised again, the first one is the cause.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from suture.domain.alert import ExceptionInfo, Frame
from suture.traces.chain import (
    LOG_LINE,
    MAX_PREFIX_CHARACTERS,
    Trace,
    frame_of,
    last_chain,
    stack_lines,
)
from suture.traces.origin import is_go_in_app

PANIC = re.compile(r"(?:^|[\s\]:\"])panic(?: serving [^\s]{1,100})?: (?P<said>.*)$")
AGAIN = re.compile(r"^\s+panic: (?P<said>.*)$")
FATAL = re.compile(r"(?:^|\s)fatal error: (?P<said>.*)$")
RACE = re.compile(r"^\s*WARNING: DATA RACE$")
ACCESS = re.compile(
    r"^\s*(?:Previous )?(?P<said>(?i:read|write|atomic \w+)) at 0x[0-9a-f]{1,20} by "
    r"(?:main )?goroutine"
)
GOROUTINE = re.compile(r"(?:^|\s)goroutine \d{1,12}(?: [^\[\n]{1,100})? \[[^\]\n]{1,200}\]:$")
RAISED_AGAIN = re.compile(r" \[recovered(?:, repanicked)?\]$")
PLACE = re.compile(
    r"^\s*(?P<file>(?:[A-Za-z]:)?[^\s:()][^\t:]{0,600}\.(?:go|s|c|cgo1\.go)):(?P<line>\d{1,9})"
    r"(?: \+0x[0-9a-f]{1,16})?$"
)
PLACED = re.compile(r"(?<![ \t])[ \t]++(?=\S)")
PLACE_END = re.compile(r"\.(?:go|s|c):\d{1,9}(?: \+0x[0-9a-f]{1,16})?\s*$")
MAX_END_CHARACTERS = 60
NAME = re.compile(r"^[^\s\"':;,<>=]{1,300}$")
CREATED = re.compile(r"^created by | in goroutine \d{1,12}$")
LOGGED = re.compile(
    r"^(?:[^\s:]{1,60}: )?\d{4}/\d\d/\d\d \d\d:\d\d:\d\d(?:\.\d{1,9})? "
    r"(?P<file>[^\s:]{1,400}\.go):(?P<line>\d{1,9}): (?P<said>.*)$"
)
EXIT = re.compile(r"^exit status [1-9]\d{0,2}$")
ARGUMENTS = "(arguments)"
"""Under which name a frame's variables hold the words that a panic prints as a call's arguments."""
WORDS = re.compile(r"\((?P<words>[0-9a-fx{}?, ._]{3,1000})\)$")
MAX_MESSAGE_LINES = 40
MAX_MESSAGES = 8
MAX_BROKEN_LINES = 3
MAX_RACE_LINES = 200


class _Headline(NamedTuple):
    type: str
    said: tuple[str, ...]
    """What each panic said, the first one first."""


@dataclass(frozen=True)
class _Stack:
    """Frames that stand together, innermost first, as printed."""

    frames: tuple[Frame, ...]
    end: int


def read_go(text: str) -> tuple[ExceptionInfo, ...]:
    """Return the last panic, race or error with a stack, causes first; empty without one."""
    lines = stack_lines(text, place_start)
    return last_chain(tuple(_traces(lines)))


def place_start(line: str) -> int | None:
    """Return where in a line of a log a call's file seems to begin, its indentation included."""
    if LOGGED.match(line):
        return 0
    if not PLACE_END.search(line[-MAX_END_CHARACTERS:]):
        return None
    found = list(islice(PLACED.finditer(line, 0, MAX_PREFIX_CHARACTERS), 20))
    marks = [match.start() for match in found if PLACE.match(line[match.start() :])]
    return marks[0] if marks else None


def _traces(lines: Sequence[str]) -> Iterator[Trace]:
    position = 0
    headline: _Headline | None = None
    while position < len(lines):
        line = lines[position]
        if RACE.match(line):
            yield from _race(lines[position + 1 : position + MAX_RACE_LINES])
            position, headline = position + 1, None
        elif told := _headline(lines, position):
            position, headline = position + 1, told
        elif stack := _stack(lines, position):
            yield from _panics(headline or _above(lines, position), stack.frames, headline)
            position, headline = stack.end, _after(headline, stack)
        else:
            if logged := _logged(lines, position):
                yield logged
            position += 1


def _after(headline: _Headline | None, stack: _Stack) -> _Headline | None:
    """Return what the next stack is about: a fatal error shows all goroutines."""
    own = any(frame.in_app for frame in stack.frames)
    return None if own or headline is None or headline.type == "panic" else headline


def _headline(lines: Sequence[str], position: int) -> _Headline | None:
    line = lines[position]
    if match := FATAL.search(line):
        return _Headline("fatal error", (_message(lines, position, match["said"]),))
    match = PANIC.search(line)
    if match is None or AGAIN.match(line):
        return None
    said = [_message(lines, position, match["said"])]
    for number in range(position + 1, min(position + MAX_MESSAGE_LINES, len(lines))):
        if GOROUTINE.search(lines[number]):
            break
        if again := AGAIN.match(lines[number]):
            said.append(_message(lines, number, again["said"]))
    return _Headline("panic", tuple(said[:MAX_MESSAGES]))


def _message(lines: Sequence[str], position: int, first: str) -> str:
    """Return a message with its further lines; these are indented."""
    said = [RAISED_AGAIN.sub("", first)]
    for line in lines[position + 1 : position + MAX_MESSAGE_LINES]:
        if not line.startswith("\t") or AGAIN.match(line) or PLACE.match(line):
            break
        said.append(RAISED_AGAIN.sub("", line.strip()))
    return "\n".join(said)


def _above(lines: Sequence[str], position: int) -> _Headline:
    """Return what the lines above a stack say that no panic is printed with."""
    for number in range(position - 1, max(position - 4, -1), -1):
        line = lines[number].strip()
        if line and not GOROUTINE.search(line) and not PLACE.match(line):
            return _Headline("error", (line,))
    return _Headline("error", ("",))


def _stack(lines: Sequence[str], position: int) -> _Stack | None:
    """Read the calls that begin at this line: a goroutine's, or those of an error."""
    start = position + 1 if GOROUTINE.search(lines[position]) else position
    frames: list[Frame] = []
    broken = 0
    end = number = start
    while number + 1 < len(lines) and broken <= MAX_BROKEN_LINES:
        frame = _frame(lines[number], lines[number + 1])
        if frame is not None:
            frames.append(frame)
            number, broken = number + 2, 0
            end = number
        elif frames and LOG_LINE.match(lines[number]) and not PANIC.search(lines[number]):
            number, broken = number + 1, broken + 1
        else:
            break
    return _Stack(tuple(frames), end) if frames else None


def _panics(
    told: _Headline, frames: tuple[Frame, ...], headline: _Headline | None
) -> Iterator[Trace]:
    """Yield the last panic first: those that it was raised after are nested in it."""
    marks = [number + 1 for number, frame in enumerate(frames) if frame.function == "panic"]
    for number in range(len(told.said) - 1, -1, -1):
        passed = len(marks) - number
        start = marks[passed - 1] if passed > 0 else 0
        depth = len(told.said) - 1 - number
        yield Trace(
            type=told.type,
            value=told.said[number],
            frames=tuple(reversed(frames[start:])) or tuple(reversed(frames)),
            depth=depth,
            follows=depth > 0,
            named=headline is not None,
        )


def _race(lines: Sequence[str]) -> Iterator[Trace]:
    """Yield both accesses, in the order of their places: which came first is chance."""
    found: list[Trace] = []
    for position, line in enumerate(lines):
        if line.strip("=") == "" and line.strip():
            break
        match = ACCESS.match(line)
        stack = _stack(lines, position + 1) if match and position + 1 < len(lines) else None
        if match and stack:
            frames = tuple(reversed(stack.frames))
            said = f"{match['said'].lower()} without synchronisation"
            found.append(Trace(type="data race", value=said, frames=frames))
    found.sort(key=lambda each: (each.frames[-1].filename, each.frames[-1].lineno or 0))
    for depth, trace in enumerate(found[:2]):
        yield Trace(type=trace.type, value=trace.value, frames=trace.frames,
                    depth=depth, follows=depth > 0)  # fmt: skip


def _logged(lines: Sequence[str], position: int) -> Trace | None:
    """Read what `log.Fatal` prints with `log.Lshortfile`, before the program exits."""
    match = LOGGED.match(lines[position])
    follows = lines[position + 1 : position + 2]
    if match is None or not (follows and EXIT.match(follows[0])):
        return None
    frame = frame_of(match["file"], None, int(match["line"]), in_app=True)
    return Trace(type="log.Fatal", value=match["said"], frames=(frame,))


def _frame(call: str, place: str) -> Frame | None:
    where = PLACE.match(place)
    name = CREATED.sub("", call.strip())
    name = name[: name.rindex("(")] if name.endswith(")") and "(" in name else name
    if where is None or not NAME.match(name):
        return None
    package, function = _split(name)
    filename = where["file"].replace("\\", "/")
    frame = frame_of(
        filename,
        function,
        int(where["line"]),
        in_app=is_go_in_app(filename, package),
        module=package if package != "main" else None,
    )
    words = WORDS.search(call.strip())
    return frame.model_copy(update={"variables": {ARGUMENTS: words["words"]}}) if words else frame


def _split(name: str) -> tuple[str, str]:
    """Return the package's path and the function in it: `a.b/c.(*T).F` is `a.b/c`, `(*T).F`."""
    folder, slash, last = name.rpartition("/") if "(" not in name else _before_receiver(name)
    package, dot, function = last.partition(".")
    if not dot:
        return "", name
    return f"{folder}{slash}{package}".replace("%2e", "."), function


def _before_receiver(name: str) -> tuple[str, str, str]:
    """Split at the last slash of the package; type arguments hold slashes, too."""
    folder, slash, last = name.partition("(")[0].rpartition("/")
    return folder, slash, last + name[name.index("(") :]
