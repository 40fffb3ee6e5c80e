"""Pull requests on GitHub, or GitHub Enterprise, by its API.

Every write is looked for before it is made and after its answer was lost. Commits have explicit
authors and dates, so that the same request makes the same SHA, and Suture's own are written down
before a branch shows them. GitHub moves and deletes branches without comparing first: between
our look and our write is a moment in which a push would be lost from the branch.
"""

from sqlalchemy import Engine

from integrations.github.branches import Branches
from integrations.github.ci import GitHubCi
from integrations.github.client import GitHubClient, once, repository_path
from integrations.github.drafts import make_ready, open_pull
from integrations.github.merging import Merges
from integrations.github.publishing import ensure_check_run, ensure_status
from integrations.github.pulls import LOOK, PROPOSE, Pulls, pull_path
from integrations.github.remarks import read_remarks
from integrations.github.reverting import Reverts
from integrations.github.runs import GitHubRuns
from integrations.github.shapes import Anything, Comment, Pull
from integrations.marks import (
    comment_mark,
    comment_text,
    one_title,
    own_part,
    rewritten,
    title_digest,
    written,
)
from integrations.own_commits import OwnCommits
from suture.domain.pull_request import (
    Check,
    CiReport,
    PullRequest,
    PullRequestRef,
    PullRequestState,
    Remark,
)
from suture.domain.value import CommitSha, Digest, Slug
from suture.errors import NotFound
from suture.github_settings import GitHubSettings
from suture.ports.code_host import BranchRequest, PullRequestRequest


