"""Who may consent to what, and what became of each attempt."""

from enum import StrEnum

from suture.domain.value import CommitSha, Digest, Instant, Prose, Slug, Value


class Role(StrEnum):
    """What a person may do, least first."""

    VIEWER = "viewer"
    APPROVER = "approver"
    ADMIN = "admin"


class Actor(Value):
    """A person, as the edge that spoke with them has authenticated them."""

    id: Slug
    role: Role
    via: str
    """`console`, `cli`, `demo`, `slack`, ..."""


class DecisionKind(StrEnum):
    """What a person asked for."""

    APPROVE = "approve"
    REJECT = "reject"
    REQUEST_CHANGES = "request_changes"
    TAKE_OVER = "take_over"


class ConsentTarget(Value):
    """Exactly what is consented to. Any other head or diff needs new consent."""

    head_sha: CommitSha
    patch_digest: Digest
    """Of the full diff: fix and regression test."""


class Decision(Value):
    """A person's decision as it travels by signal. Idempotent by `decision_id`."""

    decision_id: str
    kind: DecisionKind
    actor: Actor
    target: ConsentTarget | None = None
    """What the person was looking at; needed to approve."""
    comment: Prose = ""
    decided_at: Instant
    proof: str = ""
    """HMAC by the edge that authenticated the actor; see `suture.consent`."""


class Refusal(StrEnum):
    """Why a decision did not count. It stays on record all the same."""

    UNAUTHENTICATED = "unauthenticated"
    """The proof does not match: nobody vouches for this actor."""
    UNAUTHORISED = "unauthorised"
    OWN_CHANGE = "own_change"
    """The actor wrote part of what would be merged."""
    REPEATED = "repeated"
    """The actor has approved this already, and somebody else must, too."""
    STALE = "stale"
    """The head or the diff is no longer what the actor saw."""
    EXPIRED = "expired"
    LATE = "late"
    """The incident is past the point where this decision means anything."""
    INVALID = "invalid"


class Judgement(Value):
    """What the policy says of a decision."""

    decision: Decision
    accepted: bool
    refusal: Refusal | None = None
    reason: Prose = ""


class Consent(Value):
    """An accepted approval: the only key that opens a merge."""

    decision_id: str
    actor: Actor
    target: ConsentTarget
    granted_at: Instant
