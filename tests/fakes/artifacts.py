"""Artifacts in a dictionary."""

from suture.canonical import sha256
from suture.domain.value import Digest
from suture.errors import LedgerCorrupt, NotFound


class FakeArtifacts:
    """Implements `suture.ports.artifacts.ArtifactStore`."""

    def __init__(self) -> None:
        self.contents: dict[Digest, bytes] = {}

    def put(self, content: bytes) -> Digest:
        digest = sha256(content)
        self.contents[digest] = content
        return digest

    def get(self, digest: Digest) -> bytes:
        if digest not in self.contents:
            raise NotFound(f"No artifact {digest}.")
        if sha256(self.contents[digest]) != digest:
            raise LedgerCorrupt(f"The artifact {digest} was changed.")
        return self.contents[digest]
