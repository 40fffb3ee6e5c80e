"""Where pull requests live."""

from typing import Protocol

from suture.domain.patch import FileChange
from suture.domain.pull_request import Check, CiReport, PullRequest, PullRequestRef, Remark
from suture.domain.value import CommitSha, Digest, Instant, Line, Slug, Value


class BranchRequest(Value):
    """A branch with one commit on a base. The same request makes the same commit SHA."""

    repository: str
    branch: str
    base_sha: CommitSha
    changes: tuple[FileChange, ...]
    message: str
    """Full commit message with trailers."""
    authored_at: Instant


class PullRequestRequest(Value):
    """A pull request from a branch that exists."""

    repository: str
    branch: str
    base_branch: str
    title: Line
    body: str
    draft: bool = False


class CodeHost(Protocol):
    """Branches, pull requests and merges."""

    def ensure_branch(self, request: BranchRequest) -> CommitSha:
        """Create the branch with its commit, or move Suture's own commit on it; return its head.

        Raises:
            Conflict: the branch holds commits that Suture did not write.
        """
        ...

    def ensure_pull_request(self, request: PullRequestRequest) -> PullRequestRef:
        """Find the pull request of this branch, in whatever state, or open it; update its text."""
        ...

    def read_pull_request(self, ref: PullRequestRef) -> PullRequest:
        """Return it as it is now.

        Raises:
            Unreachable: the host has not taken in the branch's last push yet, among others.
        """
        ...

    def read_remarks(self, ref: PullRequestRef) -> tuple[Remark, ...]:
        """Return what people said, oldest first: their reviews and comments, none of Suture's."""
        ...

    def read_ci(self, ref: PullRequestRef, head_sha: CommitSha) -> CiReport:
        """Return what the project's own CI says of this head."""
        ...

    def mark_ready(self, ref: PullRequestRef) -> None:
        """Make a draft ready for review. Repeatable; what is no open draft stays as it is."""
        ...

    def ensure_check(self, ref: PullRequestRef, head_sha: CommitSha, check: Check) -> None:
        """Publish the check on this head. One per name and head."""
        ...

    def ensure_comment(self, ref: PullRequestRef, key: str, text: str) -> None:
        """Add the comment unless one with this key is there."""
        ...

    def merge(
        self, ref: PullRequestRef, head_sha: CommitSha, patch_digest: Digest
    ) -> CommitSha | None:
        """Merge exactly this head with exactly this diff; return the merge commit.

        Merging what is merged already returns the same commit. None: it waits in the host's merge
        queue, and asking again changes nothing.

        Raises:
            Conflict: the head or the diff is another by now.
            Unreachable: the host has not taken in a push yet, or is not ready; nothing is merged.
            PermanentError: it was closed, or it does not merge cleanly.
        """
        ...

    def withdraw_merge(self, ref: PullRequestRef) -> None:
        """Take it out of whatever would merge it later: queue, auto-merge, train.

        Whoever put it there. Repeatable; what is in none, is closed or is merged stays as it is.
        What was taken out may be merged again.

        Raises:
            Unreachable: the host means to merge it all the same, such as while it does.
        """
        ...

    def close_pull_request(self, ref: PullRequestRef, *, delete_branch: bool) -> None:
        """Close it unless it is merged; delete Suture's branch if asked. Repeatable.

        What is closed is in no queue, auto-merge or train any more.
        """
        ...

    def ensure_revert(self, ref: PullRequestRef, key: Slug) -> PullRequestRef:
        """Open a pull request that reverts this merged one, once."""
        ...
