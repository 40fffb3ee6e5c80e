"""Repositories to read, as bare mirrors on this host: the source port by git alone.

Nothing here runs a repository's code, hooks, filters or helpers, and nothing writes to the
remote. Source: https://git-scm.com/docs.
"""

from contextlib import AbstractContextManager
from pathlib import Path

from integrations.git.blame import blame
from integrations.git.changes import MAX_DIFF_BYTES, apply_diff, make_diff
from integrations.git.checkout import checkout
from integrations.git.code_index import GitCodeIndex
from integrations.git.command import GitRun
from integrations.git.diff import raw_diff
from integrations.git.history import is_ancestor, read_log, releases, resolve
from integrations.git.mirror import ensure_mirror, refresh_mirror
from integrations.git.objects import ObjectReader
from integrations.git.remote import Remote, parse_remote
from integrations.git.trees import text_paths
from suture.domain.patch import FileChange
from suture.domain.value import CommitSha
from suture.ports.code_index import CodeIndex
from suture.ports.source import BlameLine, Commit, SourceRepository


class GitSources:
    """Opens mirrors under one directory. Safe with any number of processes and threads."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def open(self, url: str) -> SourceRepository:
        """Return the mirror of this URL or path, making it on first use.

        Raises:
            InvalidInput: no transport that Suture uses.
            NotFound, NotAuthorised, Unreachable: it cannot be fetched.
        """
        remote = parse_remote(url)
        mirror = ensure_mirror(self._root / "mirrors", remote)
        return GitRepository(mirror, remote, self._root / "checkouts")


class GitRepository:
    """One mirror."""

    def __init__(self, mirror: Path, remote: Remote, checkouts: Path) -> None:
        self._mirror = mirror
        self._remote = remote
        self._checkouts = checkouts
        self._objects = ObjectReader(mirror)

    def refresh(self) -> None:
        """Fetch what is new; branches and tags that are gone go here too."""
        refresh_mirror(self._mirror, self._remote)

    def resolve(self, revision: str) -> CommitSha | None:
        """Return the commit of a branch, tag, release name or SHA prefix."""
        return resolve(self._mirror, revision)

    def list_files(self, sha: CommitSha) -> tuple[str, ...]:
        """Return the paths of all regular files, in order."""
        return text_paths(self._mirror, sha)

    def read_file(self, sha: CommitSha, path: str) -> str | None:
        """Return a file as it is stored, or None if it is missing, too large or no text."""
        return self._objects.text(sha, path)

    def blame(
        self, sha: CommitSha, path: str, first: int = 1, last: int | None = None
    ) -> tuple[BlameLine, ...]:
        """Return who last touched these lines, white space changes passed over."""
        return blame(self._mirror, sha, path, (first, last))

    def log(
        self,
        head: CommitSha,
        *,
        since: CommitSha | None = None,
        paths: tuple[str, ...] = (),
        limit: int = 200,
    ) -> tuple[Commit, ...]:
        """Return commits, newest first, that `head` has and `since` has not."""
        excluded = () if since is None else (f"^{since}",)
        return read_log(self._mirror, f"--max-count={limit}", head, *excluded, paths=paths)

    def releases(self, head: CommitSha, limit: int = 20) -> tuple[tuple[str, CommitSha], ...]:
        """Return tags that `head` contains with their commits, newest first."""
        return releases(self._mirror, head, limit)

    def code_index(self) -> CodeIndex:
        """Return what answers where something is defined and who calls it."""
        return GitCodeIndex(self._mirror, self._objects)

    def diff(self, old: CommitSha, new: CommitSha, paths: tuple[str, ...] = ()) -> str:
        """Return the unified diff between two commits, bytes that are not UTF-8 replaced."""
        run = GitRun(max_bytes=MAX_DIFF_BYTES)
        return raw_diff(self._mirror, old, new, paths, run).decode(errors="replace")

    def is_ancestor(self, ancestor: CommitSha, descendant: CommitSha) -> bool:
        """Whether the second contains the first."""
        return is_ancestor(self._mirror, ancestor, descendant)

    def make_diff(self, base: CommitSha, changes: tuple[FileChange, ...]) -> str:
        """Return the unified diff that these changes make."""
        return make_diff(self._mirror, base, changes)

    def apply_diff(self, base: CommitSha, diff: str) -> tuple[FileChange, ...]:
        """Return the files as the diff leaves them."""
        return apply_diff(self._mirror, base, diff)

    def checkout(self, sha: CommitSha) -> AbstractContextManager[Path]:
        """Give a private directory with the tree of a commit, without `.git`, and remove it."""
        return checkout(self._mirror, sha, self._checkouts)
