"""What Suture reads of GitHub's pull requests, checks, comments and comparisons.

https://docs.github.com/en/rest/pulls and https://docs.github.com/en/rest/checks
"""

from typing import Literal

from pydantic import Field

from integrations.github.client import Answer
from suture.domain.pull_request import PullRequestRef, PullRequestState
from suture.domain.value import CommitSha


class Pointer(Answer):
    """Where a ref stands."""

    sha: CommitSha


class Ref(Answer):
    """A git reference."""

    object: Pointer


class Repository(Answer):
    """The repository of one end of a pull request."""

    full_name: str


class End(Answer):
    """Head or base of a pull request."""

    ref: str
    sha: CommitSha
    repo: Repository | None = None


class Pull(Answer):
    """A pull request. Lists leave out `merged` and tell by `merged_at`."""

    number: int = Field(ge=1)
    node_id: str = ""
    """Its name in the GraphQL API."""
    state: Literal["open", "closed"]
    draft: bool = False
    title: str
    body: str | None = None
    html_url: str
    merged_at: str | None = None
    merge_commit_sha: CommitSha | None = None
    head: End
    base: End

    @property
    def status(self) -> PullRequestState:
        """Where it stands."""
        if self.merged_at is not None:
            return PullRequestState.MERGED
        return PullRequestState.OPEN if self.state == "open" else PullRequestState.CLOSED

    def ref_in(self, repository: str) -> PullRequestRef:
        """Return what histories hold of it."""
        return PullRequestRef(
            number=self.number,
            repository=repository,
            branch=self.head.ref,
            base_branch=self.base.ref,
            url=self.html_url,
        )


class Login(Answer):
    """An account."""

    login: str = ""


class Identity(Answer):
    """Who a commit says wrote it."""

    name: str = ""
    email: str = ""


class CommitText(Answer):
    """What a commit says of itself."""

    message: str = ""
    author: Identity | None = None
    committer: Identity | None = None


class Commit(Answer):
    """A commit with the accounts that GitHub knows by its e-mail addresses."""

    sha: CommitSha
    commit: CommitText
    author: Login | None = None
    committer: Login | None = None

    @property
    def people(self) -> frozenset[str]:
        """Ids of author and committer: logins, e-mail addresses and what is before their `@`."""
        named = (self.commit.author, self.commit.committer)
        emails = {one.email.casefold() for one in named if one is not None}
        logins = {one.login for one in (self.author, self.committer) if one is not None}
        every = emails | {email.partition("@")[0] for email in emails} | logins
        return frozenset(every - {""})

    def claims(self, email: str) -> bool:
        """Whether names and trailer are Suture's; anybody can write that."""
        named = {one.email for one in (self.commit.author, self.commit.committer) if one}
        return named == {email} and "\nSuture-Incident: " in self.commit.message


class Comparison(Answer):
    """Two commits compared."""

    merge_base_commit: Pointer
    total_commits: int
    commits: tuple[Commit, ...]


class Comment(Answer):
    """A comment on an issue or a pull request."""

    body: str | None = None


class CheckRun(Answer):
    """A check run."""

    id: int
    name: str
    external_id: str | None = None
    conclusion: str | None = None


class Status(Answer):
    """A commit status."""

    context: str
    state: str
    description: str | None = None


class Merged(Answer):
    """The answer to a merge."""

    sha: CommitSha


class Anything(Answer):
    """An answer of which nothing is read."""
