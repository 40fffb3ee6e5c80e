"""Commits on GitHub that take a merged pull request out again."""

from integrations.github.branches import Branches
from integrations.github.client import GitHubClient
from integrations.github.objects import Objects, incident_trailer
from integrations.github.pulls import Pulls, merge_sha_of
from integrations.github.scratch import reverted
from integrations.github.shapes import Pull
from integrations.marks import one_title
from integrations.own_commits import OwnCommits
from suture.domain.pull_request import PullRequestRef, PullRequestState
from suture.domain.value import Slug
from suture.errors import Conflict, NotFound, PermanentError
from suture.ports.code_host import PullRequestRequest


class Reverts:
    """Makes the branch that a revert's pull request needs."""

    def __init__(
        self, client: GitHubClient, own: OwnCommits, pulls: Pulls, branches: Branches
    ) -> None:
        self._client = client
        self._own = own
        self._pulls = pulls
        self._branches = branches

    def request(self, ref: PullRequestRef, pull: Pull, key: Slug) -> PullRequestRequest:
        """Return what asks for the revert's pull request. Idempotency key: number and `key`.

        Raises:
            PermanentError: the pull request is not merged.
        """
        if pull.status is not PullRequestState.MERGED:
            raise PermanentError(f"Pull request {ref.number} is not merged.")
        return PullRequestRequest(
            repository=ref.repository,
            branch=f"suture/revert-{ref.number}-{key}",
            base_branch=pull.base.ref,
            title=one_title(f'Revert "{pull.title}"'),
            body=f"Takes out {merge_sha_of(pull)}, the merge of #{ref.number}.",
        )

    def ensure_branch(self, ref: PullRequestRef, pull: Pull, request: PullRequestRequest) -> None:
        """Make the branch with the commit unless it is there.

        Raises:
            Conflict: the branch holds commits that Suture did not write.
            PermanentError: the change does not come out cleanly.
        """
        head = self._pulls.head_of(ref.repository, request.branch)
        if head is None:
            self._make(ref, pull, request)
        elif not self._own.among(ref.repository, (head,)):
            raise Conflict(f"{request.branch} holds commits that Suture did not write.")

    def _make(self, ref: PullRequestRef, pull: Pull, request: PullRequestRequest) -> None:
        objects = Objects(self._client, ref.repository)
        base_head = self._pulls.head_of(ref.repository, pull.base.ref)
        if base_head is None:
            raise NotFound(f"There is no branch {pull.base.ref} in {ref.repository}.")
        onto, merge_commit = objects.commit(base_head), objects.commit(merge_sha_of(pull))
        old, new = merge_commit.parents[0].sha, merge_commit
        if len(merge_commit.parents) == 1:
            # Squashed or rebased: the branch has the whole change, the last commit may not.
            before = self._pulls.base_of(ref, pull)
            old, _ = self._pulls.compare(ref.repository, before, pull.head.sha)
            new = objects.commit(pull.head.sha)
        tree = reverted(objects, onto.tree.sha, objects.commit(old).tree.sha, new.tree.sha)
        incident = incident_trailer(objects.commit(pull.head.sha).message)
        parts = (request.title, request.body, incident)
        message = "\n\n".join(part for part in parts if part) + "\n"
        at = max(onto.committer.date, merge_commit.committer.date)
        made = self._branches.commit(
            objects, ref.repository, self._branches.new_commit(tree, base_head, message, at)
        )
        self._branches.point(ref.repository, request.branch, made, base_head)
