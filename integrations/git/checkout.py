"""Writes the tree of a commit into a private directory, byte for byte as git stores it.

Not by `git checkout` or `git archive`: attributes in the tree could convert, filter or leave
out files. A symbolic link is kept only when following it cannot leave the tree.
"""

import errno
import fcntl
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from integrations.git.command import GitRun, run_git
from integrations.git.trees import SYMLINK_MODE, Entry, tree_of
from suture.domain.value import CommitSha
from suture.errors import InvalidInput, SutureError, TransientError

MAX_TREE_BYTES = 4 << 30
BATCH_BYTES = 32 << 20
MAX_LINK_BYTES = 4_096


@contextmanager
def checkout(mirror: Path, sha: CommitSha, parent: Path) -> Iterator[Path]:
    """Give a directory with the commit's files and remove it, however the block ends.

    What a killed process has left is removed by the next one.

    Raises:
        InvalidInput: the tree is too large, or no file system can hold it.
        TransientError: this host's disk is full.
    """
    entries = tree_of(mirror, sha)
    if sum(entry.size for entry in entries.values()) > MAX_TREE_BYTES:
        raise InvalidInput(f"The tree of {sha[:12]} is larger than {MAX_TREE_BYTES} bytes.")
    parent.mkdir(parents=True, exist_ok=True)
    _sweep(parent)
    with _claimed(parent) as directory:
        tree = directory / "tree"
        tree.mkdir()
        try:
            write_tree(mirror, entries, tree)
        except OSError as error:
            raise _explain(sha, error) from error
        yield tree


def write_tree(mirror: Path, entries: Mapping[bytes, Entry], tree: Path) -> None:
    """Write files first and links last, so that no file is ever written through a link."""
    files = {path: entry for path, entry in entries.items() if entry.is_regular}
    links = {
        path: entry
        for path, entry in entries.items()
        if entry.mode == SYMLINK_MODE and entry.size <= MAX_LINK_BYTES
    }
    for path, content in _contents(mirror, files):
        target = tree / _fs(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        target.chmod(0o755 if files[path].mode == "100755" else 0o644)
    for path, content in _contents(mirror, links):
        _link(tree, path, content)


def _explain(sha: CommitSha, error: OSError) -> SutureError:
    said = f"The tree of {sha[:12]} cannot be written: {error.strerror}."
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.EIO):
        return TransientError(said)
    return InvalidInput(said)


def stays_inside(path: bytes, target: bytes) -> bool:
    """Whether a link at `path` cannot lead out of the tree.

    Only leading `..` are accepted: behind a name that is a link itself, `..` goes up from
    wherever that link leads.
    """
    parts = [part for part in target.split(b"/") if part not in (b"", b".")]
    ups = 0
    while ups < len(parts) and parts[ups] == b"..":
        ups += 1
    relative = not target.startswith(b"/") and b"\0" not in target
    return relative and b".." not in parts[ups:] and ups <= path.count(b"/")


def _link(tree: Path, path: bytes, target: bytes) -> None:
    place = tree / _fs(path)
    # A forged tree may name a link's path twice; what is there already stays.
    if stays_inside(path, target) and not place.exists() and not place.is_symlink():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(_fs(target))


def _fs(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")


def _contents(mirror: Path, entries: Mapping[bytes, Entry]) -> Iterator[tuple[bytes, bytes]]:
    batch: list[tuple[bytes, Entry]] = []
    size = 0
    for item in entries.items():
        batch.append(item)
        size += item[1].size
        if size >= BATCH_BYTES:
            yield from _read_batch(mirror, batch)
            batch, size = [], 0
    if batch:
        yield from _read_batch(mirror, batch)


def _read_batch(mirror: Path, batch: list[tuple[bytes, Entry]]) -> Iterator[tuple[bytes, bytes]]:
    wanted = "".join(f"{entry.blob}\n" for _, entry in batch).encode()
    limit = sum(entry.size + 128 for _, entry in batch)
    output = run_git(
        mirror, "cat-file", "--batch", "--buffer", run=GitRun(stdin=wanted, max_bytes=limit)
    )
    position = 0
    for path, entry in batch:
        # Each answer is "<blob> blob <size>\n<content>\n".
        start = output.index(b"\n", position) + 1
        yield path, output[start : start + entry.size]
        position = start + entry.size + 1


@contextmanager
def _claimed(parent: Path) -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp(dir=parent))
    with (directory / "claiming").open("w") as claim:
        fcntl.flock(claim, fcntl.LOCK_EX)
        # Sweepers see the claim only once it is locked.
        (directory / "claiming").rename(directory / "claim")
        try:
            yield directory
        finally:
            shutil.rmtree(directory, ignore_errors=True)


def _sweep(parent: Path) -> None:
    """Remove the directories whose process is gone: nobody holds their claim any more."""
    for claim in parent.glob("*/claim"):
        try:
            file: IO[bytes] = claim.open("rb")
        except FileNotFoundError:
            continue
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            shutil.rmtree(claim.parent, ignore_errors=True)
