"""Diffs from changes and changes from diffs, on an index of their own: no working tree.

Objects go into a scratch directory beside the mirror's, so that trying many patches leaves no
trace. Source: https://git-scm.com/docs/git-apply and https://git-scm.com/docs/git-update-index.
"""

import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from integrations.git.command import GitRun, attempt_git, run_git
from integrations.git.diff import unified_diff
from integrations.git.trees import (
    MAX_TEXT_BYTES,
    REGULAR_MODES,
    Entry,
    is_safe_path,
    tree_of,
)
from suture.domain.patch import FileChange
from suture.domain.value import CommitSha
from suture.errors import InvalidInput, PatchDoesNotApply

MAX_DIFF_BYTES = 16 << 20
MAX_CHANGED_FILES = 1_000
NO_BLOB = "0" * 40
BINARY_PATCH = re.compile(r"^(GIT binary patch|Binary files .* differ)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Scratch:
    """An index and an object store that are thrown away."""

    mirror: Path
    environment: dict[str, str]

    def git(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Run git on them."""
        return run_git(self.mirror, *arguments, run=self.run(stdin))

    def run(self, stdin: bytes = b"", max_bytes: int = MAX_DIFF_BYTES) -> GitRun:
        """Return what points a run at them."""
        return GitRun(stdin=stdin, environment=self.environment, max_bytes=max_bytes)


def make_diff(mirror: Path, base: CommitSha, changes: tuple[FileChange, ...]) -> str:
    """Return the unified diff that these changes make.

    Raises:
        InvalidInput: a path leaves the tree or is no regular file, or a replaced file is no text.
    """
    entries = tree_of(mirror, base)
    with _scratch(mirror, base) as scratch:
        tree = write_changes(scratch, entries, changes)
        return unified_diff(mirror, base, tree, run=scratch.run())


def write_changes(
    scratch: Scratch, entries: Mapping[bytes, Entry], changes: tuple[FileChange, ...]
) -> str:
    """Lay the changes over an index that holds these entries; return the tree. Modes stay.

    Raises:
        InvalidInput: a path leaves the tree, is no regular file, or takes a directory's place or
            a file's as a directory, which would remove what nobody asked to remove.
    """
    _require_room(entries, changes)
    rows = b"".join(_index_row(scratch, entries.get(_path(change)), change) for change in changes)
    scratch.git("update-index", "-z", "--index-info", stdin=rows)
    return scratch.git("write-tree").decode().strip()


def apply_diff(mirror: Path, base: CommitSha, diff: str) -> tuple[FileChange, ...]:
    """Return the files as the diff leaves them.

    Raises:
        PatchDoesNotApply: it does not fit, escapes the tree, or does what no `FileChange` says:
            binary content, links, changed modes.
    """
    content = diff.encode("utf-8", "surrogatepass")
    if len(content) > MAX_DIFF_BYTES:
        raise PatchDoesNotApply("The diff is too large.")
    if BINARY_PATCH.search(diff):
        raise PatchDoesNotApply("The diff holds binary content.")
    if not content.strip():
        return ()
    with _scratch(mirror, base) as scratch:
        outcome = attempt_git(
            mirror, "apply", "--cached", "--whitespace=nowarn", "-", run=scratch.run(content)
        )
        if outcome.code != 0:
            raise PatchDoesNotApply(f"The diff does not fit {base[:12]}: {outcome.stderr[:1_000]}")
        tree = scratch.git("write-tree").decode().strip()
        return tuple(_changes(scratch, base, tree))


@contextmanager
def _scratch(mirror: Path, base: CommitSha) -> Iterator[Scratch]:
    with tempfile.TemporaryDirectory(dir=mirror.parent, prefix="scratch-") as name:
        objects = Path(name).resolve() / "objects"
        objects.mkdir()
        scratch = Scratch(
            mirror=mirror,
            environment={
                "GIT_INDEX_FILE": str(objects.parent / "index"),
                "GIT_OBJECT_DIRECTORY": str(objects),
                "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(mirror.resolve() / "objects"),
            },
        )
        scratch.git("read-tree", base)
        yield scratch


def _require_room(entries: Mapping[bytes, Entry], changes: tuple[FileChange, ...]) -> None:
    removed = {_path(change) for change in changes if change.content is None}
    for change in changes:
        path = _path(change)
        if change.content is None or path in entries:
            continue
        parts = path.split(b"/")
        parents = {b"/".join(parts[:depth]) for depth in range(1, len(parts))}
        inside = {name for name in entries if name.startswith(path + b"/")}
        if (parents & entries.keys() | inside) - removed:
            raise InvalidInput(f"{change.path} would take the place of something else.")


def _path(change: FileChange) -> bytes:
    path = change.path.encode("utf-8", "surrogatepass")
    if b"\0" in path or not is_safe_path(path):
        raise InvalidInput(f"{change.path!r} is no path inside the repository.")
    return path


def _index_row(scratch: Scratch, entry: Entry | None, change: FileChange) -> bytes:
    path = _path(change)
    if entry is not None and not entry.is_regular:
        raise InvalidInput(f"{change.path} is a symbolic link.")
    if change.content is None:
        return f"0 {NO_BLOB}\t".encode() + path + b"\0"
    content = change.content.encode("utf-8", "surrogatepass")
    blob = scratch.git("hash-object", "-w", "--stdin", stdin=content).decode().strip()
    mode = "100644" if entry is None else entry.mode
    return f"{mode} {blob}\t".encode() + path + b"\0"


def _changes(scratch: Scratch, base: CommitSha, tree: str) -> Iterator[FileChange]:
    listing = scratch.git("diff-tree", "-r", "-z", "--raw", "--no-renames", base, tree)
    fields = listing.split(b"\0")[:-1]
    if len(fields) > 2 * MAX_CHANGED_FILES:
        raise PatchDoesNotApply("The diff changes too many files.")
    for facts, name in zip(fields[::2], fields[1::2], strict=True):
        old_mode, new_mode, _, blob, status = facts.decode().removeprefix(":").split()
        path = name.decode(errors="replace")
        if path.encode() != name or not is_safe_path(name):
            raise PatchDoesNotApply(f"The diff touches {path!r}, which is no path to change.")
        if status == "D":
            _require(old_mode in REGULAR_MODES, path)
            yield FileChange(path=path, content=None)
            continue
        _require(new_mode == ("100644" if status == "A" else old_mode), path)
        _require(new_mode in REGULAR_MODES, path)
        yield FileChange(path=path, content=_text(scratch, blob, path))


def _require(regular: bool, path: str) -> None:  # noqa: FBT001 - reads as a sentence where called
    if not regular:
        raise PatchDoesNotApply(f"The diff makes a link of {path} or changes its mode.")


def _text(scratch: Scratch, blob: str, path: str) -> str:
    content = run_git(
        scratch.mirror, "cat-file", "blob", blob, run=scratch.run(max_bytes=MAX_TEXT_BYTES)
    )
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise PatchDoesNotApply(f"{path} is not UTF-8.") from error
