"""Reading a repository: history, blame and trees. Nothing here runs the repository's code."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from pydantic import Field

from suture.domain.patch import FileChange
from suture.domain.value import CommitSha, Instant, Line, Value
from suture.ports.code_index import CodeIndex


class Commit(Value):
    """One commit."""

    sha: CommitSha
    parents: tuple[CommitSha, ...]
    author: str
    email: str
    committed_at: Instant
    summary: Line
    body: str = ""
    paths: tuple[str, ...] = ()
    """Files it touched."""


class BlameLine(Value):
    """Who last touched a line."""

    line: int = Field(ge=1)
    commit: CommitSha
    text: str


class SourceRepository(Protocol):
    """One repository's mirror on this host."""

    def refresh(self) -> None:
        """Fetch what is new.

        Raises:
            Unreachable: the remote does not answer.
        """
        ...

    def resolve(self, revision: str) -> CommitSha | None:
        """Return the commit that a branch, tag, release name or SHA prefix means."""
        ...

    def list_files(self, sha: CommitSha) -> tuple[str, ...]:
        """Return the paths of all regular files."""
        ...

    def read_file(self, sha: CommitSha, path: str) -> str | None:
        """Return a file as text, or None if it is missing or no text."""
        ...

    def blame(
        self, sha: CommitSha, path: str, first: int = 1, last: int | None = None
    ) -> tuple[BlameLine, ...]:
        """Return who last touched these lines, white space changes passed over."""
        ...

    def log(
        self,
        head: CommitSha,
        *,
        since: CommitSha | None = None,
        paths: tuple[str, ...] = (),
        limit: int = 200,
    ) -> tuple[Commit, ...]:
        """Return commits, newest first, that `head` has and `since` has not."""
        ...

    def releases(self, head: CommitSha, limit: int = 20) -> tuple[tuple[str, CommitSha], ...]:
        """Return tags that `head` contains with their commits, newest first."""
        ...

    def code_index(self) -> CodeIndex:
        """Return what answers where something is defined and who calls it."""
        ...

    def diff(self, old: CommitSha, new: CommitSha, paths: tuple[str, ...] = ()) -> str:
        """Return the unified diff between two commits."""
        ...

    def is_ancestor(self, ancestor: CommitSha, descendant: CommitSha) -> bool:
        """Whether the second contains the first. Unknown commits are contained nowhere."""
        ...

    def make_diff(self, base: CommitSha, changes: tuple[FileChange, ...]) -> str:
        """Return the unified diff that these changes make. Same input, same bytes."""
        ...

    def apply_diff(self, base: CommitSha, diff: str) -> tuple[FileChange, ...]:
        """Return the files as the diff leaves them.

        Raises:
            PatchDoesNotApply: it does not fit, or it escapes the tree.
        """
        ...

    def checkout(self, sha: CommitSha) -> AbstractContextManager[Path]:
        """Give a private directory with the tree of a commit, without `.git`, and remove it."""
        ...


class SourceRepositories(Protocol):
    """Opens mirrors, kept per host."""

    def open(self, url: str) -> SourceRepository:
        """Return the mirror of this URL or path, making it on first use."""
        ...
