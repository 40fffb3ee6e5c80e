"""Pull requests as GitHub has them: found, read and compared.

https://docs.github.com/en/rest/pulls and https://docs.github.com/en/rest/commits/commits
"""

from functools import lru_cache

from integrations.git.commits import MAX_COMMITS
from integrations.github.client import PAGE, GitHubClient, Grants, branch_path, repository_path
from integrations.github.objects import READ, Objects
from integrations.github.scratch import diff_of
from integrations.github.shapes import Commit, Comparison, Pull, Ref
from integrations.own_commits import OwnCommits
from suture.canonical import sha256
from suture.domain.pull_request import PullRequest, PullRequestRef, PullRequestState
from suture.domain.value import CommitSha, Digest
from suture.errors import PermanentError, Unreachable

LOOK: Grants = {"pull_requests": "read", "metadata": "read"}
PROPOSE: Grants = {"pull_requests": "write", "metadata": "read"}


class Pulls:
    """Looks at pull requests; writes nothing."""

    def __init__(self, client: GitHubClient, own: OwnCommits) -> None:
        self._client = client
        self._own = own
        # Two commits name their diff for good.
        self._digest = lru_cache(maxsize=512)(self._make_digest)

    def get(self, ref: PullRequestRef) -> Pull:
        """Return it as GitHub tells it.

        Raises:
            NotFound: there is no such pull request.
        """
        return self._client.get(pull_path(ref), Pull, LOOK)

    def read(self, ref: PullRequestRef) -> PullRequest:
        """Return it as it is now.

        Raises:
            NotFound: there is no such pull request.
            Unreachable: GitHub has not taken in the branch's last push yet.
        """
        pull = self.get(ref)
        state, head = pull.status, pull.head.sha
        merge_sha = pull.merge_commit_sha if state is PullRequestState.MERGED else None
        if state is PullRequestState.OPEN:
            shown = self.head_of(ref.repository, pull.head.ref)
            if shown is not None and shown != head:
                raise Unreachable("GitHub has not taken in the last push to the branch yet.")
        fork, commits = self.compare(ref.repository, self.base_of(ref, pull), head)
        ours = self._own.among(ref.repository, tuple(commit.sha for commit in commits))
        people = {who for commit in commits if commit.sha not in ours for who in commit.people}
        return PullRequest(
            ref=pull.ref_in(ref.repository),
            state=state,
            head_sha=head,
            patch_digest=self._digest(ref.repository, fork, head),
            authors=tuple(sorted(people)),
            merge_sha=merge_sha,
            draft=pull.draft,
        )

    def find(self, repository: str, branch: str) -> Pull | None:
        """Return the pull request of a branch: the open one, else the newest."""
        owner = repository.partition("/")[0]
        asked = {"head": f"{owner}:{branch}", "state": "all"}
        path = f"{repository_path(repository)}/pulls"
        rows = [
            row
            for row in self._client.list(path, Pull, LOOK, asked)
            if row.head.ref == branch and _is_of(row, repository)
        ]
        return max(
            rows, key=lambda row: (row.status is PullRequestState.OPEN, row.number), default=None
        )

    def head_of(self, repository: str, branch: str) -> CommitSha | None:
        """Return what a branch shows, if there is one."""
        path = f"{repository_path(repository)}/git/ref/heads/{branch_path(branch)}"
        found = self._client.find(path, Ref, READ)
        return None if found is None else found.object.sha

    def base_of(self, ref: PullRequestRef, pull: Pull) -> str:
        """Return what the diff is taken against: the base branch, or it before the merge."""
        if pull.status is PullRequestState.OPEN:
            return pull.base.ref
        merged = pull.merge_commit_sha
        if pull.status is PullRequestState.CLOSED or merged in (None, pull.head.sha):
            return pull.base.sha
        parents = Objects(self._client, ref.repository).commit(merge_sha_of(pull)).parents
        return parents[0].sha if parents else pull.base.sha

    def compare(
        self, repository: str, base: str, head: CommitSha
    ) -> tuple[CommitSha, tuple[Commit, ...]]:
        """Return the merge base, and the commits that head has and base has not."""
        path = f"{repository_path(repository)}/compare/{branch_path(base)}...{head}"
        found: list[Commit] = []
        for page in range(1, MAX_COMMITS // PAGE + 2):
            asked = {"per_page": str(PAGE), "page": str(page)}
            said = self._client.get(path, Comparison, READ, asked)
            found += said.commits
            if len(found) >= said.total_commits or not said.commits:
                return said.merge_base_commit.sha, tuple(found)
        raise PermanentError(f"The branch has more than {MAX_COMMITS} commits of its own.")

    def _make_digest(self, repository: str, base: CommitSha, head: CommitSha) -> Digest:
        objects = Objects(self._client, repository)
        old, new = objects.commit(base).tree.sha, objects.commit(head).tree.sha
        return sha256(diff_of(objects, old, new))


def pull_path(ref: PullRequestRef) -> str:
    """Return where the API has it."""
    return f"{repository_path(ref.repository)}/pulls/{ref.number}"


def merge_sha_of(pull: Pull) -> CommitSha:
    """Return the commit that merged it.

    Raises:
        Unreachable: GitHub does not say yet.
    """
    if pull.merge_commit_sha is None:
        raise Unreachable(f"GitHub does not say yet which commit merged {pull.number}.")
    return pull.merge_commit_sha


def _is_of(pull: Pull, repository: str) -> bool:
    """Whether its branch is of this repository and of no fork."""
    repo = pull.head.repo
    return repo is not None and repo.full_name.casefold() == repository.casefold()
