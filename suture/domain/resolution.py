"""How an incident ended. Not every incident is a code fix."""

from enum import StrEnum

from pydantic import Field

from suture.domain.diagnosis import Category
from suture.domain.usage import Usage
from suture.domain.value import CommitSha, Line, Prose, Value


class ResolutionKind(StrEnum):
    """Every way an incident can end."""

    FIXED = "fixed"
    """Merged, deployed, recovery verified."""
    PULL_REQUEST_READY = "pull_request_ready"
    """Verified and open; the goal was a pull request."""
    UNVERIFIED_RECOVERY = "unverified_recovery"
    """Merged and deployed, but the signals do not allow a verdict: the ticket stays open."""
    REGRESSED = "regressed"
    """The deployed fix did not help or made it worse; a revert is proposed."""
    NO_FIX_FOUND = "no_fix_found"
    """A code defect, but no patch passed the evidence gate."""
    NOT_REPRODUCED = "not_reproduced"
    NOT_CODE = "not_code"
    """Flaky test, network, memory, dependency, configuration, ...: the diagnosis says which."""
    NEEDS_HUMAN = "needs_human"
    REJECTED = "rejected"
    TAKEN_OVER = "taken_over"
    BUDGET_EXHAUSTED = "budget_exhausted"
    LOOP_GUARD = "loop_guard"
    """The suspect is one of Suture's own changes, or it has healed this too often."""
    POLICY_FORBIDS = "policy_forbids"
    CANCELLED = "cancelled"


class Resolution(Value):
    """The end of the story."""

    kind: ResolutionKind
    category: Category = Category.UNKNOWN
    summary: Line
    explanation: Prose = ""
    follow_ups: tuple[Line, ...] = ()
    merge_sha: CommitSha | None = None
    usage: Usage = Usage()
    ticket_closed: bool = False
    duration_seconds: float = Field(default=0.0, ge=0)
