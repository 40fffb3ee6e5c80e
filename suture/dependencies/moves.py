"""Which packages moved between two commits, by the manifests and locks that both have."""

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from suture.dependencies.golang import read_go_mod
from suture.dependencies.javascript import (
    read_package_json,
    read_package_lock,
    read_pnpm_lock,
    read_yarn_lock,
)
from suture.dependencies.jvm import read_catalogue, read_gradle, read_gradle_lock, read_pom
from suture.dependencies.pins import Pins
from suture.dependencies.python import (
    read_pipfile,
    read_pipfile_lock,
    read_pyproject,
    read_requirements,
    read_toml_lock,
)
from suture.domain.evidence import DependencyMove
from suture.domain.value import CommitSha
from suture.errors import InvalidInput
from suture.ports.source import SourceRepository
from suture.toolchain.lock_files import REQUIREMENTS, REQUIREMENTS_FOLDER

MAX_CHARACTERS = 4 << 20
MAX_READ = 16 << 20
"""Characters of all manifests that one history reads."""
MAX_FILES = 20
MAX_MOVES = 200

READERS: dict[str, Callable[[str], Pins]] = {
    "pyproject.toml": read_pyproject,
    "uv.lock": read_toml_lock,
    "poetry.lock": read_toml_lock,
    "pdm.lock": read_toml_lock,
    "Pipfile": read_pipfile,
    "Pipfile.lock": read_pipfile_lock,
    "package.json": read_package_json,
    "package-lock.json": read_package_lock,
    "npm-shrinkwrap.json": read_package_lock,
    "yarn.lock": read_yarn_lock,
    "pnpm-lock.yaml": read_pnpm_lock,
    "go.mod": read_go_mod,
    "pom.xml": read_pom,
    "build.gradle": read_gradle,
    "build.gradle.kts": read_gradle,
    "gradle.lockfile": read_gradle_lock,
    "libs.versions.toml": read_catalogue,
}
LOCKS = frozenset(name for name in READERS if "lock" in name or "shrinkwrap" in name)
FOREIGN_FOLDERS = frozenset({"node_modules", "vendor", "site-packages", "testdata"})
Key = tuple[str, str]
"""Folder and name: a lock tells more than the manifest beside it."""


def reader_of(path: str) -> Callable[[str], Pins] | None:
    """Return what reads a file, or nothing if it is no manifest of the project's own."""
    folder, _, name = path.rpartition("/")
    if FOREIGN_FOLDERS & set(folder.split("/")):
        return None
    listing = folder.rpartition("/")[2] == REQUIREMENTS_FOLDER and name.endswith((".txt", ".in"))
    if REQUIREMENTS.fullmatch(name) or listing:
        return read_requirements
    return READERS.get(name)


def is_lock(path: str) -> bool:
    """Whether a tool wrote the file, so that its words tell nothing by themselves."""
    return path.rpartition("/")[2] in LOCKS


@dataclass
class ManifestHistory:
    """Reads the manifests of commits, each content once."""

    repository: SourceRepository
    _known: dict[tuple[str, str], Pins | None] = field(default_factory=dict)
    _left: int = MAX_READ

    def moves(
        self, old: CommitSha, new: CommitSha, paths: Iterable[str]
    ) -> tuple[DependencyMove, ...]:
        """Return the packages whose versions differ, locked ones in the place of wishes.

        Only the given paths are looked at. Files that one side lacks or that cannot be read tell
        nothing: a project that begins to lock has moved nothing by it.
        """
        found: dict[Key, DependencyMove] = {}
        manifests = [path for path in sorted(set(paths)) if reader_of(path) is not None]
        for path in sorted(manifests[:MAX_FILES], key=is_lock):
            for move in self._of_file(old, new, path):
                found[(posixpath.dirname(path), move.name)] = move
        kept = sorted(found.values(), key=lambda move: (not move.direct, move.path, move.name))
        return tuple(kept[:MAX_MOVES])

    def _of_file(self, old: CommitSha, new: CommitSha, path: str) -> Iterator[DependencyMove]:
        texts = [self.repository.read_file(sha, path) for sha in (old, new)]
        before, after = (self._pins(path, text) for text in texts)
        if before is None or after is None:
            return
        direct = after.direct if after.direct is not None else self._asked_beside(new, path)
        text = texts[1] or ""
        names = before.versions.keys() | after.versions.keys()
        for name in sorted(names):
            was, now = before.versions.get(name, ""), after.versions.get(name, "")
            if was == now and (name in before.versions) == (name in after.versions):
                continue
            yield DependencyMove(
                ecosystem=after.ecosystem,
                name=name,
                old=was or ("any" if name in before.versions else ""),
                new=now or ("any" if name in after.versions else ""),
                direct=name in direct if direct is not None else not is_lock(path),
                path=path,
                line=_line_of(name, text),
            )

    def _asked_beside(self, sha: CommitSha, lock: str) -> frozenset[str] | None:
        """Return what the manifests in the folder of a lock ask for; None if they say nothing."""
        folder = posixpath.dirname(lock)
        found: set[str] = set()
        for name in READERS:
            path = posixpath.join(folder, name)
            if name in LOCKS or (text := self.repository.read_file(sha, path)) is None:
                continue
            pins = self._pins(path, text)
            found |= (pins.direct if pins else None) or frozenset()
        return frozenset(found) or None

    def _pins(self, path: str, text: str | None) -> Pins | None:
        read = reader_of(path)
        if text is None or read is None or len(text) > min(MAX_CHARACTERS, self._left):
            return None
        key = (path, text)
        if key not in self._known:
            self._left -= len(text)
            try:
                self._known[key] = read(text)
            except InvalidInput:
                self._known[key] = None
        return self._known[key]


def _line_of(name: str, text: str) -> int:
    """Return the first line that seems to hold a package; the first one if none does."""
    short = re.escape(name.rpartition(":")[2]).replace(r"\-", "[-_.]")
    match = re.search(rf"(?<![\w@/.-]){short}(?![\w-])", text, re.IGNORECASE)
    match = match or re.search(rf"(?<![\w.-]){short}(?![\w-])", text, re.IGNORECASE)
    return text.count("\n", 0, match.start()) + 1 if match else 1
