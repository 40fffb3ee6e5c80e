"""Commits and trees of a GitHub repository by the Git Data API: no clone, nothing on disk.

https://docs.github.com/en/rest/git
"""

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import AwareDatetime

from integrations.git.trees import REGULAR_MODES, is_safe_path
from integrations.github.client import Answer, GitHubClient, Grants, repository_path
from suture.domain.patch import FileChange
from suture.domain.value import CommitSha
from suture.errors import InvalidInput, Unreachable

READ: Grants = {"contents": "read", "metadata": "read"}
WRITE: Grants = {"contents": "write", "metadata": "read"}
NAME = "Suture"
TRAILER = "Suture-Incident"
TRAILER_LINE = re.compile(r"[A-Za-z][A-Za-z0-9-]*: \S.*")
MAX_CHANGED_FILES = 1_000
MAX_TREES = 4_000
"""Directories that differ between two commits."""
TREE_MODE = "040000"


class _Sha(Answer):
    sha: CommitSha


class _Person(Answer):
    name: str = ""
    email: str = ""
    date: AwareDatetime


class GitCommit(Answer):
    """A commit of the Git Data API."""

    sha: CommitSha
    tree: _Sha
    parents: tuple[_Sha, ...]
    message: str = ""
    author: _Person
    committer: _Person


class Entry(Answer):
    """One row of a tree."""

    path: str
    mode: str
    sha: CommitSha

    @property
    def is_tree(self) -> bool:
        """Whether it is a directory."""
        return self.mode == TREE_MODE


class _Tree(Answer):
    tree: tuple[Entry, ...]
    truncated: bool = False