class GitHubCodeHost:
    """Implements `suture.ports.code_host.CodeHost`; a repository's name is `owner/name`."""

    def __init__(self, settings: GitHubSettings, engine: Engine) -> None:
        self._client = GitHubClient(settings)
        self._own = OwnCommits(engine)
        self._pulls = Pulls(self._client, self._own)
        self._branches = Branches(settings, self._client, self._own, self._pulls)
        self._merges = Merges(self._client, self._pulls, settings.merge_method)
        self._ci = GitHubCi(self._client, GitHubRuns(settings, self._client))
        self._reverts = Reverts(self._client, self._own, self._pulls, self._branches)

    def ensure_branch(self, request: BranchRequest) -> CommitSha:
        """Create the branch with its commit, or move Suture's own commit on it; return its head.

        Raises:
            Conflict: the branch holds commits that Suture did not write.
            NotFound: there is no such repository or base.
            InvalidInput: a path or the branch's name cannot be.
        """
        return self._branches.ensure(request)

    def ensure_pull_request(self, request: PullRequestRequest) -> PullRequestRef:
        """Find the pull request of this branch, in whatever state, or open it; update its text.

        The text is Suture's between its marks, the title while nobody else has changed it. What
        is merged or closed stays as it is.

        Raises:
            NotFound: neither the branch nor a pull request of it exists.
        """

        def find() -> Pull | None:
            return self._pulls.find(request.repository, request.branch)

        def make() -> Pull:
            if self._pulls.head_of(request.repository, request.branch) is None:
                raise NotFound(f"There is no branch {request.branch} in {request.repository}.")
            title = one_title(request.title)
            body = {
                "title": title,
                "head": request.branch,
                "base": request.base_branch,
                "body": written(request.body, title, PullRequestState.OPEN),
                "draft": request.draft,
            }
            return open_pull(self._client, f"{repository_path(request.repository)}/pulls", body)

        found = once(find, make)
        if found.status is PullRequestState.OPEN:
            self._say(request, found)
        return found.ref_in(request.repository)

    def read_pull_request(self, ref: PullRequestRef) -> PullRequest:
        """Return it as it is now.

        Raises:
            NotFound: there is no such pull request.
            Unreachable: GitHub has not taken in the branch's last push yet.
        """
        return self._pulls.read(ref)

    def read_remarks(self, ref: PullRequestRef) -> tuple[Remark, ...]:
        """Return people's reviews and comments, oldest first; the newest 200.

        Raises:
            NotFound: there is no such pull request.
        """
        return read_remarks(self._client, ref)

    def read_ci(self, ref: PullRequestRef, head_sha: CommitSha) -> CiReport:
        """Return what check runs and commit statuses say of this head, Suture's own left out.

        Raises:
            NotFound: there is no such commit.
            NotAuthorised: a permission is missing; logs alone are done without.
        """
        return self._ci.read(ref.repository, head_sha)

    def mark_ready(self, ref: PullRequestRef) -> None:
        """Make a draft ready for review. Repeatable; what is no open draft stays as it is."""
        make_ready(self._client, self._pulls, ref)

    def ensure_check(self, ref: PullRequestRef, head_sha: CommitSha, check: Check) -> None:
        """Publish the check on this head: a check run by an App, a status by a token."""
        publish = ensure_check_run if self._client.is_app else ensure_status
        publish(self._client, ref.repository, head_sha, check)

    def ensure_comment(self, ref: PullRequestRef, key: str, text: str) -> None:
        """Add the comment unless one with this key is there."""
        path = f"{repository_path(ref.repository)}/issues/{ref.number}/comments"
        mark = comment_mark(key)

        def find() -> Comment | None:
            rows = self._client.list(path, Comment, LOOK)
            return next((row for row in rows if mark in (row.body or "")), None)

        body = {"body": comment_text(key, text)}
        once(find, lambda: self._client.send("POST", path, Comment, PROPOSE, body))

    def merge(
        self, ref: PullRequestRef, head_sha: CommitSha, patch_digest: Digest
    ) -> CommitSha | None:
        """Merge exactly this head with exactly this diff; return the merge commit.

        Merging what is merged already returns the same commit. None: it waits in the merge queue,
        by `merge_method` or because the base branch demands it; asking again changes nothing.

        Raises:
            Conflict: the head or the diff is another by now.
            Unreachable: GitHub has not taken in a push yet, or the base branch moved just then.
            PermanentError: it was closed, does not merge cleanly, or GitHub's rules forbid it.
        """
        return self._merges.merge(ref, head_sha, patch_digest)

    def withdraw_merge(self, ref: PullRequestRef) -> None:
        """Take it out of the merge queue and turn off auto-merge, whoever put it there.

        Repeatable; what is in neither, is closed or is merged stays as it is.

        Raises:
            Unreachable: it waits there all the same, such as while GitHub merges it.
            NotFound: there is no such pull request.
        """
        self._merges.withdraw(ref)

    def close_pull_request(self, ref: PullRequestRef, *, delete_branch: bool) -> None:
        """Close it unless it is merged; delete Suture's branch if asked. Repeatable.

        A branch whose head is somebody else's commit stays, unless just that was merged. GitHub
        takes what is closed out of its merge queue.
        """
        pull = self._pulls.get(ref)
        if pull.status is PullRequestState.OPEN:
            self._client.send("PATCH", pull_path(ref), Anything, PROPOSE, {"state": "closed"})
        head = self._pulls.head_of(ref.repository, pull.head.ref) if delete_branch else None
        if head is None:
            return
        merged = pull.status is PullRequestState.MERGED and head == pull.head.sha
        if merged or self._own.among(ref.repository, (head,)):
            self._branches.delete(ref.repository, pull.head.ref)

    def ensure_revert(self, ref: PullRequestRef, key: Slug) -> PullRequestRef:
        """Open a pull request that reverts this merged one, once.

        Raises:
            PermanentError: it is not merged, or does not come out cleanly.
        """
        pull = self._pulls.get(ref)
        request = self._reverts.request(ref, pull, key)
        known = self._pulls.find(request.repository, request.branch)
        if known is not None:
            return known.ref_in(ref.repository)
        self._reverts.ensure_branch(ref, pull, request)
        return self.ensure_pull_request(request)

    def _say(self, request: PullRequestRequest, pull: Pull) -> None:
        """Make Suture's part say this."""
        said = own_part(pull.body or "")
        if said is None:
            return
        title = one_title(request.title)
        body = rewritten(pull.body or "", written(request.body, title, PullRequestState.OPEN))
        change = {"body": body} if body != pull.body else {}
        if title != pull.title and title_digest(pull.title) == said.title:
            change["title"] = title
        if change:
            path = f"{repository_path(request.repository)}/pulls/{pull.number}"
            self._client.send("PATCH", path, Anything, PROPOSE, change)
