"""What an audit can find. No finding at all means that the record verifies."""

from enum import StrEnum

from pydantic import Field

from suture.domain.value import Line, Value


class FindingKind(StrEnum):
    """Everything that can be wrong with a record."""

    ALTERED = "altered"
    """An entry's content does not match its digest."""
    FORGED = "forged"
    """A signature is not by the key that should have signed."""
    BROKEN_LINK = "broken_link"
    """An entry does not follow the one before it: something was removed, added or swapped."""
    FOREIGN_ENTRY = "foreign_entry"
    """An entry of another incident."""
    REPEATED_KEY = "repeated_key"
    """The same fact is on record twice."""
    NOT_CLOSED = "not_closed"
    """The closing entry is missing: the incident is still open, or the end was cut off."""
    MISSING_FACT = "missing_fact"
    """An entry lacks a fact that it must carry."""
    MERGED_WITHOUT_CONSENT = "merged_without_consent"
    MERGED_SOMETHING_ELSE = "merged_something_else"
    """Head or diff of the merge are not those that were approved."""
    CONSENT_AFTER_MERGE = "consent_after_merge"
    CONSENT_WAS_STALE = "consent_was_stale"
    OWN_APPROVAL = "own_approval"
    NO_VERDICT = "no_verdict"
    """A decision came in and was neither accepted nor refused."""
    CONTRADICTORY_VERDICT = "contradictory_verdict"
    """A decision has more than one verdict."""
    UNEXPLAINED_REFUSAL = "unexplained_refusal"
    NO_EVIDENCE = "no_evidence"
    """A pull request without red, green, red for its diff before it."""
    MALFORMED = "malformed"
    """A file of an export is missing or cannot be read."""
    WRONG_CONTENT = "wrong_content"
    """A file of an export does not match its digest."""
    UNLISTED_FILE = "unlisted_file"


class Finding(Value):
    """One thing that is wrong."""

    kind: FindingKind
    explanation: Line
    sequence: int | None = Field(default=None, ge=0)
    """The entry it is about."""
