"""A code host made of a git repository and Suture's own database.

Branches and commits are git's, read anew each time, so that a person's `git push` is seen;
pull requests, checks, comments and reviews are rows. The repository may be bare or somebody's
own with a working tree: only refs and objects are touched, and no configuration, hook, filter
or driver of it runs. Source: https://git-scm.com/docs.
"""

from sqlalchemy import Engine

from integrations.git.bench import Bench, open_bench
from integrations.git.commits import (
    TRAILER,
    commit_tree,
    commits_between,
    facts_of,
    make_commit,
    merge_base,
    merge_tree,
    merged_by,
    parents_of,
    revert_tree,
)
from integrations.git.diff import raw_diff
from integrations.git.trees import has_commit
from integrations.local.pull_requests import (
    Conversation,
    PullRequestRecord,
    PullRequestRows,
    Review,
)
from suture.canonical import sha256
from suture.domain.pull_request import (
    Check,
    CiReport,
    PullRequest,
    PullRequestRef,
    PullRequestState,
    Remark,
)
from suture.domain.value import CommitSha, Digest, Slug, Value
from suture.errors import Conflict, NotFound, PermanentError
from suture.ports.code_host import BranchRequest, PullRequestRequest

MAX_SHOWN_BYTES = 1 << 20


class PullRequestPage(Value):
    """Everything that a page shows of a pull request."""

    record: PullRequestRecord
    pull_request: PullRequest
    diff: str
    """Unified, undecodable bytes replaced, cut after 1 MiB."""
    conversation: Conversation


