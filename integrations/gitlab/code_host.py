"""Merge requests on GitLab, by its REST API and by git.

Every write is looked for before it is made and after its answer was lost. Commits are made here
with explicit author and date, so that the same request makes the same SHA, and are written down
before a branch shows them; branches are moved and deleted by pushes that compare first. Sources:
https://docs.gitlab.com/api/merge_requests/ and https://docs.gitlab.com/api/merge_trains/.
"""

from pathlib import Path

from sqlalchemy import Engine

from integrations.git.bench import Bench
from integrations.git.commits import (
    TRAILER,
    commit_tree,
    facts_of,
    make_commit,
    parents_of,
    revert_tree,
)
from integrations.gitlab.client import branch_name, once, project_path
from integrations.gitlab.merging import Merging
from integrations.gitlab.pipelines import Pipelines
from integrations.gitlab.requests import MergeRequests, head_sha, merge_sha, request_path
from integrations.gitlab.shapes import Anything, MergeRequest, Note
from integrations.gitlab.texts import DRAFT, comment_text, title_of, undrafted, written
from integrations.marks import comment_mark, own_part, rewritten, title_digest
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
from suture.errors import Conflict, NotFound, PermanentError, Unreachable
from suture.gitlab_settings import GitLabSettings
from suture.ports.code_host import BranchRequest, PullRequestRequest


