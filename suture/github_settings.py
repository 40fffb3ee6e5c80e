"""What an operator sets to have pull requests or tickets on GitHub."""

from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator


class MergeMethod(StrEnum):
    """How GitHub merges."""

    MERGE = "merge"
    SQUASH = "squash"
    REBASE = "rebase"
    QUEUE = "queue"
    """By the base branch's merge queue, which has a method of its own."""


class GitHubSettings(BaseModel):
    """GitHub, with `code_host = "github"` or `tracker = "github"`: by an App or a token."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    api_url: str = Field(default="https://api.github.com", pattern=r"^https?://[^\s@?#]+$")
    """GitHub Enterprise: `https://HOST/api/v3`."""
    token: SecretStr | None = Field(default=None, min_length=1)
    """A fine-grained token, if there is no App."""
    app_id: int | None = Field(default=None, ge=1)
    """The App's number; an App needs `installation_id` and `private_key_file` too."""
    installation_id: int | None = Field(default=None, ge=1)
    """Number of the App's installation, at the end of its page's URL."""
    private_key_file: Path | None = None
    """The App's private key, in PEM."""
    issues_repository: str | None = None
    """`owner/name` that takes all tickets; unset: each service's own repository."""
    merge_method: MergeMethod = MergeMethod.MERGE
    """One that the repository allows; `queue` for the merge queue, which is used all the same
    where the base branch demands it."""
    commit_email: str = "suture@localhost"
    """Author and committer of Suture's commits."""
    sign_off: bool = False
    """Whether Suture's commits carry `Signed-off-by`, as a Developer Certificate of Origin asks."""
    timeout_seconds: int = Field(default=20, ge=1, le=120)
    """How long GitHub may say nothing."""
    seconds_between_writes: float = Field(default=1.0, ge=0, le=60)
    """GitHub asks for one second."""

    @model_validator(mode="after")
    def _one_identity(self) -> Self:
        app = (self.app_id, self.installation_id, self.private_key_file)
        given = sum(one is not None for one in app)
        if given not in (0, len(app)):
            raise ValueError("an App needs app_id, installation_id and private_key_file")
        if bool(given) == (self.token is not None):
            raise ValueError("give a token or an App, and not both")
        return self