class LocalCodeHost:
    """Implements `suture.ports.code_host.CodeHost`; a repository's name is its path."""

    def __init__(self, engine: Engine, console_url: str) -> None:
        self._rows = PullRequestRows(engine, console_url)

    def ensure_branch(self, request: BranchRequest) -> CommitSha:
        """Create the branch with its commit, or move Suture's own commit on it; return its head.

        Raises:
            Conflict: the branch holds commits that Suture did not write, or is checked out.
            NotFound: there is no such repository or base.
            InvalidInput: a path or the branch's name cannot be.
        """
        with open_bench(request.repository) as bench:
            old = bench.head_of(request.branch)
            made = make_commit(
                bench, request.base_sha, request.changes, request.message, request.authored_at
            )
            if old == made:
                return made
            if old is not None:
                self._require_own(bench, request, old)
            self._rows.own(request.repository, made)
            bench.move(request.branch, made, old)
        return made

    def ensure_pull_request(self, request: PullRequestRequest) -> PullRequestRef:
        """Find the pull request of this branch, in whatever state, or open it; update its text.

        Raises:
            NotFound: neither the branch nor a pull request of it exists.
        """
        with open_bench(request.repository) as bench:
            exists = bench.head_of(request.branch) is not None
        if not exists and self._rows.find(request.repository, request.branch) is None:
            raise NotFound(f"There is no branch {request.branch} in {request.repository}.")
        ref = self._rows.ensure(request)
        self.read_pull_request(ref)
        return ref

    def read_pull_request(self, ref: PullRequestRef) -> PullRequest:
        """Return it as it is now; one that a person merged by git is merged.

        Raises:
            NotFound: there is no such pull request, or its branches are gone for good.
        """
        record = self._rows.get(ref)
        if record.state is not PullRequestState.OPEN and record.last is not None:
            return record.last
        with open_bench(ref.repository) as bench:
            seen, base = self._look(bench, record)
        if seen != record.last:
            self._rows.settle(seen, base)
        return seen

    def read_remarks(self, ref: PullRequestRef) -> tuple[Remark, ...]:
        """Return nothing: who speaks in the console decides there, and is heard at once."""
        self._rows.get(ref)
        return ()

    def read_ci(self, ref: PullRequestRef, head_sha: CommitSha) -> CiReport:
        """Say that no CI reports: a plain git repository has none."""
        del head_sha
        self._rows.get(ref)
        return CiReport()

    def mark_ready(self, ref: PullRequestRef) -> None:
        """Make a draft ready for review. Repeatable; what is no open draft stays as it is."""
        self._rows.mark_ready(ref)

    def ensure_check(self, ref: PullRequestRef, head_sha: CommitSha, check: Check) -> None:
        """Publish the check on this head. One per name and head."""
        self._rows.ensure_check(ref, head_sha, check)

    def ensure_comment(self, ref: PullRequestRef, key: str, text: str) -> None:
        """Add the comment unless one with this key is there."""
        self._rows.ensure_comment(ref, key, text)

    def ensure_review(self, ref: PullRequestRef, review: Review) -> None:
        """Show a person's decision on the pull request; idempotent by the review's key."""
        self._rows.ensure_review(ref, review)

    def merge(self, ref: PullRequestRef, head_sha: CommitSha, patch_digest: Digest) -> CommitSha:
        """Merge exactly this head with exactly this diff; return the merge commit.

        Merging what is merged already returns the same commit, found in git if the row was
        not written when the merge was made.

        Raises:
            Conflict: the head, the diff or the base branch is another by now.
            PermanentError: it was closed, does not merge cleanly, or somebody works on the base.
        """
        seen = self.read_pull_request(ref)
        if (seen.head_sha, seen.patch_digest) != (head_sha, patch_digest):
            raise Conflict(f"Pull request {ref.number} has another head or diff by now.")
        if seen.merge_sha is not None:
            return seen.merge_sha
        if seen.state is PullRequestState.CLOSED:
            raise PermanentError(f"Pull request {ref.number} was closed.")
        record = self._rows.get(ref)
        with open_bench(ref.repository) as bench:
            if bench.is_checked_out(record.ref.base_branch):
                raise PermanentError(
                    f"{record.ref.base_branch} is checked out in {ref.repository}, and Suture does"
                    f" not touch a working tree. There, run: git merge --no-ff {head_sha}"
                )
            merge_sha = self._merge(bench, record, head_sha)
        merged = {"state": PullRequestState.MERGED, "merge_sha": merge_sha}
        self._rows.settle(seen.model_copy(update=merged), record.merge_base)
        return merge_sha

    def withdraw_merge(self, ref: PullRequestRef) -> None:
        """Do nothing: what is merged here is merged at once.

        Raises:
            NotFound: there is no such pull request.
        """
        self._rows.get(ref)

    def close_pull_request(self, ref: PullRequestRef, *, delete_branch: bool) -> None:
        """Close it unless it is merged; delete Suture's branch if asked. Repeatable.

        A branch whose head is somebody else's commit stays, unless just that was merged, and one
        that is checked out stays in any case.
        """
        seen = self.read_pull_request(ref)
        record = self._rows.get(ref)
        if seen.state is not PullRequestState.MERGED:
            closed = seen.model_copy(update={"state": PullRequestState.CLOSED})
            self._rows.settle(closed, record.merge_base)
        if not delete_branch:
            return
        merged = seen.head_sha if seen.state is PullRequestState.MERGED else None
        with open_bench(ref.repository) as bench:
            head = bench.head_of(record.ref.branch)
            ours = head is not None and (
                head == merged or self._rows.owned(ref.repository, (head,))
            )
            if ours and not bench.is_checked_out(record.ref.branch):
                bench.move(record.ref.branch, None, head)

    def ensure_revert(self, ref: PullRequestRef, key: Slug) -> PullRequestRef:
        """Open a pull request that reverts this merged one, once.

        Raises:
            PermanentError: it is not merged, or does not come out cleanly.
        """
        known = self._rows.find_revert(ref)
        if known is not None:
            return known.ref
        seen = self.read_pull_request(ref)
        if seen.merge_sha is None:
            raise PermanentError(f"Pull request {ref.number} is not merged.")
        record = self._rows.get(ref)
        branch = f"suture/revert-{record.ref.number}-{key}"
        title = f'Revert "{record.title}"'[:500]
        body = f"Takes out {seen.merge_sha}, the merge of [#{ref.number}]({record.ref.url})."
        with open_bench(ref.repository) as bench:
            head = bench.head_of(branch)
            if head is not None and not self._rows.owned(ref.repository, (head,)):
                raise Conflict(f"{branch} holds commits that Suture did not write.")
            if head is None:
                made = _revert(bench, record, seen.merge_sha, title, body)
                self._rows.own(ref.repository, made)
                bench.move(branch, made, None)
        request = PullRequestRequest(
            repository=ref.repository,
            branch=branch,
            base_branch=record.ref.base_branch,
            title=title,
            body=body,
        )
        made_ref = self._rows.ensure(request, revert_of=record.ref.number)
        self.read_pull_request(made_ref)
        return made_ref

    def list_pull_requests(self, limit: int = 100) -> tuple[PullRequestRecord, ...]:
        """Return pull requests as they were last seen, newest first."""
        return self._rows.newest(limit)

    def get_page(self, pull_request_id: str) -> PullRequestPage:
        """Return a pull request with its diff and conversation.

        Raises:
            NotFound: there is no such pull request.
        """
        ref = self._rows.get_by_id(pull_request_id).ref
        seen = self.read_pull_request(ref)
        record = self._rows.get(ref)
        base = record.merge_base or seen.head_sha
        with open_bench(ref.repository) as bench:
            # A closed pull request outlives its commits, which git collects in time.
            kept = has_commit(bench.directory, seen.head_sha)
            diff = raw_diff(bench.directory, base, seen.head_sha, run=bench.run()) if kept else b""
        return PullRequestPage(
            record=record,
            pull_request=seen,
            diff=diff[:MAX_SHOWN_BYTES].decode(errors="replace"),
            conversation=self._rows.conversation(ref, seen.head_sha),
        )

    def _require_own(self, bench: Bench, request: BranchRequest, head: CommitSha) -> None:
        """Refuse to move what somebody else wrote or works on."""
        ours = bool(self._rows.owned(request.repository, (head,)))
        if not ours:
            commits = commits_between(bench, request.base_sha, head)
            ours = bool(commits) and all(commit.claims_to_be_ours for commit in commits)
        if not ours:
            raise Conflict(f"{request.branch} holds commits that Suture did not write.")
        if bench.is_checked_out(request.branch):
            raise Conflict(f"{request.branch} is checked out in {request.repository}.")

    def _look(
        self, bench: Bench, record: PullRequestRecord
    ) -> tuple[PullRequest, CommitSha | None]:
        """Return the pull request as git has it, and what its diff was taken against."""
        last, ref = record.last, record.ref
        shown = bench.head_of(ref.branch)
        if shown is None and (last is None or not has_commit(bench.directory, last.head_sha)):
            return _gone(record), record.merge_base
        head = shown or _known(last).head_sha
        base_head = _base_head(bench, ref)
        fork = merge_base(bench, base_head, head)
        if fork == head:
            merge_sha = merged_by(bench, head, base_head)
            base = _base_of_merged(bench, record, head, merge_sha)
            seen = self._seen(bench, ref, base, head)
            merged = {"state": PullRequestState.MERGED, "merge_sha": merge_sha}
            return seen.model_copy(update=merged), base
        if shown is None:
            return _gone(record), record.merge_base
        seen = self._seen(bench, ref, fork, head)
        return seen.model_copy(update={"draft": record.draft}), fork

    def _seen(
        self, bench: Bench, ref: PullRequestRef, base: CommitSha, head: CommitSha
    ) -> PullRequest:
        commits = commits_between(bench, base, head)
        ours = self._rows.owned(ref.repository, tuple(commit.sha for commit in commits))
        people = {who for commit in commits if commit.sha not in ours for who in commit.people}
        diff = raw_diff(bench.directory, base, head, run=bench.run())
        return PullRequest(
            ref=ref,
            state=PullRequestState.OPEN,
            head_sha=head,
            patch_digest=sha256(diff),
            authors=tuple(sorted(people)),
        )

    def _merge(self, bench: Bench, record: PullRequestRecord, head: CommitSha) -> CommitSha:
        ref = record.ref
        base_head = _base_head(bench, ref)
        tree = merge_tree(bench, base_head, head)
        change = facts_of(bench, head)
        made = commit_tree(
            bench,
            tree,
            (base_head, head),
            _message(f"Merge pull request #{ref.number}: {record.title}", "", change.incident),
            max(change.committed, facts_of(bench, base_head).committed),
        )
        self._rows.own(ref.repository, made)
        bench.move(ref.base_branch, made, base_head)
        return made


