"""Which exception of a chain to look into, and which frames lead to it."""

import ast
import re

from suture.domain.alert import Alert, ExceptionInfo, Frame
from suture.localisation.flow import statement_at
from suture.localisation.frames import FrameFinder, PlacedFrame
from suture.localisation.snapshot import Snapshot

STATED = re.compile(r"\.(?:[cm]?[jt]sx?|go|java|kts?|scala|groovy)$|^node:")


def decisive_index(alert: Alert, finder: FrameFinder, snapshot: Snapshot) -> int:
    """Return the exception to look into; the chain must not be empty.

    An exception that a handler raises on purpose only renames its cause, so the cause decides.
    One that merely happens in a handler is a fault of its own.
    """
    index = len(alert.exceptions) - 1
    while index > 0 and _renames_its_cause(alert.exceptions[index], finder, snapshot):
        index -= 1
    return index


def failing_frames(alert: Alert, index: int) -> tuple[Frame, ...]:
    """Return the calls from the top to where this exception was raised, oldest first.

    A cause's own trace begins at the `try` that caught it; what led there stands in the traces
    of the exceptions that came after it.
    """
    frames = alert.exceptions[index].frames
    for later in alert.exceptions[index + 1 :]:
        if not any(frame.in_app for frame in frames):
            # A cause deep in a library or a runtime tells nothing of who called it.
            frames = (*later.frames, *frames) if later.frames else frames
            continue
        first = _place(frames[0])
        places = [_place(frame) for frame in later.frames]
        if first in places:
            frames = (*later.frames[: places.index(first)], *frames)
    return frames


def is_raised_in_handler(placed: PlacedFrame, snapshot: Snapshot) -> bool:
    """Whether the line is a `raise` inside an `except` block."""
    file = snapshot.file(placed.location.path)
    scope = file.node_of(placed.location.function) or file.tree
    statement = statement_at(scope, placed.location.line) if scope else None
    if not isinstance(statement, ast.Raise) or scope is None:
        return False
    handlers = (node for node in ast.walk(scope) if isinstance(node, ast.ExceptHandler))
    return any(
        handler.lineno <= statement.lineno <= (handler.end_lineno or handler.lineno)
        for handler in handlers
    )


def _renames_its_cause(link: ExceptionInfo, finder: FrameFinder, snapshot: Snapshot) -> bool:
    if not link.frames or STATED.search(link.frames[-1].filename):
        # Other languages name a cause only where somebody stated it.
        return True
    placed = finder.place(link.frames[-1])
    return placed is not None and is_raised_in_handler(placed, snapshot)


def _place(frame: Frame) -> tuple[str, str | None]:
    return frame.filename, frame.function
