"""Merge requests as GitLab and git have them: found, read and compared.

https://docs.gitlab.com/api/merge_requests/ and https://docs.gitlab.com/api/branches/
"""

from functools import lru_cache
from pathlib import Path

from integrations.git.commits import CommitFacts
from integrations.gitlab.client import GitLabClient, branch_name, project_path
from integrations.gitlab.remarks import Remarks
from integrations.gitlab.repository import Change, ProjectRepository
from integrations.gitlab.shapes import Branch, GitCommit, MergeRequest
from integrations.own_commits import OwnCommits
from suture.domain.pull_request import PullRequest, PullRequestRef, PullRequestState
from suture.domain.value import CommitSha
from suture.errors import NotFound, Unreachable
from suture.gitlab_settings import GitLabSettings


class MergeRequests:
    """Looks at merge requests; writes nothing to GitLab."""

    def __init__(self, settings: GitLabSettings, own: OwnCommits, mirrors: Path) -> None:
        self.client = GitLabClient(settings)
        self.remarks = Remarks(self.client)
        self._settings = settings
        self._own = own
        self._mirrors = mirrors
        # Two commits name their difference for good.
        self._change = lru_cache(maxsize=256)(self._compare)

    def repository(self, project: str) -> ProjectRepository:
        """Return a project's commits.

        Raises:
            InvalidInput: it is no project's name.
        """
        project_path(project)
        return ProjectRepository(self._settings, project, self._mirrors)

    def get(self, ref: PullRequestRef) -> MergeRequest:
        """Return it as GitLab tells it.

        Raises:
            NotFound: there is no such merge request.
        """
        return self.client.get(request_path(ref), MergeRequest)

    def find(self, project: str, branch: str) -> MergeRequest | None:
        """Return the merge request of a branch: the open one, or else the newest."""
        asked = {"source_branch": branch, "state": "all", "scope": "all"}
        listed = self.client.list(f"{project_path(project)}/merge_requests", MergeRequest, asked)
        ours = (row for row in listed if row.source_branch == branch and not row.is_of_a_fork)
        return max(
            ours, key=lambda row: (row.status is PullRequestState.OPEN, row.iid), default=None
        )

    def read(self, ref: PullRequestRef) -> PullRequest:
        """Return it as it is now.

        Raises:
            NotFound: there is no such merge request.
            Unreachable: GitLab has not taken in the branch's last push yet.
        """
        found = self.get(ref)
        state, head = found.status, head_sha(found)
        if state is PullRequestState.OPEN:
            shown = self.head_of(ref.repository, found.source_branch)
            if shown is not None and shown != head:
                raise Unreachable("GitLab has not taken in the last push to the branch yet.")
        change = self.change(ref, found)
        return PullRequest(
            ref=found.ref_in(ref.repository),
            state=state,
            head_sha=head,
            patch_digest=change.digest,
            authors=self._people(ref, change.commits),
            merge_sha=merge_sha(found) if state is PullRequestState.MERGED else None,
            draft=found.draft and state is PullRequestState.OPEN,
        )

    def change(self, ref: PullRequestRef, found: MergeRequest) -> Change:
        """Return what the merge request changes."""
        return self._change(ref.repository, self._base_of(ref, found), head_sha(found), found.iid)

    def _compare(self, project: str, base: CommitSha, head: CommitSha, number: int) -> Change:
        repository = self.repository(project)
        repository.need((base, head), number)
        return repository.change(base, head)

    def head_of(self, project: str, branch: str) -> CommitSha | None:
        """Return the commit that a branch points at."""
        path = f"{project_path(project)}/repository/branches/{branch_name(branch)}"
        found = self.client.find(path, Branch)
        return None if found is None else found.commit.id

    def parents_of(self, project: str, sha: CommitSha) -> tuple[CommitSha, ...]:
        """Return a commit's parents, the first one first."""
        path = f"{project_path(project)}/repository/commits/{sha}"
        return self.client.get(path, GitCommit).parent_ids

    def _base_of(self, ref: PullRequestRef, found: MergeRequest) -> CommitSha:
        """Return what the diff is taken against: the target branch, or it before the merge."""
        if found.status is PullRequestState.MERGED and merge_sha(found) != found.sha:
            parents = self.parents_of(ref.repository, merge_sha(found))
            if parents:
                return parents[0]
        base = found.diff_refs.base_sha if found.diff_refs else None
        if found.status is not PullRequestState.OPEN and base is not None:
            return base
        head = self.head_of(ref.repository, found.target_branch)
        if head is None:
            raise NotFound(f"There is no branch {found.target_branch} in {ref.repository}.")
        return head

    def _people(self, ref: PullRequestRef, commits: tuple[CommitFacts, ...]) -> tuple[str, ...]:
        """Return everybody but Suture who wrote or pushed commits of the branch."""
        ours = self._own.among(ref.repository, tuple(commit.sha for commit in commits))
        foreign = [commit for commit in commits if commit.sha not in ours]
        if not foreign:
            return ()
        people = {who for commit in foreign for who in commit.people}
        return tuple(sorted(people | self.remarks.pushers(request_path(ref))))


def request_path(ref: PullRequestRef) -> str:
    """Return a merge request's path in the API."""
    return f"{project_path(ref.repository)}/merge_requests/{ref.number}"


def head_sha(found: MergeRequest) -> CommitSha:
    """Return a merge request's head.

    Raises:
        Unreachable: GitLab has not looked at the branch yet.
    """
    if found.sha is None:
        raise Unreachable(f"GitLab does not say yet what merge request {found.iid} would merge.")
    return found.sha


def merge_sha(found: MergeRequest) -> CommitSha:
    """Return what the target branch got.

    Raises:
        Unreachable: GitLab does not say yet.
    """
    if found.merged_by is None:
        raise Unreachable(f"GitLab does not say yet which commit merged {found.iid}.")
    return found.merged_by
