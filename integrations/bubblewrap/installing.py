"""Decides what a set-up without a command of its own installs, from the files of the tree.

The files are hostile: they are read bounded, without following links, and whatever they ask for
is installed inside the sandbox. Sources: https://packaging.python.org/en/latest/specifications/,
https://python-poetry.org/docs/pyproject/, https://docs.astral.sh/uv/reference/cli/.
"""

import importlib.metadata
import os
import re
import stat
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import InvalidVersion, Version

from suture.domain.value import Value
from suture.errors import SettingsError

UV = "/tools/uv"
PYTHON = "/env/bin/python"
LIST = ".suture-requirements.txt"
MAX_FILE_BYTES = 8 << 20
MAX_REQUIREMENTS = 2_000
TEST_NAMES = re.compile(r"(unit[-_.]?)?(tests?|testing|dev|develop|development|ci|qa|pytest)")
"""Names of extras and groups that the tests need."""
REQUIREMENT_FILES = re.compile(
    r"((unit[-_.]?)?(tests?|testing|dev|develop|development|ci|qa)[-_.])?requirements"
    r"([-_.](tests?|testing|dev|develop|development|ci|qa|base|main|prod))*\.txt"
)


class Plan(Value):
    """What to install, and how."""

    command: tuple[str, ...] = ()
    """Run in the service's directory; empty: nothing to install."""
    files: tuple[tuple[str, str], ...] = ()
    """Laid over the copy of the tree: path relative to the service's directory, content."""
    only_pytest: bool
    """Whether Suture's own pytest is enough, should no registry answer."""
    installed: bool = False
    """Whether the project itself gets installed, so that its source needs no path."""


def plan_installation(directory: Path, *, uv: bool) -> Plan:
    """Return the plan for a service's directory, which must not lead out of its tree.

    Raises:
        SettingsError: only uv can install what is asked for, and there is none.
    """
    project = parsed(read(directory / "pyproject.toml"))
    listed = sorted(requirement_files(directory))
    wanted = [*declared(project), *flat(read(directory / name) for name in listed)]
    enough = all(map(ours, wanted))
    if read(directory / "uv.lock") and "project" in project:
        if not uv:
            raise SettingsError(
                "This service has a uv.lock, and uv is not installed. Install uv beside Suture, "
                "or set the service's setup_command."
            )
        return Plan(command=synchronise(project), only_pytest=enough, installed=True)
    installs = "build-system" in project or bool(read(directory / "setup.py"))
    locked = poetry_requirements(parsed(read(directory / "poetry.lock")))
    own = locked or "\n".join(declared(project))
    if not (own or listed or installs) or (enough and not installs and not locked):
        return Plan(only_pytest=True)
    arguments = [part for name in listed for part in ("-r", name)]
    arguments += ["-r", LIST] if own else []
    arguments += ["-e", "."] if installs else []
    return Plan(
        command=install(*arguments, uv=uv),
        files=((LIST, own + "\n"),) if own else (),
        only_pytest=enough and not locked,
        installed=installs,
    )


def install(*arguments: str, uv: bool) -> tuple[str, ...]:
    """Return the command that installs into the environment."""
    if uv:
        return (UV, "pip", "install", "--python", PYTHON, *arguments)
    return (PYTHON, "-m", "pip", "install", "--no-input", "--progress-bar", "off", *arguments)


