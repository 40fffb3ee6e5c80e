"""GitHub's merge queue, which only the GraphQL API can enter and leave.

https://docs.github.com/en/graphql/reference/mutations#enqueuepullrequest and
https://docs.github.com/en/graphql/reference/mutations#dequeuepullrequest. What waits for its
checks by auto-merge enters the queue, or is merged, without Suture.
"""

from pydantic import Field

from integrations.github.client import Answer, GitHubClient, Grants, RefusedError
from integrations.github.pulls import Pulls, merge_sha_of
from integrations.github.shapes import Anything
from suture.domain.pull_request import PullRequestRef, PullRequestState
from suture.domain.value import CommitSha
from suture.errors import Conflict, NotFound, PermanentError, SutureError, Unreachable

QUEUE: Grants = {"contents": "write", "pull_requests": "write", "metadata": "read"}
LOOK = """
query ($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      id
      state
      isInMergeQueue
      autoMergeRequest { enabledAt }
      timelineItems(
        last: 1
        itemTypes: [
          ADDED_TO_MERGE_QUEUE_EVENT
          REMOVED_FROM_MERGE_QUEUE_EVENT
          PULL_REQUEST_COMMIT
          HEAD_REF_FORCE_PUSHED_EVENT
        ]
      ) {
        nodes { __typename ... on RemovedFromMergeQueueEvent { reason actor { login } } }
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
LEAVE = """
mutation ($id: ID!) {
  dequeuePullRequest(input: {id: $id}) { clientMutationId }
}
"""
DISARM = """
mutation ($id: ID!) {
  disablePullRequestAutoMerge(input: {pullRequestId: $id}) { clientMutationId }
}
"""
WHO = "query { viewer { login } }"
REMOVED = "RemovedFromMergeQueueEvent"
MERGING = frozenset({"merge", "merged", "already_merged"})
"""Why the queue lets go of what it merges."""
BY_HAND = "manual"
"""What it says where somebody, a program too, took it out."""
BOT = "[bot]"
"""Ends an App's login where it is told as an account's, and not where it is told as a bot's."""
OPEN = "OPEN"
MAX_REASON = 200


class _Account(Answer):
    login: str = ""

    @property
    def name(self) -> str:
        return self.login.lower().removesuffix(BOT)


class _Event(Answer):
    kind: str = Field(alias="__typename")
    reason: str | None = None
    actor: _Account | None = None

    @property
    def why(self) -> str:
        return " ".join((self.reason or "unknown").split())[:MAX_REASON]

    @property
    def is_by_hand(self) -> bool:
        return self.why.lower().startswith(BY_HAND)


class _Events(Answer):
    nodes: tuple[_Event | None, ...] = ()


class _Pull(Answer):
    id: str
    state: str
    queued: bool = Field(alias="isInMergeQueue")
    auto_merge: Anything | None = Field(default=None, alias="autoMergeRequest")
    events: _Events = Field(alias="timelineItems")

    @property
    def removal(self) -> _Event | None:
        """How the queue let go of it, if it was not pushed to since."""
        last = next((one for one in self.events.nodes if one is not None), None)
        return last if last is not None and last.kind == REMOVED else None

    @property
    def ways_out(self) -> tuple[str, ...]:
        """What takes it out of all that would merge it; auto-merge first, which puts it back."""
        if self.state != OPEN:
            return ()
        armed = (DISARM,) if self.auto_merge is not None else ()
        return (*armed, LEAVE) if self.queued else armed


class _Repository(Answer):
    pull: _Pull | None = Field(default=None, alias="pullRequest")


class _Found(Answer):
    repository: _Repository | None = None


class _Viewer(Answer):
    viewer: _Account


class MergeQueue:
    """Puts pull requests into the queue of their base branch, each head once, or takes them out."""

    def __init__(self, client: GitHubClient, pulls: Pulls) -> None:
        self._client = client
        self._pulls = pulls

    def enter(self, ref: PullRequestRef, head_sha: CommitSha) -> CommitSha | None:
        """Put exactly this head into the queue; None while it waits there, else what merged it.

        A head that the queue let go of is left to people: they put it back, or push. One that
        Suture took out as an App enters again; a token's account may be a person's, too.

        Raises:
            Conflict: the head is another by now.
            PermanentError: the queue let go of it, or there is none, or rules forbid it.
        """
        now = self._look(ref)
        reason = self._let_go(now)
        if now.queued or (reason is not None and reason.lower() in MERGING):
            return None
        if reason is not None:
            raise PermanentError(f"GitHub took {ref.number} out of its merge queue: {reason}.")
        try:
            self._client.graphql(ENTER, {"id": now.id, "head": head_sha}, Anything, QUEUE)
        except (Unreachable, RefusedError) as error:
            done = self._pulls.get(ref)
            if done.head.sha != head_sha:
                raise Conflict(f"Pull request {ref.number} has another head by now.") from error
            if done.status is PullRequestState.MERGED:
                return merge_sha_of(done)
            if not self._look(ref).queued:
                raise
        return None

    def leave(self, ref: PullRequestRef) -> None:
        """Take it out of the queue and turn off auto-merge, as far as it has them.

        Raises:
            Unreachable: it waits there all the same, such as while GitHub merges it.
            NotFound: there is no such pull request.
        """
        now = self._look(ref)
        cause: SutureError | None = None
        for way_out in now.ways_out:
            try:
                self._client.graphql(way_out, {"id": now.id}, Anything, QUEUE)
            except (Unreachable, Conflict, NotFound, RefusedError) as error:
                cause = error
        if now.ways_out and self._look(ref).ways_out:
            message = f"GitHub still means to merge {ref.number}: {cause or 'it does not say why'}"
            raise Unreachable(message) from cause

    def _let_go(self, now: _Pull) -> str | None:
        """Return why the queue let go of it, unless that was Suture."""
        removal = now.removal
        if removal is None:
            return None
        if self._client.is_app and removal.is_by_hand and removal.actor is not None:
            me = self._client.graphql(WHO, {}, _Viewer, QUEUE).viewer
            return None if me.name == removal.actor.name else removal.why
        return removal.why

    def _look(self, ref: PullRequestRef) -> _Pull:
        owner, _, name = ref.repository.partition("/")
        asked = {"owner": owner, "name": name, "number": ref.number}
        found = self._client.graphql(LOOK, asked, _Found, QUEUE).repository
        if found is None or found.pull is None:
            raise NotFound(f"There is no pull request {ref.number} in {ref.repository}.")
        return found.pull
