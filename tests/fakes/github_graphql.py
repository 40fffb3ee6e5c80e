"""What only GitHub's GraphQL API can: drafts made ready and the merge queue.

The schema is the part of the published one that Suture asks for; graphql-core checks and runs
what is asked. https://docs.github.com/en/graphql/overview/public-schema
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from graphql import GraphQLError, GraphQLResolveInfo, build_schema, graphql_sync

from tests.fakes.github_git import Json, Refused

Info = GraphQLResolveInfo[object]
SCHEMA = """
scalar GitObjectID
enum PullRequestTimelineItemsItemType {
  ADDED_TO_MERGE_QUEUE_EVENT
  REMOVED_FROM_MERGE_QUEUE_EVENT
  PULL_REQUEST_COMMIT
  HEAD_REF_FORCE_PUSHED_EVENT
}
interface Actor { login: String! }
type Bot implements Actor { login: String! }
type User implements Actor { login: String! }
type AddedToMergeQueueEvent { id: ID! }
type RemovedFromMergeQueueEvent { id: ID! reason: String actor: Actor }
type PullRequestCommit { id: ID! }
type HeadRefForcePushedEvent { id: ID! }
union PullRequestTimelineItems = AddedToMergeQueueEvent | RemovedFromMergeQueueEvent
  | PullRequestCommit | HeadRefForcePushedEvent
type PullRequestTimelineItemsConnection { nodes: [PullRequestTimelineItems] }
enum PullRequestState { OPEN CLOSED MERGED }
type AutoMergeRequest { enabledAt: DateTime }
type PullRequest {
  id: ID!
  isInMergeQueue: Boolean!
  state: PullRequestState!
  autoMergeRequest: AutoMergeRequest
  timelineItems(
    last: Int
    itemTypes: [PullRequestTimelineItemsItemType!]
  ): PullRequestTimelineItemsConnection!
}
type Repository { pullRequest(number: Int!): PullRequest }
scalar DateTime
interface Node { id: ID! }
type PullRequestReview implements Node { id: ID! lastEditedAt: DateTime }
type Query {
  repository(owner: String!, name: String!): Repository
  nodes(ids: [ID!]!): [Node]!
  viewer: User!
}
input MarkPullRequestReadyForReviewInput { clientMutationId: String pullRequestId: ID! }
type MarkPullRequestReadyForReviewPayload { clientMutationId: String }
input EnqueuePullRequestInput {
  clientMutationId: String
  expectedHeadOid: GitObjectID
  pullRequestId: ID!
}
type EnqueuePullRequestPayload { clientMutationId: String }
input DequeuePullRequestInput { clientMutationId: String id: ID! }
type DequeuePullRequestPayload { clientMutationId: String }
input DisablePullRequestAutoMergeInput { clientMutationId: String pullRequestId: ID! }
type DisablePullRequestAutoMergePayload { clientMutationId: String }
type Mutation {
  markPullRequestReadyForReview(
    input: MarkPullRequestReadyForReviewInput!
  ): MarkPullRequestReadyForReviewPayload
  enqueuePullRequest(input: EnqueuePullRequestInput!): EnqueuePullRequestPayload
  dequeuePullRequest(input: DequeuePullRequestInput!): DequeuePullRequestPayload
  disablePullRequestAutoMerge(
    input: DisablePullRequestAutoMergeInput!
  ): DisablePullRequestAutoMergePayload
}
"""


@dataclass
class Queue:
    """The merge queue of the base branch, and what it did to each pull request."""

    required: bool = False
    waiting: list[int] = field(default_factory=list)
    entered: list[int] = field(default_factory=list)
    """Every entry that was ever made."""
    armed: set[int] = field(default_factory=set)
    """What auto-merge waits for."""
    locked: bool = False
    """Whether it merges what waits, and lets nothing go."""
    timeline: dict[int, list[Json]] = field(default_factory=dict)

    def note(self, number: int, kind: str, **more: object) -> None:
        """Add something to the pull request's timeline."""
        self.timeline.setdefault(number, []).append({"__typename": kind, "id": "x", **more})

    def drop(self, number: int, reason: str, login: str = "github-merge-queue") -> None:
        """Take it out of the queue."""
        self.waiting.remove(number)
        actor = {"__typename": "Bot", "login": login}
        self.note(number, "RemovedFromMergeQueueEvent", reason=reason, actor=actor)

    def forget(self, number: int) -> None:
        """Take out what was closed."""
        self.armed.discard(number)
        if number in self.waiting:
            self.drop(number, "MANUAL")


