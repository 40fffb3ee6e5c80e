"""A pull request as a code host holds it."""

from enum import StrEnum

from pydantic import Field

from suture.domain.value import CommitSha, Digest, Line, Slug, Value


class PullRequestState(StrEnum):
    """Where a pull request stands."""

    OPEN = "open"
    MERGED = "merged"
    CLOSED = "closed"


class PullRequestRef(Value):
    """What histories hold of a pull request."""

    number: int = Field(ge=1)
    repository: str
    branch: str
    base_branch: str
    url: str


class PullRequest(Value):
    """The pull request as it is now."""

    ref: PullRequestRef
    state: PullRequestState
    head_sha: CommitSha
    patch_digest: Digest
    """SHA-256 of the unified diff between the merge base and the head."""
    authors: tuple[str, ...] = ()
    """Ids of everybody but Suture who committed to the branch."""
    merge_sha: CommitSha | None = None


class CheckConclusion(StrEnum):
    """How a check ended."""

    SUCCESS = "success"
    FAILURE = "failure"
    NEUTRAL = "neutral"


class Check(Value):
    """One line of evidence shown on the pull request."""

    name: Slug
    conclusion: CheckConclusion
    summary: Line
