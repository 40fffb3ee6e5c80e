"""A pull request as a code host holds it."""

from enum import StrEnum

from pydantic import Field

from suture.domain.approval import ConsentTarget
from suture.domain.value import CommitSha, Digest, Instant, Line, Prose, Slug, Value


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
    draft: bool = False

    @property
    def target(self) -> ConsentTarget:
        """What consent to it as it is now would be about."""
        return ConsentTarget(head_sha=self.head_sha, patch_digest=self.patch_digest)


class RemarkKind(StrEnum):
    """What a person said on a pull request."""

    APPROVAL = "approval"
    """An approving review."""
    CHANGES = "changes"
    """A review that requests changes."""
    COMMENT = "comment"


class Remark(Value):
    """One thing that a person said on a pull request: hostile text, bounded."""

    remark_id: str = Field(max_length=100)
    """The host's id, with what it is an id of: `review/12`. The same whenever it is read."""
    kind: RemarkKind
    author: str = Field(max_length=100)
    """The host's name for the person, in small letters."""
    head_sha: CommitSha | None = None
    """What a review was of; a comment is of no head."""
    text: Prose = ""
    at: Instant


class CiState(StrEnum):
    """What the project's own CI says of one head."""

    ABSENT = "absent"
    """The host knows of no CI at all, so there is nothing to wait for."""
    NONE = "none"
    """Nothing has reported, which may yet change."""
    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"


class CiFailure(Value):
    """One run that failed."""

    name: Line
    url: str = ""
    log: Prose = ""
    """The end of its log, as far as the host shows it."""


class CiReport(Value):
    """The project's own CI on one head; Suture's checks are no part of it."""

    state: CiState = CiState.ABSENT
    failures: tuple[CiFailure, ...] = ()


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
