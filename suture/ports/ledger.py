"""Where the record is kept."""

from typing import Protocol

from suture.domain.ledger import LedgerDraft, LedgerEntry


class Ledger(Protocol):
    """An append-only, hash-chained, signed log per incident."""

    def append(self, draft: LedgerDraft) -> LedgerEntry:
        """Give the draft its place in the chain. The same key returns the entry it has."""
        ...

    def read(self, incident_id: str) -> tuple[LedgerEntry, ...]:
        """Return an incident's entries in order."""
        ...

    def public_key(self) -> str:
        """Return the Ed25519 public key that signs entries, base64."""
        ...