class GitLabCodeHost:
    """Implements `suture.ports.code_host.CodeHost`; a repository's name is `group/name`."""

    def __init__(self, settings: GitLabSettings, engine: Engine, mirrors: Path) -> None:
        self._settings = settings
        self._own = OwnCommits(engine)
        self._requests = MergeRequests(settings, self._own, mirrors)
        self._client = self._requests.client
        self._pipelines = Pipelines(self._client)
        self._merging = Merging(settings, self._requests)

    def ensure_branch(self, request: BranchRequest) -> CommitSha:
        """Create the branch with its commit, or move Suture's own commit on it; return its head.

        Raises:
            Conflict: the branch holds commits that Suture did not write.
            NotFound: there is no such project or base.
            InvalidInput: a path or the branch's name cannot be.
        """
        branch_name(request.branch)
        repository = self._requests.repository(request.repository)
        repository.need((request.base_sha,))
        with repository.bench() as bench:
            message = self._signed(bench, request.message)
            made = make_commit(
                bench, request.base_sha, request.changes, message, request.authored_at
            )
        head = self._requests.head_of(request.repository, request.branch)
        if head is not None and head != made:
            self._require_own(request.repository, request.branch, request.base_sha, head)
        self._own.add(request.repository, made)
        if head != made:
            self._push(request.repository, request.branch, made, head)
        return made

    def ensure_pull_request(self, request: PullRequestRequest) -> PullRequestRef:
        """Find the merge request of this branch, in whatever state, or open it; update its text.

        The text is Suture's between its marks, the title while nobody else has changed it. What
        is merged or closed stays as it is.

        Raises:
            NotFound: neither the branch nor a merge request of it exists.
        """

        def find() -> MergeRequest | None:
            return self._requests.find(request.repository, request.branch)

        def make() -> MergeRequest:
            if self._requests.head_of(request.repository, request.branch) is None:
                raise NotFound(f"There is no branch {request.branch} in {request.repository}.")
            title = title_of(request.title)
            body = {
                "title": f"{DRAFT}{title}" if request.draft else title,
                "source_branch": request.branch,
                "target_branch": request.base_branch,
                "description": written(request.body, title, PullRequestState.OPEN),
                "remove_source_branch": False,
            }
            path = f"{project_path(request.repository)}/merge_requests"
            return self._client.send("POST", path, MergeRequest, body)

        found = once(find, make)
        if found.status is PullRequestState.OPEN:
            self._say(request, found)
        return found.ref_in(request.repository)

    def read_pull_request(self, ref: PullRequestRef) -> PullRequest:
        """Return it as it is now.

        Raises:
            NotFound: there is no such merge request.
            Unreachable: GitLab has not taken in the branch's last push yet.
        """
        return self._requests.read(ref)

    def read_remarks(self, ref: PullRequestRef) -> tuple[Remark, ...]:
        """Return what people said, oldest first; nothing that Suture's account said."""
        return self._requests.remarks.read(request_path(ref))

    def read_ci(self, ref: PullRequestRef, head_sha: CommitSha) -> CiReport:
        """Return what the project's own pipeline says of this head."""
        return self._pipelines.read(ref, head_sha)

    def mark_ready(self, ref: PullRequestRef) -> None:
        """Make a draft ready for review. Repeatable; what is no open draft stays as it is."""
        found = self._requests.get(ref)
        if found.draft and found.status is PullRequestState.OPEN:
            body = {"title": undrafted(found.title) or "Suture"}
            self._client.send("PUT", request_path(ref), Anything, body)

    def ensure_check(self, ref: PullRequestRef, head_sha: CommitSha, check: Check) -> None:
        """Publish the check on this head, as a commit status whose name begins with `suture-`."""
        self._pipelines.ensure_status(ref, head_sha, check)

    def ensure_comment(self, ref: PullRequestRef, key: str, text: str) -> None:
        """Add the comment unless one with this key is there."""
        path = f"{request_path(ref)}/notes"
        mark = comment_mark(key)

        def find() -> Note | None:
            return next((row for row in self._client.list(path, Note) if mark in row.body), None)

        body = {"body": comment_text(key, text)}
        once(find, lambda: self._client.send("POST", path, Note, body))

    def merge(
        self, ref: PullRequestRef, head_sha: CommitSha, patch_digest: Digest
    ) -> CommitSha | None:
        """Merge exactly this head with exactly this diff; return the merge commit.

        Merging what is merged already returns the same commit. None: GitLab merges it by itself
        when its checks have passed, and asking again changes nothing.

        Raises:
            Conflict: the head or the diff is another by now.
            Unreachable: GitLab has not taken in a push yet, or is not ready to merge.
            PermanentError: it was closed, does not merge cleanly, or GitLab's rules forbid it.
        """
        return self._merging.merge(ref, head_sha, patch_digest)

    def withdraw_merge(self, ref: PullRequestRef) -> None:
        """Take it off its merge train and cancel its auto-merge, whoever asked for them.

        Repeatable; what has neither, is closed or is merged stays as it is.

        Raises:
            Unreachable: GitLab means to merge it all the same, such as while it does.
            NotFound: there is no such merge request.
        """
        self._merging.withdraw(ref)

    def close_pull_request(self, ref: PullRequestRef, *, delete_branch: bool) -> None:
        """Close it unless it is merged; delete Suture's branch if asked. Repeatable.

        A branch whose head is somebody else's commit stays, unless just that was merged. GitLab
        gives up the auto-merge and the train of what is closed.
        """
        found = self._requests.get(ref)
        if found.status is PullRequestState.OPEN:
            self._client.send("PUT", request_path(ref), Anything, {"state_event": "close"})
        branch = found.source_branch
        head = self._requests.head_of(ref.repository, branch) if delete_branch else None
        if head is None:
            return
        merged = found.status is PullRequestState.MERGED and head == found.sha
        if merged or self._own.among(ref.repository, (head,)):
            self._push(ref.repository, branch, None, head)

    def ensure_revert(self, ref: PullRequestRef, key: Slug) -> PullRequestRef:
        """Open a merge request that reverts this merged one, once.

        Raises:
            PermanentError: it is not merged, or does not come out cleanly.
        """
        found = self._requests.get(ref)
        if found.status is not PullRequestState.MERGED:
            raise PermanentError(f"Merge request {ref.number} is not merged.")
        request = PullRequestRequest(
            repository=ref.repository,
            branch=f"suture/revert-{ref.number}-{key}",
            base_branch=found.target_branch,
            title=title_of(f'Revert "{found.title}"'),
            body=f"Takes out {merge_sha(found)}, the merge of !{ref.number}.",
        )
        known = self._requests.find(ref.repository, request.branch)
        if known is not None:
            return known.ref_in(ref.repository)
        head = self._requests.head_of(ref.repository, request.branch)
        if head is None:
            self._make_revert(ref, found, request)
        elif not self._own.among(ref.repository, (head,)):
            raise Conflict(f"{request.branch} holds commits that Suture did not write.")
        return self.ensure_pull_request(request)

    def _make_revert(
        self, ref: PullRequestRef, found: MergeRequest, request: PullRequestRequest
    ) -> None:
        base = self._requests.head_of(ref.repository, found.target_branch)
        if base is None:
            raise NotFound(f"There is no branch {found.target_branch} in {ref.repository}.")
        fork = self._requests.change(ref, found).fork
        repository = self._requests.repository(ref.repository)
        repository.need((base, merge_sha(found), head_sha(found)), found.iid)
        with repository.bench() as bench:
            made = self._reverted(bench, base, (fork, found), request)
        self._own.add(ref.repository, made)
        self._push(ref.repository, request.branch, made, None)

    def _reverted(
        self,
        bench: Bench,
        base: CommitSha,
        merged: tuple[CommitSha, MergeRequest],
        request: PullRequestRequest,
    ) -> CommitSha:
        """Return a commit on the base that takes out what was merged."""
        (fork, found), merge = merged, merge_sha(merged[1])
        parents = parents_of(bench, merge)
        # Squashed or moved forward: the branch has the whole change, the last commit may not.
        old, new = (parents[0], merge) if len(parents) > 1 else (fork, head_sha(found))
        tree = revert_tree(bench, base, old, new)
        if tree == bench.git("rev-parse", f"{base}^{{tree}}").decode().strip():
            raise PermanentError(f"Merge request {found.iid} has been taken out already.")
        incident = facts_of(bench, head_sha(found)).incident
        trailer = f"{TRAILER}: {incident}" if incident else ""
        parts = (request.title, request.body, trailer)
        message = "\n\n".join(part for part in parts if part) + "\n"
        at = max(facts_of(bench, base).committed, facts_of(bench, merge).committed)
        return commit_tree(bench, tree, (base,), self._signed(bench, message), at)

    def _push(
        self, project: str, branch: str, new: CommitSha | None, old: CommitSha | None
    ) -> None:
        """Make, move or delete a branch, and look again if it is not clear whether that was done.

        What carries git's requests repeats one whose answer was lost, and then it is refused.
        """
        try:
            self._requests.repository(project).push(branch, new, old)
        except (Conflict, Unreachable):
            if self._requests.head_of(project, branch) != new:
                raise

    def _require_own(self, project: str, branch: str, base: CommitSha, head: CommitSha) -> None:
        if self._own.among(project, (head,)):
            return
        repository = self._requests.repository(project)
        repository.need((base, head))
        commits = repository.change(base, head).commits
        email = self._settings.commit_email
        if not commits or not all(commit.claims(email) for commit in commits):
            raise Conflict(f"{branch} holds commits that Suture did not write.")

    def _say(self, request: PullRequestRequest, found: MergeRequest) -> None:
        """Make Suture's part say this; a draft stays one."""
        said = own_part(found.description)
        if said is None:
            return
        title, shown = title_of(request.title), undrafted(found.title)
        part = written(request.body, title, PullRequestState.OPEN)
        body = rewritten(found.description, part)
        change = {"description": body} if body != found.description else {}
        if title != shown and title_digest(shown) == said.title:
            change["title"] = f"{DRAFT}{title}" if found.draft else title
        if change:
            path = f"{project_path(request.repository)}/merge_requests/{found.iid}"
            self._client.send("PUT", path, Anything, change)

    def _signed(self, bench: Bench, message: str) -> str:
        """Return a message with a sign-off, where the settings ask for one."""
        if not self._settings.sign_off:
            return message
        who = f"{bench.identity.name} <{bench.identity.email}>"
        trailer = f"--trailer=Signed-off-by: {who}"
        said = message.encode("utf-8", "replace")
        return bench.git("interpret-trailers", trailer, stdin=said).decode()
