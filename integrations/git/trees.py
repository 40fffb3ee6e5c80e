"""Reads the files of a commit as git stores them: no attributes, no filters, no work tree.

Source: https://git-scm.com/docs/git-ls-tree and https://git-scm.com/docs/git-cat-file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from integrations.git.command import attempt_git, run_git
from suture.domain.value import CommitSha
from suture.errors import InvalidInput

MAX_FILES = 500_000
MAX_TEXT_BYTES = 4 << 20
REGULAR_MODES = ("100644", "100755", "100664")
SYMLINK_MODE = "120000"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One file or symbolic link of a tree."""

    mode: str
    blob: str
    size: int

    @property
    def is_regular(self) -> bool:
        """Whether it is a file, executable or not."""
        return self.mode in REGULAR_MODES


@lru_cache(maxsize=16)
def tree_of(mirror: Path, sha: CommitSha) -> Mapping[bytes, Entry]:
    """Return files and symbolic links by path. Submodules and unsafe paths are left out.

    Raises:
        InvalidInput: far too many files.
        PermanentError: there is no such commit.
    """
    listing = run_git(mirror, "ls-tree", "-r", "-z", "-l", "--full-tree", f"{sha}^{{tree}}")
    records = listing.split(b"\0")[:-1]
    if len(records) > MAX_FILES:
        raise InvalidInput(f"The repository has more than {MAX_FILES} files.")
    found: dict[bytes, Entry] = {}
    for record in records:
        facts, _, path = record.partition(b"\t")
        mode, kind, blob, size = facts.decode().split()
        if kind == "blob" and is_safe_path(path):
            found[path] = Entry(mode=mode, blob=blob, size=int(size))
    return found


def is_safe_path(path: bytes) -> bool:
    """Whether a path stays inside its tree and out of `.git`, however it was forged."""
    parts = path.split(b"/")
    return not any(part in (b"", b".", b"..") or part.lower() == b".git" for part in parts)


def text_paths(mirror: Path, sha: CommitSha) -> tuple[str, ...]:
    """Return the regular files whose names are UTF-8, in order."""
    names = [path for path, entry in tree_of(mirror, sha).items() if entry.is_regular]
    return tuple(sorted(name for name in map(as_text, names) if name is not None))


def read_text(mirror: Path, sha: CommitSha, path: str) -> str | None:
    """Return a regular file as it is stored, or None if it is missing, large or no text."""
    name = path.encode("utf-8", "surrogatepass")
    if b"\0" in name or not is_safe_path(name):
        return None
    entry = entry_at(mirror, sha, path)
    if entry is None or not entry.is_regular or entry.size > MAX_TEXT_BYTES:
        return None
    return blob_text(mirror, entry.blob)


@lru_cache(maxsize=4_096)
def entry_at(mirror: Path, sha: CommitSha, path: str) -> Entry | None:
    """Return one entry without listing a whole tree, which may be large."""
    tree = f"{sha}^{{tree}}"
    listing = run_git(mirror, "ls-tree", "-z", "-l", "--full-tree", tree, "--", path)
    for record in listing.split(b"\0")[:-1]:
        facts, _, found = record.partition(b"\t")
        mode, kind, blob, size = facts.decode().split()
        if kind == "blob" and found == path.encode():
            return Entry(mode=mode, blob=blob, size=int(size))
    return None


@lru_cache(maxsize=256)
def blob_text(mirror: Path, blob: str) -> str | None:
    """Return a blob as text, line ends as they are; None if it is no UTF-8 or holds NUL."""
    return as_text(run_git(mirror, "cat-file", "blob", blob))


def has_commit(mirror: Path, sha: str) -> bool:
    """Whether the mirror holds this commit."""
    outcome = attempt_git(mirror, "cat-file", "-e", f"{sha}^{{commit}}")
    return outcome.code == 0


def as_text(content: bytes) -> str | None:
    """Return bytes as text, line ends as they are; None if they are no UTF-8 or hold NUL."""
    try:
        return None if b"\0" in content else content.decode()
    except UnicodeDecodeError:
        return None
