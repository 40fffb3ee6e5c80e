"""The changed files of two trees in a git repository of a moment: for diffs and reverts.

Consent is bound to the diff's bytes, so git makes them here from the very objects, and each
object is checked against its name. What did not change is not fetched: it cannot show in a diff.
"""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from integrations.git.bench import Bench
from integrations.git.command import GitRun, run_git
from integrations.git.commits import revert_tree
from integrations.git.diff import raw_diff
from integrations.github.objects import Entry, Objects
from suture.errors import PermanentError, Unreachable

SUBMODULE = "160000"


class Scratch:
    """A bare repository that is thrown away."""

    def __init__(self, directory: Path, objects: Objects) -> None:
        self._directory = directory
        self._objects = objects
        self._kept: set[str] = set()

    def tree(self, entries: Iterable[tuple[str, Entry | None]]) -> str:
        """Return a tree of exactly these files."""
        rows = b"".join(self._row(path, entry) for path, entry in entries if entry is not None)
        place = {"GIT_INDEX_FILE": str(self._directory / "index")}
        self._git("read-tree", "--empty", environment=place)
        self._git("update-index", "-z", "--index-info", stdin=rows, environment=place)
        return self._git("write-tree", environment=place).decode().strip()

    def diff(self, old: str, new: str) -> bytes:
        """Return the unified diff between two trees."""
        return raw_diff(self._directory, old, new)

    def revert(self, onto: str, old: str, new: str) -> str:
        """Return the tree of `onto` with the change from `old` to `new` taken out.

        Raises:
            PermanentError: it does not come out cleanly.
        """
        bench = Bench(directory=self._directory, repository=self._directory, shallow=None)
        return revert_tree(bench, onto, old, new)

    def files(self, tree: str) -> dict[str, tuple[str, str]]:
        """Return mode and blob of each file of a tree."""
        listing = self._git("ls-tree", "-r", "-z", tree)
        found = {}
        for record in listing.split(b"\0")[:-1]:
            facts, _, path = record.partition(b"\t")
            mode, _, blob = facts.decode().split()
            found[path.decode("utf-8", "surrogateescape")] = (mode, blob)
        return found

    def content(self, blob: str) -> bytes:
        """Return the bytes of a file."""
        return self._git("cat-file", "blob", blob)

    def _row(self, path: str, entry: Entry) -> bytes:
        if entry.mode != SUBMODULE and entry.sha not in self._kept:
            content = self._objects.blob(entry.sha)
            made = self._git("hash-object", "-w", "--stdin", stdin=content).decode().strip()
            if made != entry.sha:
                raise Unreachable(f"GitHub sent other bytes than {entry.sha} names.")
            self._kept.add(made)
        encoded = path.encode("utf-8", "surrogateescape")
        return f"{entry.mode} {entry.sha}\t".encode() + encoded + b"\0"

    def _git(
        self, *arguments: str, stdin: bytes = b"", environment: dict[str, str] | None = None
    ) -> bytes:
        run = GitRun(stdin=stdin, environment=environment or {})
        return run_git(self._directory, *arguments, run=run)


@contextmanager
def open_scratch(objects: Objects) -> Iterator[Scratch]:
    """Make an empty repository and remove it."""
    with tempfile.TemporaryDirectory(prefix="suture-github-") as name:
        directory = Path(name).resolve()
        run_git(directory, "init", "--quiet", "--bare", "--object-format=sha1", ".")
        yield Scratch(directory, objects)


def diff_of(objects: Objects, old_tree: str, new_tree: str) -> bytes:
    """Return the unified diff between two trees on GitHub: the bytes that consent is bound to."""
    found = objects.differences(old_tree, new_tree)
    with open_scratch(objects) as scratch:
        old = scratch.tree((one.path, one.old) for one in found)
        new = scratch.tree((one.path, one.new) for one in found)
        return scratch.diff(old, new)


def reverted(objects: Objects, onto: str, old_tree: str, new_tree: str) -> str:
    """Make the tree of `onto` with the change from `old_tree` to `new_tree` taken out.

    Raises:
        PermanentError: it does not come out cleanly, or has been taken out already.
    """
    found = objects.differences(old_tree, new_tree)
    paths = {one.path for one in found}
    now = objects.entries(onto, paths)
    with open_scratch(objects) as scratch:
        old = scratch.tree((one.path, one.old) for one in found)
        new = scratch.tree((one.path, one.new) for one in found)
        ours = scratch.tree(now.items())
        wanted = scratch.revert(ours, old, new)
        before, after = scratch.files(ours), scratch.files(wanted)
        rows = list(_rows(objects, scratch, before, after))
    if not rows:
        raise PermanentError("It has been taken out already.")
    return objects.lay(onto, rows)


def _rows(
    objects: Objects,
    scratch: Scratch,
    before: dict[str, tuple[str, str]],
    after: dict[str, tuple[str, str]],
) -> Iterator[dict[str, str | None]]:
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) == after.get(path):
            continue
        mode, blob = after.get(path, ("100644", ""))
        kind = "commit" if mode == SUBMODULE else "blob"
        if blob and kind == "blob":
            objects.write_blob(scratch.content(blob))
        yield {"path": path, "mode": mode, "type": kind, "sha": blob or None}