class _Blob(Answer):
    content: str
    encoding: str


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A path whose entry is another in two trees; None where it is missing."""

    path: str
    old: Entry | None
    new: Entry | None


@dataclass(frozen=True, kw_only=True)
class NewCommit:
    """What a commit is made of. The same makes the same SHA."""

    tree: str
    parents: tuple[CommitSha, ...]
    message: str
    email: str
    at: datetime


class Objects:
    """Objects of one repository."""

    def __init__(self, client: GitHubClient, repository: str) -> None:
        self._client = client
        self._git = f"{repository_path(repository)}/git"
        self._trees: dict[str, dict[str, Entry]] = {}

    def commit(self, sha: CommitSha) -> GitCommit:
        """Read a commit.

        Raises:
            NotFound: the repository has none of this name.
        """
        return self._client.get(f"{self._git}/commits/{sha}", GitCommit, READ)

    def blob(self, sha: str) -> bytes:
        """Read a file's bytes."""
        said = self._client.get(f"{self._git}/blobs/{sha}", _Blob, READ)
        if said.encoding == "utf-8":
            return said.content.encode()
        try:
            return base64.b64decode(said.content)
        except ValueError:
            raise Unreachable("GitHub sent a file that is no base64.") from None

    def differences(self, old: str, new: str) -> tuple[Difference, ...]:
        """Return what differs between two trees; only directories that differ are read.

        Raises:
            InvalidInput: more than 1,000 files.
        """
        found: list[Difference] = []
        for one in self._walk(old, new):
            found.append(one)
            if len(found) > MAX_CHANGED_FILES:
                raise InvalidInput(f"The change touches more than {MAX_CHANGED_FILES} files.")
        return tuple(found)

    def entries(self, tree: str, paths: Iterable[str]) -> dict[str, Entry | None]:
        """Return what a tree has at these paths; None where it has no file."""
        return {path: _file_of(self._entry_at(tree, path)) for path in paths}

    def make_tree(self, base: str, changes: tuple[FileChange, ...]) -> str:
        """Lay changes over a tree; modes stay.

        Raises:
            InvalidInput: a path leaves the tree, is no regular file, or would take the place of
                something else.
        """
        removed = {change.path for change in changes if change.content is None}
        rows = [row for one in changes if (row := self._row(base, one, removed)) is not None]
        return self.lay(base, rows)

    def lay(self, base: str, rows: list[dict[str, str | None]]) -> str:
        """Return the tree with these rows laid over."""
        if not rows:
            return base
        body = {"base_tree": base, "tree": rows}
        return self._client.send("POST", f"{self._git}/trees", _Sha, WRITE, body).sha

    def write_blob(self, content: bytes) -> str:
        """Store a file's bytes; its name is their digest."""
        body = {"content": base64.b64encode(content).decode(), "encoding": "base64"}
        return self._client.send("POST", f"{self._git}/blobs", _Sha, WRITE, body).sha

    def make_commit(self, made: NewCommit) -> CommitSha:
        """Store a commit by Suture, dated as told."""
        date = made.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        who = {"name": NAME, "email": made.email, "date": date}
        body = {
            "message": made.message.replace("\0", "\ufffd"),
            "tree": made.tree,
            "parents": list(made.parents),
            "author": who,
            "committer": who,
        }
        return self._client.send("POST", f"{self._git}/commits", _Sha, WRITE, body).sha

    def _row(
        self, base: str, change: FileChange, removed: set[str]
    ) -> dict[str, str | None] | None:
        path = change.path
        encoded = path.encode("utf-8", "surrogatepass")
        if not path or "\0" in path or not is_safe_path(encoded):
            raise InvalidInput(f"{path!r} is no path inside the repository.")
        entry = self._entry_at(base, path, removed)
        if change.content is None:
            gone = {"path": path, "mode": "100644", "type": "blob", "sha": None}
            return None if entry is None else gone
        if entry is not None and entry.mode not in REGULAR_MODES:
            raise InvalidInput(f"{path} is no regular file.")
        blob = self.write_blob(change.content.encode("utf-8", "surrogatepass"))
        mode = "100644" if entry is None else entry.mode
        return {"path": path, "mode": mode, "type": "blob", "sha": blob}

    def _entry_at(self, tree: str, path: str, removed: set[str] | None = None) -> Entry | None:
        """Return the entry of a path; `removed` files may stand in its way, no others."""
        *folders, name = path.split("/")
        for depth, folder in enumerate(folders, start=1):
            entry = self._tree(tree).get(folder)
            if entry is None or (not entry.is_tree and removed is None):
                return None
            if not entry.is_tree:
                if "/".join(folders[:depth]) in (removed or ()):
                    return None
                raise InvalidInput(f"{path} would take the place of something else.")
            tree = entry.sha
        return self._tree(tree).get(name)

    def _walk(self, old: str, new: str) -> Iterator[Difference]:
        waiting: list[tuple[str, str | None, str | None]] = [("", old, new)]
        read = 0
        while waiting:
            folder, one, other = waiting.pop()
            read += 1
            if read > MAX_TREES:
                raise InvalidInput(f"The change touches more than {MAX_TREES} directories.")
            before, after = self._tree(one), self._tree(other)
            for name in sorted(before.keys() | after.keys()):
                path = f"{folder}{name}"
                was, now = before.get(name), after.get(name)
                if was == now:
                    continue
                trees = (_tree_of(was), _tree_of(now))
                if any(trees):
                    waiting.append((f"{path}/", *trees))
                files = (_file_of(was), _file_of(now))
                if any(files):
                    yield Difference(path=path, old=files[0], new=files[1])

    def _tree(self, sha: str | None) -> dict[str, Entry]:
        if sha is None:
            return {}
        if sha in self._trees:
            return self._trees[sha]
        said = self._client.get(f"{self._git}/trees/{sha}", _Tree, READ)
        if said.truncated:
            raise InvalidInput("A directory has more entries than GitHub lists.")
        return self._trees.setdefault(sha, {entry.path: entry for entry in said.tree})


def _tree_of(entry: Entry | None) -> str | None:
    return entry.sha if entry is not None and entry.is_tree else None


def _file_of(entry: Entry | None) -> Entry | None:
    return None if entry is None or entry.is_tree else entry


def incident_trailer(message: str) -> str:
    """Return a commit message's line that names the incident, or nothing."""
    lines = (line for line in message.splitlines() if line.startswith(f"{TRAILER}: "))
    return next(lines, "")


def signed_off(message: str, email: str) -> str:
    """Return a commit message that certifies its origin. Repeatable.

    https://developercertificate.org
    """
    trailer = f"Signed-off-by: {NAME} <{email}>"
    text = message.rstrip()
    if trailer in text.splitlines():
        return message
    _, paragraphs, last = text.rpartition("\n\n")
    trailers = paragraphs and all(TRAILER_LINE.fullmatch(line) for line in last.splitlines())
    between = "\n" if trailers else "\n\n"
    return f"{text}{between}{trailer}\n"
