"""Suture's branches on GitHub, each with one commit that the same request makes again.

GitHub moves branches without comparing first: between our look and our write is a moment in which
a push would be lost from the branch.
"""

from datetime import datetime

from integrations.github.client import GitHubClient, branch_path, once, repository_path
from integrations.github.objects import WRITE, GitCommit, NewCommit, Objects, signed_off
from integrations.github.pulls import Pulls
from integrations.github.shapes import Ref
from integrations.own_commits import OwnCommits
from suture.domain.value import CommitSha
from suture.errors import Conflict
from suture.github_settings import GitHubSettings
from suture.ports.code_host import BranchRequest


class Branches:
    """Makes branches and moves those that show Suture's own commits."""

    def __init__(
        self, settings: GitHubSettings, client: GitHubClient, own: OwnCommits, pulls: Pulls
    ) -> None:
        self._settings = settings
        self._client = client
        self._own = own
        self._pulls = pulls

    def ensure(self, request: BranchRequest) -> CommitSha:
        """Create the branch with its commit, or move Suture's own commit on it; return its head.

        Raises:
            Conflict: the branch holds commits that Suture did not write.
            NotFound: there is no such repository or base.
            InvalidInput: a path or the branch's name cannot be.
        """
        branch_path(request.branch)
        objects = Objects(self._client, request.repository)
        base = objects.commit(request.base_sha)
        tree = objects.make_tree(base.tree.sha, request.changes)
        new = self.new_commit(tree, request.base_sha, request.message, request.authored_at)
        head = self._pulls.head_of(request.repository, request.branch)
        if head is not None and _is(objects.commit(head), new):
            self._own.add(request.repository, head)
            return head
        made = self.commit(objects, request.repository, new)
        return self.point(request.repository, request.branch, made, request.base_sha)

    def new_commit(self, tree: str, parent: CommitSha, message: str, at: datetime) -> NewCommit:
        """Return what a commit by Suture is made of, signed off if settings say so."""
        email = self._settings.commit_email
        text = signed_off(message, email) if self._settings.sign_off else message
        return NewCommit(tree=tree, parents=(parent,), message=text, email=email, at=at)

    def commit(self, objects: Objects, repository: str, new: NewCommit) -> CommitSha:
        """Make a commit and write down that it is Suture's, before a branch shows it."""
        made = objects.make_commit(new)
        self._own.add(repository, made)
        return made

    def point(self, repository: str, branch: str, made: CommitSha, base: CommitSha) -> CommitSha:
        """Make the branch show this commit, if what it shows is Suture's.

        Raises:
            Conflict: it shows something else.
        """
        refs = f"{repository_path(repository)}/git/refs"

        def find() -> CommitSha | None:
            return self._pulls.head_of(repository, branch)

        def make() -> CommitSha:
            body = {"ref": f"refs/heads/{branch}", "sha": made}
            return self._client.send("POST", refs, Ref, WRITE, body).object.sha

        head = once(find, make)
        if head == made:
            return made
        self._require_own(repository, branch, base, head)
        path = f"{refs}/heads/{branch_path(branch)}"
        self._client.send("PATCH", path, Ref, WRITE, {"sha": made, "force": True})
        return made

    def delete(self, repository: str, branch: str) -> None:
        """Delete it; what is gone already is gone."""
        path = f"{repository_path(repository)}/git/refs/heads/{branch_path(branch)}"
        self._client.delete(path, WRITE)

    def _require_own(self, repository: str, branch: str, base: CommitSha, head: CommitSha) -> None:
        if self._own.among(repository, (head,)):
            return
        _, commits = self._pulls.compare(repository, base, head)
        email = self._settings.commit_email
        if not commits or not all(commit.claims(email) for commit in commits):
            raise Conflict(f"{branch} holds commits that Suture did not write.")


def _is(commit: GitCommit, new: NewCommit) -> bool:
    """Whether a commit is what a request asks for, so that none needs to be made."""
    same_text = commit.message.strip() == new.message.replace("\0", "\ufffd").strip()
    same_place = (commit.tree.sha, tuple(one.sha for one in commit.parents)) == (
        new.tree,
        new.parents,
    )
    same_who = commit.author.email == commit.committer.email == new.email
    same_time = commit.author.date == new.at.replace(microsecond=0)
    return same_text and same_place and same_who and same_time
