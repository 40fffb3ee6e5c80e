"""Suture's adapters for GitHub on a small GitHub over a workshop's repository."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from integrations.database import open_database
from integrations.github.code_host import GitHubCodeHost
from integrations.github.tracker import GitHubTracker
from suture.domain.patch import FileChange
from suture.domain.pull_request import CheckConclusion, PullRequestRef
from suture.domain.ticket import TicketRef
from suture.domain.value import CommitSha
from suture.github_settings import GitHubSettings
from suture.ports.code_host import BranchRequest, PullRequestRequest
from tests.builders.code_host import BRANCH, FIX, MESSAGE, NOON, Workshop
from tests.fakes.github_http import running_github
from tests.fakes.github_server import REPOSITORY, TOKEN, GitHubServer


def settings_for(url: str, **changed: object) -> GitHubSettings:
    """Return settings with a token and without pauses."""
    facts = {"api_url": url, "token": TOKEN, "seconds_between_writes": 0, "timeout_seconds": 60}
    kept = {name: value for name, value in {**facts, **changed}.items() if value is not None}
    return GitHubSettings.model_validate(kept)


def app_key(directory: Path) -> Path:
    """Make an App's private key."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    path = directory / "app.pem"
    path.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    )
    return path


class GitHubWorkshop:
    """A repository on a small GitHub, a person's clone of it, and the code host."""

    def __init__(self, shop: Workshop, github: GitHubServer) -> None:
        self.shop = shop
        self.github = github
        self.base = shop.base
        self.push = shop.push
        self.host = self.host_with()

    def host_with(self, **changed: object) -> GitHubCodeHost:
        """Return a code host with other settings."""
        return GitHubCodeHost(settings_for(self.github.url, **changed), self.shop.engine)

    def branch(self, changes: tuple[FileChange, ...] = FIX, message: str = MESSAGE) -> CommitSha:
        """Put the fix on its branch."""
        request = BranchRequest(
            repository=REPOSITORY,
            branch=BRANCH,
            base_sha=self.base,
            changes=changes,
            message=message,
            authored_at=NOON,
        )
        return self.host.ensure_branch(request)

    def request(self, **changed: object) -> PullRequestRequest:
        """Return what asks for the pull request."""
        facts = {"repository": REPOSITORY, "branch": BRANCH, "base_branch": "main"}
        text = {"title": "Ask before dividing", "body": "Why"}
        return PullRequestRequest.model_validate({**facts, **text, **changed})

    def open(self) -> PullRequestRef:
        """Open the pull request."""
        self.branch()
        return self.host.ensure_pull_request(self.request())

    def merge(self, ref: PullRequestRef) -> CommitSha:
        """Merge it as it is now."""
        seen = self.host.read_pull_request(ref)
        merge_sha = self.host.merge(ref, seen.head_sha, seen.patch_digest)
        assert merge_sha is not None
        return merge_sha

    def shown(self, ref: PullRequestRef) -> tuple[list[CheckConclusion], list[str]]:
        """Return statuses, the newest of each name, and comments without their marks."""
        newest = {row["context"]: CheckConclusion(row["state"]) for row in self.github.statuses}
        said = self.github.comments.get(ref.number, [])
        return list(newest.values()), [row["body"].partition("\n\n<!--")[0] for row in said]


@contextmanager
def github_workshop(directory: Path) -> Iterator[GitHubWorkshop]:
    """Run a small GitHub with a repository that has something to mend."""
    engine = open_database(f"sqlite:///{directory}/suture.db")
    shop = Workshop(directory, engine)
    with running_github(shop.path) as github:
        yield GitHubWorkshop(shop, github)
    engine.dispose()


class ServedGitHubTracker(GitHubTracker):
    """The tracker with what people do in its repository."""

    def __init__(self, github: GitHubServer) -> None:
        settings = settings_for(github.url, issues_repository=REPOSITORY)
        super().__init__(settings, {})
        self.github = github

    def issue(self, ticket: TicketRef) -> dict[str, Any]:
        """Return the issue as GitHub has it."""
        return self.github.issues[int(ticket.ticket_id.rpartition("#")[2])]

    def close_by_human(self, ticket_id: str, actor: str) -> None:
        """Close it as a person does."""
        del actor
        self.github.issues[int(ticket_id.rpartition("#")[2])]["state"] = "closed"

    def texts(self, ticket: TicketRef) -> list[str]:
        """Return comments without their marks."""
        number = int(ticket.ticket_id.rpartition("#")[2])
        return [row["body"].partition("\n\n<!--")[0] for row in self.github.comments[number]]


@contextmanager
def served_github_tracker(directory: Path) -> Iterator[ServedGitHubTracker]:
    """Run a small GitHub for issues alone."""
    with running_github(directory) as github:
        yield ServedGitHubTracker(github)
