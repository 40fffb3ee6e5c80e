"""Artifacts in a directory: `ab/cdef...` holds the content whose SHA-256 is `abcdef...`.

A file appears under its name only once it is whole and on disk, so that readers, crashes and
concurrent writers never meet half of one.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from integrations.filesystem.writing import write_whole
from suture.canonical import sha256
from suture.domain.value import Digest
from suture.errors import InvalidInput, LedgerCorrupt, NotFound, Unreachable

DIGEST = re.compile(r"[0-9a-f]{64}")


class DirectoryArtifacts:
    """Implements `suture.ports.artifacts.ArtifactStore`; any number of processes may share it."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, content: bytes) -> Digest:
        """Store the content durably and return its SHA-256.

        Raises:
            Unreachable: the disk is full or the directory cannot be written.
        """
        digest = sha256(content)
        path = self._path(digest)
        with _translated(digest):
            if not _holds(path, content):
                path.parent.mkdir(parents=True, exist_ok=True)
                write_whole(path, content)
        return digest

    def get(self, digest: Digest) -> bytes:
        """Return the content, after checking it against its digest.

        Raises:
            NotFound: nothing is stored under this digest.
            LedgerCorrupt: what is stored does not match its digest.
            InvalidInput: this is no digest.
        """
        with _translated(digest):
            content = self._path(digest).read_bytes()
        if sha256(content) != digest:
            raise LedgerCorrupt(f"The artifact {digest} was changed on disk.")
        return content

    def _path(self, digest: Digest) -> Path:
        if not DIGEST.fullmatch(digest):
            raise InvalidInput("An artifact's address is 64 lower-case hexadecimal digits.")
        return self._root / digest[:2] / digest[2:]


def _holds(path: Path, content: bytes) -> bool:
    """Whether the content is there already; a damaged file is written anew."""
    try:
        return path.read_bytes() == content
    except FileNotFoundError:
        return False


@contextmanager
def _translated(digest: Digest) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound(f"No artifact {digest} is stored.") from error
    except OSError as error:
        raise Unreachable(f"Artifacts cannot be reached: {error.strerror}.") from error
