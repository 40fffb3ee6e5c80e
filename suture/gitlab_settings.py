"""What an operator sets to have merge requests or tickets on GitLab."""

from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class GitLabMerge(StrEnum):
    """What becomes of the commits. Whether there is a merge commit is the project's setting."""

    MERGE = "merge"
    SQUASH = "squash"


class GitLabMoment(StrEnum):
    """When GitLab merges what was approved."""

    NOW = "now"
    CHECKS = "checks"
    """By GitLab's auto-merge, once its pipeline and its other checks have passed."""
    TRAIN = "train"
    """By the target branch's merge train."""


class GitLabSettings(BaseModel):
    """GitLab, with `code_host = "gitlab"` or `tracker = "gitlab"`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: str = Field(default="https://gitlab.com", pattern=r"^https?://[^\s@?#]+$")
    """Where people open GitLab, with its relative path if it has one."""
    token: SecretStr = Field(min_length=1)
    """A project, group or personal access token with the scopes `api` and `write_repository`."""
    ca_file: Path | None = None
    """Certificates in PEM that vouch for GitLab; unset: the system's."""
    issues_project: str | None = None
    """`group/name` of the project that takes all tickets; unset: each service's own."""
    merge_method: GitLabMerge = GitLabMerge.MERGE
    """`merge` keeps the branch's commits, `squash` makes one of them."""
    merge_when: GitLabMoment = GitLabMoment.NOW
    """`now`; `checks`: by auto-merge once the pipeline succeeds; `train`: by the merge train."""
    commit_name: str = Field(default="Suture", pattern=r"^[^<>\x00-\x1f]{1,100}$")
    """Author and committer of Suture's commits."""
    commit_email: str = Field(default="suture@localhost", pattern=r"^[^<>\s]{3,200}$")
    """Their address. Push rules may ask for one that GitLab knows."""
    sign_off: bool = False
    """End commit messages with `Signed-off-by`, for projects that ask for a DCO."""
    timeout_seconds: float = Field(default=20.0, gt=0, le=120)
    """How long one call to the API may take."""
    git_timeout_seconds: float = Field(default=300.0, gt=0, le=600)
    """How long one push may take."""
