"""What a prepared environment depends on, and which paths of a job are acceptable.

An environment is built once for the same set-up command, lock files and toolchain; a change in
any other file of the repository does not ask for a new one.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from suture.canonical import digest_of
from suture.domain.value import Digest
from suture.errors import InvalidInput

LOCK_FILES = (
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "Pipfile",
    "Pipfile.lock",
    "pyproject.toml",
    "setup.cfg",
    "setup.py",
    "tox.ini",
    ".python-version",
)
"""Names of the files that decide what is installed, besides requirements files."""
REQUIREMENTS = re.compile(r"(.*[-_.])?(requirements|constraints)([-_.].*)?\.(txt|in)")
REQUIREMENTS_FOLDER = "requirements"
MAX_PATH_LENGTH = 1_024


def is_lock_file(path: str) -> bool:
    """Tell whether a file, by its path under the service's root, decides what is installed."""
    parts = PurePosixPath(path).parts
    if len(parts) == 1:
        return parts[0] in LOCK_FILES or REQUIREMENTS.fullmatch(parts[0]) is not None
    in_folder = len(parts) == 2 and parts[0] == REQUIREMENTS_FOLDER  # noqa: PLR2004 (folder, file)
    return in_folder and parts[1].endswith((".txt", ".in"))


def setup_files(paths: Iterable[str], root: str) -> tuple[str, ...]:
    """Return the paths, relative to the repository, that decide what a service installs.

    Files at the repository's own root count too, because tools look for them upwards.
    """
    above = PurePosixPath(root)
    found = set()
    for path in paths:
        place = PurePosixPath(path)
        under = place.relative_to(above) if place.is_relative_to(above) else place
        if is_lock_file(str(under)) or is_lock_file(path):
            found.add(path)
    return tuple(sorted(found))


def environment_key(
    setup_command: str | None, lock_files: Mapping[str, str], toolchain: str
) -> Digest:
    """Return the key under which an environment is kept.

    `lock_files` maps paths to contents; `toolchain` is what `Sandbox.probe` says.
    """
    return digest_of(
        {"command": setup_command, "files": dict(lock_files), "toolchain": toolchain, "version": 1}
    )


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
