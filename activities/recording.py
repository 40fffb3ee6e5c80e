"""Writing decisions into the ledger."""

from temporalio import activity

from activities.failures import translated
from suture.domain.ledger import LedgerDraft
from suture.domain.value import Digest, Value
from suture.errors import InvalidInput
from suture.ports.ledger import Ledger

MAX_DRAFTS = 100


class RecordRequest(Value):
    """Entries to append, in this order. Each is idempotent by its key."""

    drafts: tuple[LedgerDraft, ...]


class RecordResult(Value):
    """Where the chain stands after the last entry."""

    sequence: int
    digest: Digest


class RecordingActivities:
    """Appends to the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    @activity.defn(name="record")
    @translated
    def record(self, request: RecordRequest) -> RecordResult:
        """Append the entries and return the chain's new end."""
        if not 0 < len(request.drafts) <= MAX_DRAFTS:
            raise InvalidInput(f"One to {MAX_DRAFTS} entries can be recorded at once.")
        entries = [self._ledger.append(draft) for draft in request.drafts]
        return RecordResult(sequence=entries[-1].sequence, digest=entries[-1].digest)
