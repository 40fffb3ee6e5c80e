"""Pull requests on GitHub, or GitHub Enterprise, by its REST API.

Every write is looked for before it is made and after its answer was lost. Commits have explicit
authors and dates, so that the same request makes the same SHA, and Suture's own are written down
before a branch shows them. GitHub moves and deletes branches without comparing first: between
our look and our write is a moment in which a push would be lost from the branch.
"""

from functools import lru_cache
from typing import Any

from sqlalchemy import Engine

from integrations.git.commits import MAX_COMMITS
from integrations.github.client import (
    PAGE,
    GitHubClient,
    Grants,
    RefusedError,
    branch_path,
    once,
    repository_path,
)
from integrations.github.objects import READ, WRITE, GitCommit, NewCommit, Objects
from integrations.github.publishing import ensure_check_run, ensure_status
from integrations.github.scratch import diff_of, reverted
from integrations.github.shapes import (
    Anything,
    Comment,
    Commit,
    Comparison,
    Merged,
    Pull,
    Ref,
)
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
from suture.canonical import sha256
from suture.domain.pull_request import Check, PullRequest, PullRequestRef, PullRequestState
from suture.domain.value import CommitSha, Digest, Slug
from suture.errors import Conflict, NotFound, PermanentError, Unreachable
from suture.github_settings import GitHubSettings, MergeMethod
from suture.ports.code_host import BranchRequest, PullRequestRequest

LOOK: Grants = {"pull_requests": "read", "metadata": "read"}
PROPOSE: Grants = {"pull_requests": "write", "metadata": "read"}
MERGE: Grants = {"contents": "write", "pull_requests": "write", "metadata": "read"}
TRAILER = "Suture-Incident"
TRY_AGAIN = ("base branch was modified", "try the merge again", "head branch was modified")


