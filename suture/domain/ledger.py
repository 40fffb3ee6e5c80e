"""The record of every decision: hash-chained, signed, append-only."""

from pydantic import Field, JsonValue

from suture.domain.value import Digest, Instant, Value

GENESIS = "0" * 64
"""What the first entry of an incident names as its predecessor."""


class LedgerDraft(Value):
    """An entry before it has its place in the chain. Idempotent by incident and key."""

    incident_id: str
    key: str
    """Deterministic, such as `pull_request.merged/<head sha>`; the same key is recorded once."""
    event: str
    """What was seen, concluded, decided or done, such as `decision.refused`."""
    actor: str
    """`suture`, or a person's id."""
    at: Instant
    data: dict[str, JsonValue] = Field(default_factory=dict)
    """Facts, small; large things by digest."""


class LedgerEntry(Value):
    """An entry in its place."""

    draft: LedgerDraft
    sequence: int = Field(ge=0)
    previous: Digest
    digest: Digest
    """SHA-256 of the canonical JSON of draft, sequence and previous."""
    signature: str
    """Ed25519 over the digest, base64, by the instance's key."""
