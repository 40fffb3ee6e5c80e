"""Reads a repository's objects through one git process that stays, instead of one for each.

An incident reads hundreds of files at dozens of commits; starting git costs more than reading.
Source: https://git-scm.com/docs/git-cat-file#_batch_output and, for trees,
https://git-scm.com/book/en/v2/Git-Internals-Git-Objects.
"""

import contextlib
import os
import select
import subprocess
import threading
import weakref
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path

from integrations.git.command import start_git
from integrations.git.trees import MAX_TEXT_BYTES, REGULAR_MODES, as_text, is_safe_path
from suture.domain.value import CommitSha
from suture.errors import Unreachable

READ_SECONDS = 60.0
KEPT_TREES = 1_024
KEPT_TEXT_BYTES = 32 << 20
MAX_TREE_BYTES = 64 << 20
CHUNK = 1 << 16
FACTS = 3
"""An answer begins with name, kind and size."""
LARGE = "core.bigFileThreshold=8m"
"""Larger blobs are streamed by git, not held in memory: this reader never wants them."""

Folder = Mapping[bytes, tuple[str, str]]
"""Mode and object name of each entry."""


class ObjectReader:
    """One mirror's objects. Safe with threads; the process ends with the reader."""

    def __init__(self, mirror: Path) -> None:
        self._mirror = mirror
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._ending: weakref.finalize[..., ObjectReader] | None = None
        self._folders: OrderedDict[tuple[str, str], Folder] = OrderedDict()
        self._texts: OrderedDict[str, str | None] = OrderedDict()
        self._text_bytes = 0

    def text(self, sha: CommitSha, path: str) -> str | None:
        """Return a regular file as it is stored, or None if it is missing, large or no text.

        Raises:
            Unreachable: git does not answer.
        """
        name = path.encode("utf-8", "surrogatepass")
        if b"\0" in name or b"\n" in name or not is_safe_path(name):
            return None
        folder, _, last = path.rpartition("/")
        with self._lock:
            entry = self._folder(sha, folder).get(last.encode("utf-8", "surrogatepass"))
            if entry is None or entry[0] not in REGULAR_MODES:
                return None
            return self._blob_text(entry[1])

    def blob(self, blob: str, limit: int = MAX_TEXT_BYTES) -> bytes | None:
        """Return a blob's bytes, or None if it is missing or larger than the limit."""
        with self._lock:
            return self._ask(blob, b"blob", limit)

    def close(self) -> None:
        """End the process; asking again starts another."""
        if self._ending is not None:
            self._ending()
        self._process = self._ending = None

    def _folder(self, sha: CommitSha, folder: str) -> Folder:
        key = (sha, folder)
        if key not in self._folders:
            name = f"{sha}:{folder}" if folder else f"{sha}^{{tree}}"
            content = self._ask(name, b"tree", MAX_TREE_BYTES)
            self._folders[key] = {} if content is None else _entries(content, len(sha) // 2)
            if len(self._folders) > KEPT_TREES:
                self._folders.popitem(last=False)
        self._folders.move_to_end(key)
        return self._folders[key]

    def _blob_text(self, blob: str) -> str | None:
        if blob not in self._texts:
            content = self._ask(blob, b"blob", MAX_TEXT_BYTES)
            text = None if content is None else as_text(content)
            self._texts[blob] = text
            self._text_bytes += len(text or "")
            while self._text_bytes > KEPT_TEXT_BYTES:
                self._text_bytes -= len(self._texts.popitem(last=False)[1] or "")
            return text
        self._texts.move_to_end(blob)
        return self._texts[blob]

    def _ask(self, name: str, kind: bytes, limit: int) -> bytes | None:
        """Return an object's bytes; None for what is missing, of another kind or too large."""
        try:
            return self._answer(name, kind, limit)
        except (OSError, EOFError):
            # The process died, as it does when a mirror is made anew: another one may not.
            self.close()
        try:
            return self._answer(name, kind, limit)
        except (OSError, EOFError) as error:
            self.close()
            raise Unreachable(f"git does not answer about {self._mirror.name}.") from error

    def _answer(self, name: str, kind: bytes, limit: int) -> bytes | None:
        process = self._running()
        if process.stdin is None or process.stdout is None:
            raise EOFError
        process.stdin.write(name.encode("utf-8", "surrogatepass") + b"\n")
        process.stdin.flush()
        output = process.stdout.fileno()
        head, _, rest = _until_newline(process).partition(b"\n")
        facts = head.rsplit(b" ", 2)
        if facts[-1] in {b"missing", b"ambiguous"} or len(facts) != FACTS or not facts[2].isdigit():
            return None
        size = int(facts[2])
        if size > limit:
            # What is left unread would be taken for the next answer.
            self.close()
            return None
        content = bytearray(rest)
        while len(content) < size + 1:
            content += _read(output, min(CHUNK << 4, size + 1 - len(content)))
        return bytes(content[:size]) if facts[1] == kind else None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = start_git(self._mirror, "-c", LARGE, "cat-file", "--batch")
            self._ending = weakref.finalize(self, _end, self._process)
        return self._process


def _until_newline(process: subprocess.Popen[bytes]) -> bytes:
    """Read an answer's first line, and what came along with it."""
    output = process.stdout.fileno() if process.stdout else -1
    got = bytearray()
    while b"\n" not in got:
        got += _read(output, CHUNK)
    return bytes(got)


def _read(output: int, count: int) -> bytes:
    """Read what is there.

    Raises:
        EOFError: nothing comes any more, or not in time.
    """
    waiting = select.poll()
    waiting.register(output, select.POLLIN | select.POLLHUP)
    if not waiting.poll(READ_SECONDS * 1_000):
        raise EOFError
    got = os.read(output, count)
    if not got:
        raise EOFError
    return got


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            # What was not written yet is of no use to anybody.
            with contextlib.suppress(OSError):
                pipe.close()
    process.wait()


def _entries(tree: bytes, digest_bytes: int) -> Folder:
    """Read a tree object: `mode name NUL digest`, one after the other."""
    found: dict[bytes, tuple[str, str]] = {}
    start = 0
    while start < len(tree):
        space = tree.index(b" ", start)
        end = tree.index(b"\0", space)
        digest = tree[end + 1 : end + 1 + digest_bytes]
        found[tree[space + 1 : end]] = (tree[start:space].decode("ascii"), digest.hex())
        start = end + 1 + digest_bytes
    return found