class GitHubCodeHost:
    """Implements `suture.ports.code_host.CodeHost`; a repository's name is `owner/name`."""

    def __init__(self, settings: GitHubSettings, engine: Engine) -> None:
        self._settings = settings
        self._client = GitHubClient(settings)
        self._own = OwnCommits(engine)
        # Two commits name their diff for good.
        self._digest = lru_cache(maxsize=512)(self._make_digest)

    def ensure_branch(self, request: BranchRequest) -> CommitSha:
        """Create the branch with its commit, or move Suture's own commit on it; return its head.

        Raises:
            Conflict: the branch holds commits that Suture did not write.
            NotFound: there is no such repository or base.
            InvalidInput: a path or the branch's name cannot be.
        """
        branch_path(request.branch)
        objects = Objects(self._client, request.repository)
        base = objects.commit(request.base_sha)
        new = NewCommit(
            tree=objects.make_tree(base.tree.sha, request.changes),
            parents=(request.base_sha,),
            message=request.message,
            email=self._settings.commit_email,
            at=request.authored_at,
        )
        head = self._head_of(request.repository, request.branch)
        if head is not None and self._is(objects.commit(head), new):
            self._own.add(request.repository, head)
            return head
        made = objects.make_commit(new)
        self._own.add(request.repository, made)
        return self._point(request.repository, request.branch, made, request.base_sha)

    def ensure_pull_request(self, request: PullRequestRequest) -> PullRequestRef:
        """Find the pull request of this branch, in whatever state, or open it; update its text.

        The text is Suture's between its marks, the title while nobody else has changed it. What
        is merged or closed stays as it is.

        Raises:
            NotFound: neither the branch nor a pull request of it exists.
        """

        def find() -> Pull | None:
            return self._find_pull(request)

        def make() -> Pull:
            if self._head_of(request.repository, request.branch) is None:
                raise NotFound(f"There is no branch {request.branch} in {request.repository}.")
            title = one_title(request.title)
            body = {
                "title": title,
                "head": request.branch,
                "base": request.base_branch,
                "body": written(request.body, title, PullRequestState.OPEN),
                "draft": request.draft,
            }
            path = f"{repository_path(request.repository)}/pulls"
            return self._client.send("POST", path, Pull, PROPOSE, body)

        found = once(find, make)
        if found.status is PullRequestState.OPEN:
            self._say(request, found)
        return found.ref_in(request.repository)

    def read_pull_request(self, ref: PullRequestRef) -> PullRequest:
        """Return it as it is now.

        Raises:
            NotFound: there is no such pull request.
            Conflict: GitHub has not taken in the branch's last push yet.
        """
        pull = self._pull(ref)
        state, head = pull.status, pull.head.sha
        merge_sha = pull.merge_commit_sha if state is PullRequestState.MERGED else None
        if state is PullRequestState.OPEN:
            shown = self._head_of(ref.repository, pull.head.ref)
            if shown is not None and shown != head:
                raise Conflict("GitHub has not taken in the last push to the branch yet.")
        fork, commits = self._compare(ref.repository, self._base_of(ref, pull), head)
        ours = self._own.among(ref.repository, tuple(commit.sha for commit in commits))
        people = {who for commit in commits if commit.sha not in ours for who in commit.people}
        return PullRequest(
            ref=pull.ref_in(ref.repository),
            state=state,
            head_sha=head,
            patch_digest=self._digest(ref.repository, fork, head),
            authors=tuple(sorted(people)),
            merge_sha=merge_sha,
        )

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

    def merge(self, ref: PullRequestRef, head_sha: CommitSha, patch_digest: Digest) -> CommitSha:
        """Merge exactly this head with exactly this diff; return the merge commit.

        Merging what is merged already returns the same commit.

        Raises:
            Conflict: the head, the diff or the base branch is another by now.
            PermanentError: it was closed, does not merge cleanly, or GitHub's rules forbid it.
        """
        seen = self.read_pull_request(ref)
        if (seen.head_sha, seen.patch_digest) != (head_sha, patch_digest):
            raise Conflict(f"Pull request {ref.number} has another head or diff by now.")
        if seen.merge_sha is not None:
            return seen.merge_sha
        if seen.state is not PullRequestState.OPEN:
            raise PermanentError(f"Pull request {ref.number} was closed.")
        body = self._merge_request(ref, head_sha)
        path = f"{repository_path(ref.repository)}/pulls/{ref.number}/merge"
        try:
            return self._client.send("PUT", path, Merged, MERGE, body).sha
        except (Unreachable, RefusedError) as error:
            done = self._pull(ref)
            if done.status is PullRequestState.MERGED and done.head.sha == head_sha:
                return self._merge_sha(done)
            if any(sign in str(error).lower() for sign in TRY_AGAIN):
                raise Conflict(str(error)) from error
            raise

    def close_pull_request(self, ref: PullRequestRef, *, delete_branch: bool) -> None:
        """Close it unless it is merged; delete Suture's branch if asked. Repeatable.

        A branch whose head is somebody else's commit stays, unless just that was merged.
        """
        pull = self._pull(ref)
        if pull.status is PullRequestState.OPEN:
            path = f"{repository_path(ref.repository)}/pulls/{ref.number}"
            self._client.send("PATCH", path, Anything, PROPOSE, {"state": "closed"})
        head = self._head_of(ref.repository, pull.head.ref) if delete_branch else None
        if head is None:
            return
        merged = pull.status is PullRequestState.MERGED and head == pull.head.sha
        if merged or self._own.among(ref.repository, (head,)):
            path = f"{repository_path(ref.repository)}/git/refs/heads/{branch_path(pull.head.ref)}"
            self._client.delete(path, WRITE)

    def ensure_revert(self, ref: PullRequestRef, key: Slug) -> PullRequestRef:
        """Open a pull request that reverts this merged one, once.

        Raises:
            PermanentError: it is not merged, or does not come out cleanly.
        """
        pull = self._pull(ref)
        if pull.status is not PullRequestState.MERGED:
            raise PermanentError(f"Pull request {ref.number} is not merged.")
        merge_sha = self._merge_sha(pull)
        request = PullRequestRequest(
            repository=ref.repository,
            branch=f"suture/revert-{ref.number}-{key}",
            base_branch=pull.base.ref,
            title=one_title(f'Revert "{pull.title}"'),
            body=f"Takes out {merge_sha}, the merge of #{ref.number}.",
        )
        known = self._find_pull(request)
        if known is not None:
            return known.ref_in(ref.repository)
        head = self._head_of(ref.repository, request.branch)
        if head is None:
            self._make_revert(ref, pull, request)
        elif not self._own.among(ref.repository, (head,)):
            raise Conflict(f"{request.branch} holds commits that Suture did not write.")
        return self.ensure_pull_request(request)

    def _make_revert(self, ref: PullRequestRef, pull: Pull, request: PullRequestRequest) -> None:
        objects = Objects(self._client, ref.repository)
        base_head = self._head_of(ref.repository, pull.base.ref)
        if base_head is None:
            raise NotFound(f"There is no branch {pull.base.ref} in {ref.repository}.")
        onto, merge_commit = objects.commit(base_head), objects.commit(self._merge_sha(pull))
        old, new = merge_commit.parents[0].sha, merge_commit
        if len(merge_commit.parents) == 1:
            # Squashed or rebased: the branch has the whole change, the last commit may not.
            old, _ = self._compare(ref.repository, self._base_of(ref, pull), pull.head.sha)
            new = objects.commit(pull.head.sha)
        tree = reverted(objects, onto.tree.sha, objects.commit(old).tree.sha, new.tree.sha)
        incident = _trailer(objects.commit(pull.head.sha).message)
        parts = (request.title, request.body, incident)
        made = objects.make_commit(
            NewCommit(
                tree=tree,
                parents=(base_head,),
                message="\n\n".join(part for part in parts if part) + "\n",
                email=self._settings.commit_email,
                at=max(onto.committer.date, merge_commit.committer.date),
            )
        )
        self._own.add(ref.repository, made)
        self._point(ref.repository, request.branch, made, base_head)

    def _point(self, repository: str, branch: str, made: CommitSha, base: CommitSha) -> CommitSha:
        """Make the branch show this commit, if what it shows is Suture's."""
        refs = f"{repository_path(repository)}/git/refs"

        def find() -> CommitSha | None:
            return self._head_of(repository, branch)

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

    def _require_own(self, repository: str, branch: str, base: CommitSha, head: CommitSha) -> None:
        if self._own.among(repository, (head,)):
            return
        _, commits = self._compare(repository, base, head)
        email = self._settings.commit_email
        if not commits or not all(commit.claims(email) for commit in commits):
            raise Conflict(f"{branch} holds commits that Suture did not write.")

    def _is(self, commit: GitCommit, new: NewCommit) -> bool:
        """Whether a commit is what a request asks for, so that none needs to be made."""
        same_text = commit.message.strip() == new.message.replace("\0", "\ufffd").strip()
        same_place = (commit.tree.sha, tuple(one.sha for one in commit.parents)) == (
            new.tree,
            new.parents,
        )
        same_who = commit.author.email == commit.committer.email == new.email
        same_time = commit.author.date == new.at.replace(microsecond=0)
        return same_text and same_place and same_who and same_time

    def _find_pull(self, request: PullRequestRequest) -> Pull | None:
        owner = request.repository.partition("/")[0]
        asked = {"head": f"{owner}:{request.branch}", "state": "all"}
        path = f"{repository_path(request.repository)}/pulls"
        rows = [
            row
            for row in self._client.list(path, Pull, LOOK, asked)
            if row.head.ref == request.branch and _is_of(row, request.repository)
        ]
        return max(
            rows, key=lambda row: (row.status is PullRequestState.OPEN, row.number), default=None
        )

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

    def _pull(self, ref: PullRequestRef) -> Pull:
        path = f"{repository_path(ref.repository)}/pulls/{ref.number}"
        return self._client.get(path, Pull, LOOK)

    def _head_of(self, repository: str, branch: str) -> CommitSha | None:
        path = f"{repository_path(repository)}/git/ref/heads/{branch_path(branch)}"
        found = self._client.find(path, Ref, READ)
        return None if found is None else found.object.sha

    def _base_of(self, ref: PullRequestRef, pull: Pull) -> str:
        """Return what the diff is taken against: the base branch, or it before the merge."""
        if pull.status is PullRequestState.OPEN:
            return pull.base.ref
        merged = pull.merge_commit_sha
        if pull.status is PullRequestState.CLOSED or merged in (None, pull.head.sha):
            return pull.base.sha
        parents = Objects(self._client, ref.repository).commit(self._merge_sha(pull)).parents
        return parents[0].sha if parents else pull.base.sha

    def _merge_sha(self, pull: Pull) -> CommitSha:
        if pull.merge_commit_sha is None:
            raise Unreachable(f"GitHub does not say yet which commit merged {pull.number}.")
        return pull.merge_commit_sha

    def _compare(
        self, repository: str, base: str, head: CommitSha
    ) -> tuple[CommitSha, tuple[Commit, ...]]:
        """Return the merge base, and the commits that head has and base has not."""
        path = f"{repository_path(repository)}/compare/{branch_path(base)}...{head}"
        found: list[Commit] = []
        for page in range(1, MAX_COMMITS // PAGE + 2):
            asked = {"per_page": str(PAGE), "page": str(page)}
            said = self._client.get(path, Comparison, READ, asked)
            found += said.commits
            if len(found) >= said.total_commits or not said.commits:
                return said.merge_base_commit.sha, tuple(found)
        raise PermanentError(f"The branch has more than {MAX_COMMITS} commits of its own.")

    def _make_digest(self, repository: str, base: CommitSha, head: CommitSha) -> Digest:
        objects = Objects(self._client, repository)
        old, new = objects.commit(base).tree.sha, objects.commit(head).tree.sha
        return sha256(diff_of(objects, old, new))

    def _merge_request(self, ref: PullRequestRef, head: CommitSha) -> dict[str, Any]:
        method = self._settings.merge_method
        body: dict[str, Any] = {"sha": head, "merge_method": method.value}
        message = Objects(self._client, ref.repository).commit(head).message
        if method is MergeMethod.SQUASH:
            body["commit_message"] = message.partition("\n")[2].strip()
        elif method is MergeMethod.MERGE:
            body["commit_message"] = _trailer(message)
        return body


def _is_of(pull: Pull, repository: str) -> bool:
    """Whether its branch is of this repository and of no fork."""
    repo = pull.head.repo
    return repo is not None and repo.full_name.casefold() == repository.casefold()


def _trailer(message: str) -> str:
    """Return the line that names the incident, or nothing."""
    lines = (line for line in message.splitlines() if line.startswith(f"{TRAILER}: "))
    return next(lines, "")
