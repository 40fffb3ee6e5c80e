"""Merges on GitHub: exactly the head and the diff that were approved, once.

https://docs.github.com/en/rest/pulls/pulls#merge-a-pull-request
A base branch that demands its merge queue refuses what does not come through it.
"""

from typing import Any

from integrations.github.client import GitHubClient, Grants, RefusedError
from integrations.github.objects import Objects, incident_trailer
from integrations.github.pulls import Pulls, merge_sha_of, pull_path
from integrations.github.queue import MergeQueue
from integrations.github.shapes import Merged
from suture.domain.pull_request import PullRequestRef, PullRequestState
from suture.domain.value import CommitSha, Digest
from suture.errors import Conflict, PermanentError, SutureError, Unreachable
from suture.github_settings import MergeMethod

MERGE: Grants = {"contents": "write", "pull_requests": "write", "metadata": "read"}
MOVED = "head branch was modified"
TRY_AGAIN = ("base branch was modified", "try the merge again")
NEEDS_QUEUE = "merge queue"


class Merges:
    """Merges by one method."""

    def __init__(self, client: GitHubClient, pulls: Pulls, method: MergeMethod) -> None:
        self._client = client
        self._pulls = pulls
        self._method = method
        self._queue = MergeQueue(client, pulls)

    def merge(
        self, ref: PullRequestRef, head_sha: CommitSha, patch_digest: Digest
    ) -> CommitSha | None:
        """Merge exactly this head with exactly this diff; return the merge commit.

        Merging what is merged already returns the same commit. None: it waits in the merge queue,
        by `merge_method` or because the base branch demands it.

        Raises:
            Conflict: the head or the diff is another by now.
            Unreachable: GitHub has not taken in a push yet, or the base branch moved just then.
            PermanentError: it was closed, does not merge cleanly, or GitHub's rules forbid it.
        """
        seen = self._pulls.read(ref)
        if (seen.head_sha, seen.patch_digest) != (head_sha, patch_digest):
            raise Conflict(f"Pull request {ref.number} has another head or diff by now.")
        if seen.merge_sha is not None:
            return seen.merge_sha
        if seen.state is not PullRequestState.OPEN:
            raise PermanentError(f"Pull request {ref.number} was closed.")
        if self._method is MergeMethod.QUEUE:
            return self._queue.enter(ref, head_sha)
        return self._merge(ref, head_sha)

    def withdraw(self, ref: PullRequestRef) -> None:
        """Take it out of the merge queue and turn off auto-merge, whoever put it there.

        Raises:
            Unreachable: it waits there all the same.
            NotFound: there is no such pull request.
        """
        self._queue.leave(ref)

    def _merge(self, ref: PullRequestRef, head_sha: CommitSha) -> CommitSha | None:
        body = self._request(ref, head_sha)
        try:
            return self._client.send("PUT", f"{pull_path(ref)}/merge", Merged, MERGE, body).sha
        except (Unreachable, RefusedError) as error:
            done = self._pulls.get(ref)
            if done.status is PullRequestState.MERGED and done.head.sha == head_sha:
                return merge_sha_of(done)
            if NEEDS_QUEUE in str(error).lower():
                return self._queue.enter(ref, head_sha)
            raise _judged(error) from None

    def _request(self, ref: PullRequestRef, head: CommitSha) -> dict[str, Any]:
        body: dict[str, Any] = {"sha": head, "merge_method": self._method.value}
        message = Objects(self._client, ref.repository).commit(head).message
        if self._method is MergeMethod.SQUASH:
            body["commit_message"] = message.partition("\n")[2].strip()
        elif self._method is MergeMethod.MERGE:
            body["commit_message"] = incident_trailer(message)
        return body


def _judged(error: SutureError) -> SutureError:
    """Return what a refused merge means: another head, a moment that was wrong, or no."""
    said = str(error).lower()
    if MOVED in said:
        return Conflict(str(error))
    return Unreachable(str(error)) if any(sign in said for sign in TRY_AGAIN) else error
