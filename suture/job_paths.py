"""Which paths of a sandbox job are acceptable."""

from pathlib import PurePosixPath

from suture.errors import InvalidInput

MAX_PATH_LENGTH = 1_024


def inside(path: str) -> PurePosixPath:
    """Return a path that stays under its root by its name alone. Links are not looked at.

    Raises:
        InvalidInput: it is absolute, climbs out, or is no path at all.
    """
    if len(path) > MAX_PATH_LENGTH or "\0" in path or not _encodable(path):
        raise InvalidInput(f"This is no path: {path[:80]!r}")
    place = PurePosixPath(path)
    if place.is_absolute() or ".." in place.parts:
        raise InvalidInput(f"{path!r} leads out of its tree")
    return place


def inside_file(path: str) -> PurePosixPath:
    """Return a path that can name a file under its root.

    Raises:
        InvalidInput: as for `inside`, or it names the root itself.
    """
    place = inside(path)
    if not place.name:
        raise InvalidInput(f"{path!r} names no file")
    return place


def _encodable(path: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in path)