def synchronise(project: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the command that installs exactly what a uv.lock says."""
    groups = [name for name in table(project, "dependency-groups") if test_name(name)]
    extras = table(table(project, "project"), "optional-dependencies")
    named = [part for name in groups for part in ("--group", name)]
    named += [part for name in extras if test_name(name) for part in ("--extra", name)]
    return (UV, "sync", "--frozen", "--python", PYTHON, *named)


def requirement_files(directory: Path) -> Iterator[str]:
    """Name the requirements files that the service or its tests need."""
    for folder in ("", "requirements"):
        if (directory / folder).is_symlink():
            continue
        try:
            names = os.listdir(directory / folder)  # noqa: PTH208 (the names are what is wanted)
        except OSError:
            continue
        for name in names:
            fits = REQUIREMENT_FILES.fullmatch(name)
            if folder:
                fits = re.fullmatch(rf"(base|main|prod|{TEST_NAMES.pattern})\.txt", name)
            path = f"{folder}/{name}" if folder else name
            if fits and read(directory / path):
                yield path


def declared(project: Mapping[str, Any]) -> list[str]:
    """Return the requirements that a pyproject.toml declares for the project and its tests."""
    standard = table(project, "project")
    found = [*strings(standard.get("dependencies"))]
    for name, wanted in table(standard, "optional-dependencies").items():
        found += strings(wanted) if test_name(name) else []
    groups = table(project, "dependency-groups")
    for name in groups:
        found += grouped(groups, name, frozenset()) if test_name(name) else []
    return [*found, *poetry_declared(project)][:MAX_REQUIREMENTS]


def grouped(groups: Mapping[str, Any], name: str, seen: frozenset[str]) -> list[str]:
    """Return a dependency group with the groups that it includes."""
    entries = groups.get(name)
    if name in seen or not isinstance(entries, list):
        return []
    included = [entry.get("include-group") for entry in entries if isinstance(entry, dict)]
    found = strings(entries)
    for other in included:
        found += grouped(groups, str(other), seen | {name})
    return found


def poetry_declared(project: Mapping[str, Any]) -> list[str]:
    """Return what `[tool.poetry]` asks for, as requirements."""
    poetry = table(table(project, "tool"), "poetry")
    tables = [table(poetry, "dependencies"), table(poetry, "dev-dependencies")]
    for name, group in table(poetry, "group").items():
        tables += [table(group, "dependencies")] if test_name(name) else []
    return [
        f"{name}{poetry_specifier(wanted)}"
        for wanted_by in tables
        for name, wanted in wanted_by.items()
        if name != "python"
    ]


def poetry_specifier(wanted: object) -> str:
    """Return the standard form of Poetry's caret, tilde and plain versions."""
    version = wanted.get("version") if isinstance(wanted, dict) else wanted
    if not isinstance(version, str) or version.strip() in ("", "*"):
        return ""
    version = version.strip()
    if version[0] in "<>=!" or version.startswith("~="):
        return version
    if version[0] not in "^~":
        return f"=={version}"
    try:
        release = list(Version(version[1:].strip()).release)
    except InvalidVersion:
        return ""
    kept = next((place for place, part in enumerate(release) if part), len(release) - 1)
    if version[0] == "~":
        kept = min(1, len(release) - 1)
    above = [*release[:kept], release[kept] + 1]
    return f">={version[1:].strip()},<{'.'.join(map(str, above))}"


def poetry_requirements(lock: Mapping[str, Any]) -> str:
    """Return the packages of a poetry.lock as pinned requirements."""
    lines = []
    packages = lock.get("package")
    for package in packages[:MAX_REQUIREMENTS] if isinstance(packages, list) else []:
        if not isinstance(package, dict) or package.get("optional"):
            continue
        markers = package.get("markers")
        only_if = f" ; {markers}" if isinstance(markers, str) else ""
        lines.append(f"{package.get('name')}=={package.get('version')}{only_if}")
    return "\n".join(lines)


def flat(texts: Iterable[str]) -> Iterator[str]:
    """Yield the lines of requirements files that mean something."""
    for text in texts:
        for line in text.splitlines():
            wanted = line.split(" #")[0].strip()
            if wanted and not wanted.startswith("#"):
                yield wanted


def ours(wanted: str) -> bool:
    """Tell whether Suture's own pytest, or what it stands on, meets a requirement."""
    try:
        requirement = Requirement(wanted)
        if requirement.marker and not requirement.marker.evaluate():
            return True
        name = requirement.name.lower()
        own = {distribution.lower() for distribution in pytest_distributions()}
        version = importlib.metadata.version(name) if name in own else ""
    except (InvalidRequirement, importlib.metadata.PackageNotFoundError):
        return False
    return bool(version) and not requirement.extras and requirement.specifier.contains(version)


def pytest_distributions() -> list[str]:
    """Name pytest and everything that it stands on."""
    found, pending = [], ["pytest"]
    while pending:
        name = pending.pop()
        found.append(name)
        for wanted in map(Requirement, importlib.metadata.requires(name) or []):
            applies = wanted.marker is None or wanted.marker.evaluate({"extra": ""})
            if applies and wanted.name not in (*found, *pending):
                pending.append(wanted.name)
    return found


def read(path: Path) -> str:
    """Return a regular file's text; nothing if it is something else, or too large."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except (OSError, ValueError):
        return ""
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            return ""
        with os.fdopen(fd, "rb", closefd=False) as file:
            content = file.read(MAX_FILE_BYTES + 1)
    finally:
        os.close(fd)
    return content.decode("utf-8", "replace") if len(content) <= MAX_FILE_BYTES else ""


def parsed(text: str) -> dict[str, Any]:
    """Return a TOML file; nothing if it is none."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def table(of: object, name: str) -> dict[str, Any]:
    """Return a sub-table; nothing if there is something else in its place."""
    found = of.get(name) if isinstance(of, dict) else None
    return found if isinstance(found, dict) else {}


def strings(of: object) -> list[str]:
    """Return the one-line strings of a list."""
    entries = of if isinstance(of, list) else []
    return [entry for entry in entries if isinstance(entry, str) and "\n" not in entry]


def test_name(name: str) -> bool:
    """Tell whether an extra or group is for the tests."""
    return TEST_NAMES.fullmatch(name.lower()) is not None
