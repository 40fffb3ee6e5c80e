"""Drafts: opened where the plan has them, and made ready for review.

https://docs.github.com/en/graphql/reference/mutations#markpullrequestreadyforreview
"""

from collections.abc import Mapping

from integrations.github.client import GitHubClient, RefusedError
from integrations.github.merging import MERGE
from integrations.github.pulls import PROPOSE, Pulls
from integrations.github.shapes import Anything, Pull
from suture.domain.pull_request import PullRequestRef, PullRequestState
from suture.errors import Unreachable

UNSUPPORTED = "draft pull requests are not supported"
READY = """
mutation ($id: ID!) {
  markPullRequestReadyForReview(input: {pullRequestId: $id}) { clientMutationId }
}
"""


def open_pull(client: GitHubClient, path: str, body: Mapping[str, object]) -> Pull:
    """Open a pull request; where drafts are none of the plan, one that is ready."""
    try:
        return client.send("POST", path, Pull, PROPOSE, body)
    except RefusedError as error:
        if not body["draft"] or UNSUPPORTED not in str(error).lower():
            raise
    return client.send("POST", path, Pull, PROPOSE, {**body, "draft": False})


def make_ready(client: GitHubClient, pulls: Pulls, ref: PullRequestRef) -> None:
    """Make a draft ready for review. Repeatable; what is no open draft stays as it is.

    REST cannot. Of an App, GitHub asks for the permission to write contents, too.
    """
    pull = pulls.get(ref)
    if not _is_draft(pull):
        return
    try:
        client.graphql(READY, {"id": pull.node_id}, Anything, MERGE)
    except (Unreachable, RefusedError):
        if _is_draft(pulls.get(ref)):
            raise


def _is_draft(pull: Pull) -> bool:
    return pull.draft and pull.status is PullRequestState.OPEN
