"""The hash chain: each entry names its predecessor's digest and is signed.

A change of any byte breaks a digest, a signature or a link; a removed end is told by the
closing entry that is missing.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from suture.audit.events import LedgerEvent
from suture.audit.findings import Finding, FindingKind
from suture.audit.signing import Sign, is_signed
from suture.canonical import digest_of
from suture.domain.ledger import GENESIS, LedgerDraft, LedgerEntry
from suture.domain.value import Digest
from suture.errors import InvalidInput


def next_entry(draft: LedgerDraft, previous: LedgerEntry | None, sign: Sign) -> LedgerEntry:
    """Give a draft its place behind the previous entry; None begins a chain.

    Raises:
        InvalidInput: the draft holds what JSON cannot express, such as NaN.
    """
    sequence = 0 if previous is None else previous.sequence + 1
    link = GENESIS if previous is None else previous.digest
    try:
        digest = entry_digest(draft, sequence, link)
    except ValueError as error:
        raise InvalidInput(f"The entry {draft.key} cannot be written as JSON: {error}") from error
    signature = sign(bytes.fromhex(digest))
    return LedgerEntry(
        draft=draft, sequence=sequence, previous=link, digest=digest, signature=signature
    )


def entry_digest(draft: LedgerDraft, sequence: int, previous: Digest) -> Digest:
    """Return what an entry at this place is signed by."""
    return digest_of(
        {"draft": draft.model_dump(mode="json"), "sequence": sequence, "previous": previous}
    )


def verify_chain(
    entries: Sequence[LedgerEntry], public_key: str, *, closed: bool = True
) -> tuple[Finding, ...]:
    """Check content, signatures, links and order of one incident's entries.

    `closed` demands the closing entry at the end; pass False for an incident under way, and
    know that the end of an open chain can be cut off unseen.
    """
    return (
        *_content(entries, public_key),
        *_links(entries),
        *_belonging(entries),
        *(_closing(entries) if closed else ()),
    )


def _content(entries: Sequence[LedgerEntry], public_key: str) -> Iterator[Finding]:
    for entry in entries:
        if not _matches(entry):
            yield _finding(FindingKind.ALTERED, entry, "does not match its digest")
        if not is_signed(bytes.fromhex(entry.digest), entry.signature, public_key):
            yield _finding(FindingKind.FORGED, entry, "is not signed by the ledger's key")


def _matches(entry: LedgerEntry) -> bool:
    try:
        return entry_digest(entry.draft, entry.sequence, entry.previous) == entry.digest
    except ValueError:
        return False


def _links(entries: Sequence[LedgerEntry]) -> Iterator[Finding]:
    for entry in entries[:1]:
        if entry.sequence != 0 or entry.previous != GENESIS:
            yield _finding(FindingKind.BROKEN_LINK, entry, "comes first but begins no chain")
    for before, entry in pairwise(entries):
        if entry.sequence != before.sequence + 1 or entry.previous != before.digest:
            yield _finding(FindingKind.BROKEN_LINK, entry, f"does not follow {before.sequence}")


def _belonging(entries: Sequence[LedgerEntry]) -> Iterator[Finding]:
    keys: set[str] = set()
    for entry in entries:
        if entry.draft.incident_id != entries[0].draft.incident_id:
            yield _finding(FindingKind.FOREIGN_ENTRY, entry, "belongs to another incident")
        if entry.draft.key in keys:
            yield _finding(FindingKind.REPEATED_KEY, entry, "repeats a key")
        keys.add(entry.draft.key)


def _closing(entries: Sequence[LedgerEntry]) -> Iterator[Finding]:
    if not entries or entries[-1].draft.event != LedgerEvent.INCIDENT_CLOSED:
        yield Finding(
            kind=FindingKind.NOT_CLOSED,
            explanation="The closing entry is missing: still open, or the end was cut off.",
        )


def _finding(kind: FindingKind, entry: LedgerEntry, what: str) -> Finding:
    explanation = f"Entry {entry.sequence} ({entry.draft.event[:100]}) {what}."
    return Finding(kind=kind, explanation=explanation, sequence=entry.sequence)
