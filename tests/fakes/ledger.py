"""A ledger in a dictionary, with a real key."""

from threading import Lock

from suture.audit.chain import next_entry
from suture.audit.signing import make_private_key, public_key_of, signer_of
from suture.domain.ledger import LedgerDraft, LedgerEntry


class FakeLedger:
    """Implements `suture.ports.ledger.Ledger`."""

    def __init__(self) -> None:
        self._key = make_private_key()
        self._lock = Lock()
        self.chains: dict[str, list[LedgerEntry]] = {}

    def append(self, draft: LedgerDraft) -> LedgerEntry:
        with self._lock:
            chain = self.chains.setdefault(draft.incident_id, [])
            for entry in chain:
                if entry.draft.key == draft.key:
                    return entry
            entry = next_entry(draft, chain[-1] if chain else None, signer_of(self._key))
            chain.append(entry)
            return entry

    def read(self, incident_id: str) -> tuple[LedgerEntry, ...]:
        return tuple(self.chains.get(incident_id, ()))

    def public_key(self) -> str:
        return public_key_of(self._key)