def _revert(
    bench: Bench, record: PullRequestRecord, merge_sha: CommitSha, title: str, body: str
) -> CommitSha:
    merged = _known(record.last)
    old, new = record.merge_base, merged.head_sha
    if merge_sha != merged.head_sha:
        old, new = parents_of(bench, merge_sha)[0], merge_sha
    base_head = _base_head(bench, record.ref)
    tree = revert_tree(bench, base_head, old or f"{new}^", new)
    if tree == bench.git("rev-parse", f"{base_head}^{{tree}}").decode().strip():
        raise PermanentError(f"Pull request {record.ref.number} has been taken out already.")
    dates = (facts_of(bench, merge_sha).committed, facts_of(bench, base_head).committed)
    incident = facts_of(bench, merged.head_sha).incident
    message = _message(title, body, incident)
    return commit_tree(bench, tree, (base_head,), message, max(dates))


def _base_of_merged(
    bench: Bench, record: PullRequestRecord, head: CommitSha, merge_sha: CommitSha
) -> CommitSha:
    """Return what a merged head's diff was taken against, the moment before it was merged."""
    last = record.last
    if last is not None and last.head_sha == head and record.merge_base is not None:
        return record.merge_base
    if merge_sha == head:
        return parents_of(bench, head)[0]
    return merge_base(bench, parents_of(bench, merge_sha)[0], head)


def _base_head(bench: Bench, ref: PullRequestRef) -> CommitSha:
    head = bench.head_of(ref.base_branch)
    if head is None:
        raise NotFound(f"There is no branch {ref.base_branch} in {ref.repository}.")
    return head


def _gone(record: PullRequestRecord) -> PullRequest:
    """Return a pull request whose branch somebody deleted."""
    return _known(record.last).model_copy(update={"state": PullRequestState.CLOSED})


def _known(last: PullRequest | None) -> PullRequest:
    if last is None:
        raise NotFound("The pull request's branch is gone, and nobody has ever seen it.")
    return last


def _message(title: str, body: str, incident: str) -> str:
    trailer = f"{TRAILER}: {incident}" if incident else ""
    return "\n\n".join(part for part in (title, body, trailer) if part) + "\n"
