"""What a prepared environment depends on.

An environment is built once for the same set-up command, lock files and toolchain; a change in
any other file of the repository does not ask for a new one.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from suture.canonical import digest_of
from suture.domain.value import Digest

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
    "package.json",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "pnpm-workspace.yaml",
    "go.mod",
    "go.sum",
    "go.work",
    "go.work.sum",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
    "settings.gradle",
    "settings.gradle.kts",
    "gradle.properties",
)
"""Names of the files that decide what is installed, besides requirements files."""
NESTED = frozenset(
    {"package.json", "go.mod", "go.sum", "pom.xml", "build.gradle", "build.gradle.kts"}
    | {"libs.versions.toml", "gradle-wrapper.properties"}
)
"""Those that parts of a project have, too: workspaces, modules and subprojects."""
REQUIREMENTS = re.compile(r"(.*[-_.])?(requirements|constraints)([-_.].*)?\.(txt|in)")
REQUIREMENTS_FOLDER = "requirements"


def is_lock_file(path: str) -> bool:
    """Tell whether a file, by its path under the service's root, decides what is installed."""
    parts = PurePosixPath(path).parts
    if len(parts) == 1:
        return parts[0] in LOCK_FILES or REQUIREMENTS.fullmatch(parts[0]) is not None
    in_folder = len(parts) == 2 and parts[0] == REQUIREMENTS_FOLDER  # noqa: PLR2004 (folder, file)
    return in_folder and parts[1].endswith((".txt", ".in"))


def _is_nested(place: PurePosixPath) -> bool:
    return place.name in NESTED and "node_modules" not in place.parts


def setup_files(paths: Iterable[str], root: str) -> tuple[str, ...]:
    """Return the paths, relative to the repository, that decide what a service installs.

    Files at the repository's own root count too, because tools look for them upwards.
    """
    above = PurePosixPath(root)
    found = set()
    for path in paths:
        place = PurePosixPath(path)
        inside = place.is_relative_to(above)
        under = place.relative_to(above) if inside else place
        if is_lock_file(str(under)) or is_lock_file(path) or (inside and _is_nested(place)):
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
