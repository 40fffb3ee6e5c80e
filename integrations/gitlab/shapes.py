"""What Suture reads of GitLab's merge requests, branches, notes, pipelines and issues.

https://docs.gitlab.com/api/merge_requests/ and the pages beside it.
"""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BeforeValidator, Field

from integrations.gitlab.client import Answer
from suture.domain.pull_request import PullRequestRef, PullRequestState
from suture.domain.value import CommitSha

STATES = {"merged": PullRequestState.MERGED, "closed": PullRequestState.CLOSED}


def _or_empty(value: object) -> object:
    return "" if value is None else value


Text = Annotated[str, BeforeValidator(_or_empty)]
"""A text; null is none."""


class Account(Answer):
    """A person, or a token's bot."""

    id: int = 0
    username: str = ""


class DiffRefs(Answer):
    """Ends of a merge request's newest diff."""

    base_sha: CommitSha | None = None


class MergeRequest(Answer):
    """A merge request. Lists leave some of it out."""

    iid: int = Field(ge=1)
    state: Literal["opened", "closed", "locked", "merged"]
    title: str
    description: Text = ""
    draft: bool = False
    web_url: str
    source_branch: str
    target_branch: str
    source_project_id: int | None = None
    target_project_id: int | None = None
    sha: CommitSha | None = None
    merge_commit_sha: CommitSha | None = None
    squash_commit_sha: CommitSha | None = None
    diff_refs: DiffRefs | None = None
    merge_when_pipeline_succeeds: bool = False
    detailed_merge_status: Text = ""

    @property
    def status(self) -> PullRequestState:
        """Where it stands; `locked` is while GitLab merges it."""
        return STATES.get(self.state, PullRequestState.OPEN)

    @property
    def is_of_a_fork(self) -> bool:
        """Whether its branch is of another project."""
        return self.source_project_id != self.target_project_id

    @property
    def merged_by(self) -> CommitSha | None:
        """What the target branch got: a merge commit, a squashed one, or the head itself."""
        return self.merge_commit_sha or self.squash_commit_sha or self.sha

    def ref_in(self, repository: str) -> PullRequestRef:
        """Return what histories hold of it."""
        return PullRequestRef(
            number=self.iid,
            repository=repository,
            branch=self.source_branch,
            base_branch=self.target_branch,
            url=self.web_url,
        )


class Tip(Answer):
    """A branch's newest commit."""

    id: CommitSha


class Branch(Answer):
    """A branch."""

    commit: Tip


class Note(Answer):
    """A comment, or what GitLab noted by itself."""

    id: int
    body: Text = ""
    system: bool = False
    author: Account = Account()
    created_at: AwareDatetime
    updated_at: AwareDatetime | None = None

    @property
    def is_edited(self) -> bool:
        """Whether it may no longer say what its author wrote."""
        return self.updated_at is not None and self.updated_at != self.created_at


class Approval(Answer):
    """Who approves now; older GitLabs do not tell since when."""

    user: Account
    approved_at: AwareDatetime | None = None


class Approvals(Answer):
    """Who approves a merge request now."""

    approved_by: tuple[Approval, ...] = ()


class Version(Answer):
    """A diff of a merge request: one for each push."""

    head_commit_sha: CommitSha
    created_at: AwareDatetime


class Pipeline(Answer):
    """A pipeline; `external` ones hold what others reported."""

    id: int
    sha: CommitSha
    status: str
    source: Text = ""
    web_url: Text = ""


class Status(Answer):
    """A job, or what another system reported of a commit."""

    id: int
    name: str
    status: str
    description: Text = ""
    target_url: Text = ""
    allow_failure: bool = False
    pipeline_id: int | None = None


class GitCommit(Answer):
    """A commit's parents."""

    parent_ids: tuple[CommitSha, ...] = ()


class Train(Answer):
    """A merge request's place on a merge train."""

    status: Text = ""


class Anything(Answer):
    """An answer of which nothing is read."""
