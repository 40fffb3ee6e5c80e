"""From a failed test to the code that it tests."""

from suture.domain.alert import Alert, Frame
from suture.domain.evidence import Location
from suture.index.languages import Language, language_of
from suture.localisation.frames import PlacedFrame
from suture.localisation.imports import imported_files
from suture.localisation.related import MAKES_VALUE, relate
from suture.localisation.snapshot import Snapshot, is_test_path
from suture.toolchain.naming import is_place, same_test

MAX_PLACES = 8
CLOSE = MAKES_VALUE * 0.7


def failed_test_places(alert: Alert, snapshot: Snapshot) -> tuple[PlacedFrame, ...]:
    """Find the first failed test by its node id, such as `tests/test_x.py::TestA::test_b[1]`.

    In other languages a test has a title in place of a name, and a package or class may stand in
    place of its file.
    """
    for test in alert.failed_tests:
        name, *inner = test.node_id.partition("[")[0].split("::")
        matches = [path for path in snapshot.paths if path == name or path.endswith(f"/{name}")]
        if len(matches) != 1 or not inner:
            continue
        span = snapshot.file(matches[0]).span_of(".".join(inner))
        if span is not None:
            place = Location(path=matches[0], line=span.first, function=span.qualified_name)
            frame = Frame(filename=matches[0], function=inner[-1], lineno=span.first)
            return (PlacedFrame(frame=frame, location=place, exact=False),)
    titled = (_titled(test.node_id, snapshot) for test in alert.failed_tests)
    return next((found for found in titled if found), ())


def _titled(node_id: str, snapshot: Snapshot) -> tuple[PlacedFrame, ...]:
    place, _, title = node_id.partition("::")
    files = [path for path in sorted(snapshot.paths) if _is_other_test(path, place)]
    for path in files[:MAX_PLACES] if title else ():
        # Go names what a test tries in turn behind a slash; only the test itself is in the file.
        names = (node_id, f"{path}::{title}", f"{path}::{title.partition('/')[0]}")
        for span in reversed(snapshot.file(path).spans):
            if any(same_test(span.qualified_name.replace(".", " "), name) for name in names):
                location = Location(path=path, line=span.first, function=span.qualified_name)
                frame = Frame(filename=path, function=span.qualified_name, lineno=span.first)
                return (PlacedFrame(frame=frame, location=location, exact=False),)
    return ()


def _is_other_test(path: str, place: str) -> bool:
    python = language_of(path) in {None, Language.PYTHON}
    return not python and is_test_path(path) and is_place(place, path)


def code_under_test(path: tuple[Location, ...], snapshot: Snapshot) -> tuple[Location, ...]:
    """Return the functions that a failing test got its values from, the likeliest last.

    Where none can be told, the files that the test imports stand for them.
    """
    related = relate(path, snapshot)
    close = sorted(
        (weight, unit)
        for unit, weight in related.weights.items()
        if unit[1] and not is_test_path(unit[0])
    )
    found = []
    for weight, (file, name) in close[-MAX_PLACES:]:
        span = snapshot.file(file).span_of(name)
        if span is not None and (weight >= CLOSE or len(close) <= MAX_PLACES):
            found.append(Location(path=file, line=span.first, function=name))
    if found:
        return tuple(found)
    files = imported_files(path[-1].path, snapshot)
    return tuple(Location(path=file, line=1) for file in files if not is_test_path(file))[
        :MAX_PLACES
    ]
