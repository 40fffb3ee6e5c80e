"""Puts what was written in the place of what was built, where a source map tells.

Maps are looked for in the repository only, beside the built file or inside it. What they call
their sources is a name to look for among the repository's files, never a path to open.
"""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from suture.domain.alert import Alert, ExceptionInfo, Frame
from suture.domain.evidence import Evidence, Statement
from suture.domain.service import Service
from suture.errors import InvalidInput
from suture.localisation.citations import quote_event
from suture.localisation.frames import BUILT, find_built_file
from suture.localisation.snapshot import Snapshot
from suture.traces import bounds
from suture.traces.origin import is_in_app, source_name
from suture.traces.source_map import Original, Position, inline_map, mapping_url, originals

MAX_MAPS = 5
"""Of one alert."""
MAX_URL = 1_000
UPWARDS = "../"


@dataclass(frozen=True, kw_only=True)
class _Map:
    """A source map and what its sources are relative to."""

    text: str
    folder: str


def with_originals(alert: Alert, service: Service, built: Snapshot) -> tuple[ExceptionInfo, ...]:
    """Return the alert's exceptions with the places that source maps of this commit tell.

    Empty where none tells any. Maps that are broken or too large tell none.
    """
    found = dict(_mapped(alert, service, built))
    if not found:
        return ()
    return tuple(
        each.model_copy(
            update={
                "frames": tuple(
                    found.get((number, place), frame) for place, frame in enumerate(each.frames)
                )
            }
        )
        for number, each in enumerate(alert.exceptions)
    )


def in_originals(alert: Alert, evidence: Evidence) -> Alert:
    """Return the alert as the evidence found it to have been written."""
    if not evidence.originals:
        return alert
    return alert.model_copy(update={"exceptions": evidence.originals})


def tell_originals(alert: Alert, found: tuple[ExceptionInfo, ...]) -> Iterator[Statement]:
    """Tell where the innermost call that a source map was applied to was written."""
    for was, now in zip(reversed(alert.exceptions), reversed(found), strict=False):
        for built, frame in zip(reversed(was.frames), reversed(now.frames), strict=True):
            if built != frame:
                text = f"By its source map, {built.filename}:{built.lineno}:{built.colno} was "
                text += f"written at {frame.filename}:{frame.lineno}."
                yield Statement(text=text, citations=(quote_event(built.filename),))
                return


def _mapped(
    alert: Alert, service: Service, built: Snapshot
) -> Iterator[tuple[tuple[int, int], Frame]]:
    """Yield the frames that were found, by their exception's number and their own."""
    by_file: dict[str, list[tuple[int, int, Frame]]] = {}
    for number, each in enumerate(alert.exceptions):
        for place, frame in enumerate(each.frames):
            if frame.lineno and frame.colno and BUILT.search(frame.filename):
                by_file.setdefault(frame.filename, []).append((number, place, frame))
    read = 0
    for calls in by_file.values():
        kept = _map_of(calls[0][2], service, built) if read < MAX_MAPS else None
        if kept is None:
            continue
        read += 1
        told = _read(kept, [frame for _, _, frame in calls])
        for number, place, frame in calls:
            if (original := told.get(_position(frame))) is not None:
                yield (number, place), _frame(frame, original, kept.folder, built)


def _position(frame: Frame) -> Position:
    return (frame.lineno or 1) - 1, (frame.colno or 1) - 1


def _read(kept: _Map, frames: list[Frame]) -> dict[Position, Original]:
    try:
        return originals(kept.text, [_position(frame) for frame in frames])
    except InvalidInput:
        return {}


def _map_of(frame: Frame, service: Service, built: Snapshot) -> _Map | None:
    """Return the map that the script names, or that lies beside it or where only it is kept."""
    script = find_built_file(frame.filename, service, built)
    if script is not None:
        url = mapping_url(built.repository.read_file(built.sha, script) or "")
        folder = posixpath.dirname(script)
        if (text := inline_map(url)) is not None:
            return _Map(text=text, folder=folder)
        named = posixpath.normpath(posixpath.join(folder, url.partition("?")[0][:MAX_URL]))
        if url and named in built.paths:
            return _opened(named, built)
    beside = find_built_file(f"{frame.filename}.map", service, built)
    return _opened(beside, built) if beside is not None else None


def _opened(path: str, built: Snapshot) -> _Map | None:
    text = built.repository.read_file(built.sha, path)
    return None if text is None else _Map(text=text, folder=posixpath.dirname(path))


def _frame(frame: Frame, original: Original, folder: str, built: Snapshot) -> Frame:
    """Return the call where it was written. A minified function has no name that helps."""
    name = _in_repository(original.source[: bounds.MAX_PATH_CHARACTERS], folder, built)
    span = built.file(name).function_at(original.line) if name in built.paths else None
    return frame.model_copy(
        update={
            "filename": bounds.bounded(name, bounds.MAX_PATH_CHARACTERS),
            "function": span.qualified_name if span else None,
            "lineno": original.line,
            "colno": None,
            "context_line": bounds.bounded_code(original.code) if original.code else None,
            "pre_context": (),
            "post_context": (),
            "in_app": is_in_app(name),
        }
    )


def _in_repository(source: str, folder: str, built: Snapshot) -> str:
    """Return the file of the repository that a source is, else its name without its way there."""
    name = source_name(source.replace("\\", "/"))
    for place in (posixpath.join(folder, name), name):
        path = posixpath.normpath(place)
        if path in built.paths:
            return path
    name = posixpath.normpath(name)
    while name.startswith(UPWARDS):
        name = name.removeprefix(UPWARDS)
    return name