class GraphQl:
    """Answers queries about one repository."""

    def __init__(self, repository: str, pull: Callable[[str], Json], queue: Queue) -> None:
        self.refusal: tuple[str, str] | None = None
        """Kind and words of the next error."""
        self.hidden = False
        """Whether the repository is none that the caller may see."""
        self.nodes: dict[str, Json] = {}
        """Reviews, by their names in the GraphQL API."""
        self._repository = repository
        self._pull = pull
        self._queue = queue
        self._schema = build_schema(SCHEMA)

    def answer(self, body: Json) -> Json:
        """Run a query and return data and errors, as GitHub does, with status 200."""
        if self.refusal is not None:
            (kind, words), self.refusal = self.refusal, None
            return {"data": None, "errors": [{"type": kind, "message": words}]}
        root = {
            "repository": self._find,
            "nodes": lambda _, ids: [self.nodes.get(one) for one in ids],
            "markPullRequestReadyForReview": self._ready,
            "enqueuePullRequest": self._enter,
            "dequeuePullRequest": self._leave,
            "disablePullRequestAutoMerge": self._disarm,
            "viewer": {"login": "suture[bot]"},
        }
        told = graphql_sync(
            self._schema, body["query"], root_value=root, variable_values=body["variables"]
        )
        errors = [{**(one.extensions or {}), "message": one.message} for one in told.errors or ()]
        return {"data": told.data, **({"errors": errors} if errors else {})}

    def _find(self, info: Info, owner: str, name: str) -> Json | None:
        del info
        if self.hidden or f"{owner}/{name}" != self._repository:
            return None
        return {"pullRequest": self._shown}

    def _shown(self, info: Info, number: int) -> Json | None:
        del info
        try:
            pull = self._pull(str(number))
        except Refused:
            return None
        events = self._queue.timeline.get(number, [])
        return {
            "id": pull["node_id"],
            "state": "MERGED" if pull["merged_at"] else pull["state"].upper(),
            "autoMergeRequest": {"enabledAt": None} if number in self._queue.armed else None,
            "isInMergeQueue": number in self._queue.waiting,
            "timelineItems": {"nodes": events[-1:]},
        }

    def _ready(self, info: Info, **given: Json) -> Json:
        del info
        self._named(given)["draft"] = False
        return {}

    def _enter(self, info: Info, **given: Json) -> Json:
        del info
        pull = self._named(given)
        number = pull["number"]
        if number in self._queue.waiting:
            raise _unprocessable("Pull request is already in the queue")
        if pull["draft"] or pull["state"] != "open" or not self._queue.required:
            raise _unprocessable("Pull request is not mergeable")
        if given["input"]["expectedHeadOid"] != pull["head"]["sha"]:
            raise _unprocessable("Head sha didn't match the expected one")
        self._queue.waiting.append(number)
        self._queue.entered.append(number)
        self._queue.note(number, "AddedToMergeQueueEvent")
        return {}

    def _leave(self, info: Info, **given: Json) -> Json:
        del info
        number = self._pull(given["input"]["id"].removeprefix("PR_"))["number"]
        if number not in self._queue.waiting or self._queue.locked:
            raise _unprocessable("Pull request cannot be removed from the queue")
        self._queue.drop(number, "MANUAL", "suture")
        return {}

    def _disarm(self, info: Info, **given: Json) -> Json:
        del info
        number = self._named(given)["number"]
        if number not in self._queue.armed:
            raise _unprocessable("Can't disable auto-merge for this pull request")
        self._queue.armed.remove(number)
        return {}

    def _named(self, given: Json) -> Json:
        return self._pull(given["input"]["pullRequestId"].removeprefix("PR_"))


def _unprocessable(words: str) -> GraphQLError:
    return GraphQLError(words, extensions={"type": "UNPROCESSABLE"})
