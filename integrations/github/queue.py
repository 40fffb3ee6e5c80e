"""GitHub's merge queue, which only the GraphQL API can enter.

https://docs.github.com/en/graphql/reference/mutations#enqueuepullrequest
"""

from pydantic import Field

from integrations.github.client import Answer, GitHubClient, Grants, RefusedError
from integrations.github.pulls import Pulls, merge_sha_of
from suture.domain.pull_request import PullRequestRef, PullRequestState
from suture.domain.value import CommitSha
from suture.errors import Conflict, NotFound, PermanentError, Unreachable

QUEUE: Grants = {"contents": "write", "pull_requests": "write", "metadata": "read"}
LOOK = """
query ($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      id
      isInMergeQueue
      timelineItems(
        last: 1
        itemTypes: [
          ADDED_TO_MERGE_QUEUE_EVENT
          REMOVED_FROM_MERGE_QUEUE_EVENT
          PULL_REQUEST_COMMIT
          HEAD_REF_FORCE_PUSHED_EVENT
        ]
      ) {
        nodes { __typename ... on RemovedFromMergeQueueEvent { reason } }
      }
    }
  }
}
"""
ENTER = """
mutation ($id: ID!, $head: GitObjectID!) {
  enqueuePullRequest(input: {pullRequestId: $id, expectedHeadOid: $head}) { clientMutationId }
}
"""
REMOVED = "RemovedFromMergeQueueEvent"
MERGING = frozenset({"merge", "merged", "already_merged"})
"""Why the queue lets go of what it merges."""
MAX_REASON = 200


class _Event(Answer):
    kind: str = Field(alias="__typename")
    reason: str | None = None


class _Events(Answer):
    nodes: tuple[_Event | None, ...] = ()


class _Pull(Answer):
    id: str
    queued: bool = Field(alias="isInMergeQueue")
    events: _Events = Field(alias="timelineItems")

    @property
    def removed_because(self) -> str | None:
        """Why the queue let go of it, if it was not pushed to since."""
        last = next((one for one in self.events.nodes if one is not None), None)
        if last is None or last.kind != REMOVED:
            return None
        return " ".join((last.reason or "unknown").split())[:MAX_REASON]


class _Repository(Answer):
    pull: _Pull | None = Field(default=None, alias="pullRequest")


class _Found(Answer):
    repository: _Repository | None = None


class _Entered(Answer):
    """An answer of which nothing is read."""


class MergeQueue:
    """Puts pull requests into the queue of their base branch, each head once."""

    def __init__(self, client: GitHubClient, pulls: Pulls) -> None:
        self._client = client
        self._pulls = pulls

    def enter(self, ref: PullRequestRef, head_sha: CommitSha) -> CommitSha | None:
        """Put exactly this head into the queue; None while it waits there, else what merged it.

        A head that the queue let go of is left to people: they put it back, or push.

        Raises:
            Conflict: the head is another by now.
            PermanentError: the queue let go of it, or there is none, or rules forbid it.
        """
        now = self._look(ref)
        reason = now.removed_because
        if now.queued or (reason is not None and reason.lower() in MERGING):
            return None
        if reason is not None:
            raise PermanentError(f"GitHub took {ref.number} out of its merge queue: {reason}.")
        try:
            self._client.graphql(ENTER, {"id": now.id, "head": head_sha}, _Entered, QUEUE)
        except (Unreachable, RefusedError) as error:
            done = self._pulls.get(ref)
            if done.head.sha != head_sha:
                raise Conflict(f"Pull request {ref.number} has another head by now.") from error
            if done.status is PullRequestState.MERGED:
                return merge_sha_of(done)
            if not self._look(ref).queued:
                raise
        return None

    def _look(self, ref: PullRequestRef) -> _Pull:
        owner, _, name = ref.repository.partition("/")
        asked = {"owner": owner, "name": name, "number": ref.number}
        found = self._client.graphql(LOOK, asked, _Found, QUEUE).repository
        if found is None or found.pull is None:
            raise NotFound(f"There is no pull request {ref.number} in {ref.repository}.")
        return found.pull
