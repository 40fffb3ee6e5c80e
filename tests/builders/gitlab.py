"""Suture's adapters for GitLab on a small GitLab over a workshop's repository."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from integrations.database import open_database
from integrations.gitlab.code_host import GitLabCodeHost
from integrations.gitlab.tracker import GitLabTracker
from suture.domain.patch import FileChange
from suture.domain.pull_request import CheckConclusion, PullRequestRef
from suture.domain.ticket import TicketRef
from suture.domain.value import CommitSha
from suture.gitlab_settings import GitLabSettings
from suture.ports.code_host import BranchRequest, PullRequestRequest
from tests.builders.code_host import BRANCH, FIX, MESSAGE, NOON, Workshop
from tests.fakes.gitlab_http import running_gitlab
from tests.fakes.gitlab_server import PROJECT, TOKEN, GitLabServer

CONCLUSIONS = {"success": CheckConclusion.SUCCESS, "failed": CheckConclusion.FAILURE}


def settings_for(url: str, **changed: object) -> GitLabSettings:
    """Return settings with the tests' token."""
    facts = {"url": url, "token": TOKEN, "timeout_seconds": 60}
    return GitLabSettings.model_validate({**facts, **changed})


class GitLabWorkshop:
    """A project on a small GitLab, a person's clone of it, and the code host."""

    def __init__(self, shop: Workshop, gitlab: GitLabServer) -> None:
        self.shop = shop
        self.gitlab = gitlab
        self.base = shop.base
        self.push = shop.push
        self.mirrors = shop.path.parent / "mirrors"
        self.host = self.host_with()

    def host_with(self, **changed: object) -> GitLabCodeHost:
        """Return a code host with other settings."""
        settings = settings_for(**{"url": self.gitlab.url, **changed})  # type: ignore[arg-type]
        return GitLabCodeHost(settings, self.shop.engine, self.mirrors)

    def branch(self, changes: tuple[FileChange, ...] = FIX, message: str = MESSAGE) -> CommitSha:
        """Put the fix on its branch."""
        request = BranchRequest(
            repository=PROJECT,
            branch=BRANCH,
            base_sha=self.base,
            changes=changes,
            message=message,
            authored_at=NOON,
        )
        return self.host.ensure_branch(request)

    def request(self, **changed: object) -> PullRequestRequest:
        """Return what asks for the merge request."""
        facts = {"repository": PROJECT, "branch": BRANCH, "base_branch": "main"}
        text = {"title": "Ask before dividing", "body": "Why"}
        return PullRequestRequest.model_validate({**facts, **text, **changed})

    def open(self, **changed: object) -> PullRequestRef:
        """Open the merge request."""
        self.branch()
        return self.host.ensure_pull_request(self.request(**changed))

    def merge(self, ref: PullRequestRef) -> CommitSha | None:
        """Merge it as it is now."""
        seen = self.host.read_pull_request(ref)
        return self.host.merge(ref, seen.head_sha, seen.patch_digest)

    def shown(self, ref: PullRequestRef) -> tuple[list[CheckConclusion], list[str]]:
        """Return statuses, the newest of each name, and comments without their marks."""
        newest = {row["name"]: CONCLUSIONS[row["status"]] for row in self.gitlab.statuses}
        said = self.gitlab.notes.get(f"m{ref.number}", [])
        return list(newest.values()), [row["body"].partition("\n\n<!--")[0] for row in said]


@contextmanager
def gitlab_workshop(directory: Path) -> Iterator[GitLabWorkshop]:
    """Run a small GitLab with a project that has something to mend."""
    engine = open_database(f"sqlite:///{directory}/suture.db")
    shop = Workshop(directory, engine)
    with running_gitlab(shop.path) as gitlab:
        yield GitLabWorkshop(shop, gitlab)
    engine.dispose()


class ServedGitLabTracker(GitLabTracker):
    """The tracker with what people do in its project."""

    def __init__(self, gitlab: GitLabServer) -> None:
        super().__init__(settings_for(gitlab.url, issues_project=PROJECT), {})
        self.gitlab = gitlab

    def issue(self, ticket: TicketRef) -> dict[str, Any]:
        """Return the issue as GitLab has it."""
        return self.gitlab.issues[int(ticket.ticket_id.rpartition("#")[2])]

    def close_by_human(self, ticket_id: str, actor: str) -> None:
        """Close it as a person does."""
        del actor
        self.gitlab.issues[int(ticket_id.rpartition("#")[2])]["state"] = "closed"

    def texts(self, ticket: TicketRef) -> list[str]:
        """Return comments without their marks."""
        number = ticket.ticket_id.rpartition("#")[2]
        return [row["body"].partition("\n\n<!--")[0] for row in self.gitlab.notes[f"i{number}"]]


@contextmanager
def served_gitlab_tracker(directory: Path) -> Iterator[ServedGitLabTracker]:
    """Run a small GitLab for issues alone."""
    with running_gitlab(directory) as gitlab:
        yield ServedGitLabTracker(gitlab)
