"""Storage for large things, addressed by their content."""

from typing import Protocol

from suture.domain.value import Digest


class ArtifactStore(Protocol):
    """Immutable blobs. Writing the same content twice is one blob."""

    def put(self, content: bytes) -> Digest:
        """Store the content durably and return its SHA-256."""
        ...

    def get(self, digest: Digest) -> bytes:
        """Return the content, after checking it against its digest.

        Raises:
            NotFound: nothing is stored under this digest.
            LedgerCorrupt: what is stored does not match its digest.
        """
        ...
