"""Reads a BugsInPy checkout: which bugs there are, where their fixes are, which tests show them.

Layout: https://github.com/soarsmu/BugsInPy, `projects/<name>/bugs/<number>/`.
"""

import re
import shlex
from collections.abc import Iterable
from pathlib import Path

from suture.domain.value import CommitSha, Value
from suture.errors import InvalidInput

MAX_INFO_BYTES = 64 << 10
MAX_BUGS = 5_000
ASSIGNMENT = re.compile(r'^\s*(\w+)\s*=\s*"([^"\n]*)"', re.MULTILINE)
SHA = re.compile(r"[0-9a-f]{40}")
PROJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,60}")
PIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,80})==[A-Za-z0-9][A-Za-z0-9.+!_-]{0,40}")
MAX_PINS = 300
OWN_TOOLS = frozenset({"pip", "setuptools", "wheel", "uv", "pytest", "pytest-cov", "pluggy", "py"})
"""What installs and runs the tests is Suture's to choose."""


class Bug(Value):
    """One bug as the checkout describes it."""

    project: str
    number: int
    buggy: CommitSha
    fixed: CommitSha
    test_files: tuple[str, ...]
    """Paths that the fix's tests changed, test data among them."""
    commands: tuple[str, ...]
    """How the tests that show the bug are started."""
    pins: tuple[str, ...] = ()
    """What the checkout says that the bug's environment had, `name==version` each."""
    clone: Path
    """The project's repository, bare or with a work tree."""

    @property
    def name(self) -> str:
        """The bug's name in scoreboards."""
        return f"{self.project.lower()}-{self.number}"


def read_bugs(checkout: Path) -> tuple[Bug, ...]:
    """Return the bugs of the projects whose repositories lie beside the checkout.

    Raises:
        InvalidInput: this is no checkout of BugsInPy.
    """
    projects = checkout / "projects"
    if not projects.is_dir():
        raise InvalidInput(f"{checkout} is no checkout of BugsInPy: it has no folder projects.")
    found = list[Bug]()
    for project in sorted(projects.iterdir()):
        clone = _clone_of(project.name, checkout)
        if clone is None or not (project / "bugs").is_dir():
            continue
        for folder in sorted((project / "bugs").iterdir(), key=_number):
            bug = _read(project.name, folder, clone)
            if bug is not None and len(found) < MAX_BUGS:
                found.append(bug)
    return tuple(found)


def pins_of(text: str) -> tuple[str, ...]:
    """Return the pinned packages of a list of requirements, without what only runs tests."""
    found = (PIN.fullmatch(line.partition("#")[0].strip()) for line in text.splitlines())
    pins = [match.group() for match in found if match and match.group(1).lower() not in OWN_TOOLS]
    return tuple(dict.fromkeys(pins))[:MAX_PINS]


def node_ids(commands: Iterable[str], paths: Iterable[str]) -> tuple[str, ...]:
    """Return what the commands run as pytest names it, of the tests that the paths hold.

    `python -m unittest -q a.b.TestC.test_d` is `a/b.py::TestC::test_d`.
    """
    known = frozenset(paths)
    found = []
    for command in commands:
        words = shlex.split(command, comments=True)
        for word in words:
            place, mark, inner = word.partition("::")
            if place in known:
                found.append(f"{place}{mark}{inner}")
            elif "unittest" in words and "." in word and "/" not in word:
                found += _dotted(word, known)
    return tuple(dict.fromkeys(found))


def _dotted(word: str, known: frozenset[str]) -> list[str]:
    parts = word.split(".")
    for count in range(len(parts), 0, -1):
        path = "/".join(parts[:count]) + ".py"
        if path in known:
            return ["::".join([path, *parts[count:]])]
    return []


def _clone_of(project: str, checkout: Path) -> Path | None:
    """Return the project's repository, a folder of the project's name beside the checkout."""
    if not PROJECT.fullmatch(project):
        return None
    clone = checkout.parent / project
    return clone if clone.is_dir() else None


def _number(folder: Path) -> int:
    return int(folder.name) if folder.name.isdecimal() and len(folder.name) < 6 else 0  # noqa: PLR2004 (bounded)


def _read(project: str, folder: Path, clone: Path) -> Bug | None:
    number = _number(folder)
    info = dict(ASSIGNMENT.findall(_text(folder / "bug.info")))
    buggy, fixed = info.get("buggy_commit_id", ""), info.get("fixed_commit_id", "")
    lines = _text(folder / "run_test.sh").splitlines()
    commands = tuple(line.strip() for line in lines if line.strip())
    tests = tuple(path for path in re.split(r"[;\s]+", info.get("test_file", "")) if path)
    if not number or not SHA.fullmatch(buggy) or not SHA.fullmatch(fixed) or not commands:
        return None
    return Bug(
        project=project,
        number=number,
        buggy=buggy,
        fixed=fixed,
        test_files=tests,
        commands=commands,
        pins=pins_of(_text(folder / "requirements.txt")),
        clone=clone,
    )


def _text(path: Path) -> str:
    if not path.is_file() or path.stat().st_size > MAX_INFO_BYTES:
        return ""
    raw = path.read_bytes()
    # Some of the lists were written by a shell that writes UTF-16.
    encoding = "utf-16" if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
    return raw.decode(encoding, errors="replace")
