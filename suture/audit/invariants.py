"""What must be true of every incident, whatever happened: read from its ledger alone.

What was merged is what was approved, by somebody who did not write it, before the merge; every
decision has one verdict; a pull request has its evidence. `suture.audit.events` says which
facts are read.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from suture.audit.events import Fact, LedgerEvent
from suture.audit.findings import Finding, FindingKind
from suture.domain.approval import DecisionKind
from suture.domain.ledger import LedgerEntry
from suture.policy.approvers import SUTURE

VERDICTS = (LedgerEvent.DECISION_ACCEPTED, LedgerEvent.DECISION_REFUSED)
REQUIRED: Mapping[str, tuple[Fact, ...]] = {
    LedgerEvent.PULL_REQUEST_OPENED: (Fact.HEAD_SHA, Fact.PATCH_DIGEST),
    LedgerEvent.PULL_REQUEST_MERGED: (
        Fact.DECISION_ID,
        Fact.HEAD_SHA,
        Fact.PATCH_DIGEST,
        Fact.MERGE_SHA,
    ),
    LedgerEvent.PULL_REQUEST_MERGED_OUTSIDE: (Fact.HEAD_SHA, Fact.MERGE_SHA),
    LedgerEvent.DECISION_RECEIVED: (Fact.DECISION_ID,),
    LedgerEvent.DECISION_ACCEPTED: (Fact.DECISION_ID, Fact.DECISION_KIND),
    LedgerEvent.DECISION_REFUSED: (Fact.DECISION_ID, Fact.DECISION_KIND),
    LedgerEvent.CONSENT_STALED: (Fact.DECISION_ID,),
}


def check_invariants(entries: Sequence[LedgerEntry]) -> tuple[Finding, ...]:
    """Return what is wrong with one incident's entries, which are in order."""
    merges = _of(entries, LedgerEvent.PULL_REQUEST_MERGED)
    opened = _of(entries, LedgerEvent.PULL_REQUEST_OPENED)
    return (
        *_missing_facts(entries),
        *(finding for entry in merges for finding in _merge(entry, entries)),
        *_verdicts(entries),
        *_refusals(entries),
        *(finding for entry in opened for finding in _evidence(entry, entries)),
    )


def _missing_facts(entries: Sequence[LedgerEntry]) -> Iterator[Finding]:
    for entry in entries:
        for fact in REQUIRED.get(entry.draft.event, ()):
            if not _text(entry, fact):
                yield _finding(FindingKind.MISSING_FACT, entry, f"does not say its {fact}")


def _merge(merge: LedgerEntry, entries: Sequence[LedgerEntry]) -> Iterator[Finding]:
    named = _text(merge, Fact.DECISION_ID)
    people = set()
    for decision_id in dict.fromkeys((named, *_texts(merge, Fact.APPROVALS))):
        approval = _approval(decision_id, entries)
        if approval is None:
            yield _finding(FindingKind.MERGED_WITHOUT_CONSENT, merge, "names no accepted approval")
            continue
        if approval.draft.actor in people:
            yield _finding(FindingKind.OWN_APPROVAL, merge, "counts one person's approval twice")
        people.add(approval.draft.actor)
        yield from _consent(merge, approval, entries)


def _approval(decision_id: str | None, entries: Sequence[LedgerEntry]) -> LedgerEntry | None:
    approvals = (
        entry
        for entry in _of(entries, LedgerEvent.DECISION_ACCEPTED)
        if _text(entry, Fact.DECISION_KIND) == DecisionKind.APPROVE
        and _text(entry, Fact.DECISION_ID) == decision_id
    )
    return next(approvals, None) if decision_id else None


def _consent(
    merge: LedgerEntry, approval: LedgerEntry, entries: Sequence[LedgerEntry]
) -> Iterator[Finding]:
    named = _text(approval, Fact.DECISION_ID)
    if approval.sequence > merge.sequence or approval.draft.at > merge.draft.at:
        yield _finding(FindingKind.CONSENT_AFTER_MERGE, merge, "comes before its approval")
    for fact in (Fact.HEAD_SHA, Fact.PATCH_DIGEST):
        if _text(approval, fact) != _text(merge, fact):
            what = f"has another {fact} than entry {approval.sequence} approved"
            yield _finding(FindingKind.MERGED_SOMETHING_ELSE, merge, what)
    if approval.draft.actor in {SUTURE, *_authors(merge, entries)}:
        yield _finding(FindingKind.OWN_APPROVAL, merge, "was approved by one of its authors")
    for entry in _of(entries, LedgerEvent.CONSENT_STALED):
        if entry.sequence < merge.sequence and _text(entry, Fact.DECISION_ID) == named:
            what = f"uses a consent that was stale since entry {entry.sequence}"
            yield _finding(FindingKind.CONSENT_WAS_STALE, merge, what)


def _authors(merge: LedgerEntry, entries: Sequence[LedgerEntry]) -> set[str]:
    """Everybody who is on record as an author of the diff that was merged."""
    digest = _text(merge, Fact.PATCH_DIGEST)
    return {
        author.casefold()
        for entry in entries
        if _text(entry, Fact.PATCH_DIGEST) == digest
        for author in _texts(entry, Fact.AUTHORS)
    }


def _verdicts(entries: Sequence[LedgerEntry]) -> Iterator[Finding]:
    verdicts: dict[str | None, list[LedgerEntry]] = defaultdict(list)
    for entry in entries:
        if entry.draft.event in VERDICTS:
            verdicts[_text(entry, Fact.DECISION_ID)].append(entry)
    for entry in _of(entries, LedgerEvent.DECISION_RECEIVED):
        if not verdicts[_text(entry, Fact.DECISION_ID)]:
            yield _finding(FindingKind.NO_VERDICT, entry, "was never judged")
    for judged in verdicts.values():
        for again in judged[1:]:
            what = f"judges again what entry {judged[0].sequence} judged"
            yield _finding(FindingKind.CONTRADICTORY_VERDICT, again, what)


def _refusals(entries: Sequence[LedgerEntry]) -> Iterator[Finding]:
    for entry in _of(entries, LedgerEvent.DECISION_REFUSED):
        if not _text(entry, Fact.REFUSAL) or not _text(entry, Fact.REASON):
            yield _finding(FindingKind.UNEXPLAINED_REFUSAL, entry, "does not say why")


def _evidence(opened: LedgerEntry, entries: Sequence[LedgerEntry]) -> Iterator[Finding]:
    proven = any(
        _proves(entry, _text(opened, Fact.PATCH_DIGEST))
        for entry in _of(entries, LedgerEvent.VERIFICATION_MADE)
        if entry.sequence < opened.sequence
    )
    if not proven:
        what = "has no red, green, red for its diff before it"
        yield _finding(FindingKind.NO_EVIDENCE, opened, what)


def _proves(verification: LedgerEntry, patch_digest: str | None) -> bool:
    seen = (Fact.VERIFIED, Fact.RED_ON_BASE, Fact.GREEN_WITH_PATCH, Fact.RED_WITHOUT_FIX)
    data = verification.draft.data
    return (
        all(data.get(fact) is True for fact in seen)
        and data.get(Fact.NEW_FAILURES) == []
        and _text(verification, Fact.PATCH_DIGEST) == patch_digest
    )


def _of(entries: Sequence[LedgerEntry], event: LedgerEvent) -> list[LedgerEntry]:
    return [entry for entry in entries if entry.draft.event == event]


def _text(entry: LedgerEntry, fact: Fact) -> str | None:
    value = entry.draft.data.get(fact)
    return value if isinstance(value, str) else None


def _texts(entry: LedgerEntry, fact: Fact) -> list[str]:
    value = entry.draft.data.get(fact)
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _finding(kind: FindingKind, entry: LedgerEntry, what: str) -> Finding:
    explanation = f"Entry {entry.sequence} ({entry.draft.event[:100]}) {what}."
    return Finding(kind=kind, explanation=explanation, sequence=entry.sequence)
