"""A code host without git: a branch is a list of commits, a diff is what they change."""

import hashlib
from dataclasses import dataclass, field

from suture.canonical import canonical_json, digest_of
from suture.domain.patch import FileChange
from suture.domain.pull_request import (
    Check,
    CiReport,
    PullRequest,
    PullRequestRef,
    PullRequestState,
    Remark,
)
from suture.domain.value import CommitSha, Digest
from suture.errors import Conflict, NotFound, PermanentError
from suture.ports.code_host import BranchRequest, PullRequestRequest

SUTURE = "suture"


@dataclass(frozen=True)
class FakeCommit:
    sha: CommitSha
    author: str
    changes: tuple[FileChange, ...]


@dataclass
class FakePullRequest:
    request: PullRequestRequest
    ref: PullRequestRef
    state: PullRequestState = PullRequestState.OPEN
    last: PullRequest | None = None
    """As it was merged or closed."""
    checks: dict[tuple[str, CommitSha], Check] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)
    revert: PullRequestRef | None = None
    remarks: list[Remark] = field(default_factory=list)
    ci: dict[CommitSha, CiReport] = field(default_factory=dict)


class FakeCodeHost:
    """Implements `suture.ports.code_host.CodeHost`."""

    def __init__(self) -> None:
        self.branches: dict[tuple[str, str], list[FakeCommit]] = {}
        self.pull_requests: list[FakePullRequest] = []
        self.merges: list[CommitSha] = []

    def ensure_branch(self, request: BranchRequest) -> CommitSha:
        place = (request.repository, request.branch)
        if any(commit.author != SUTURE for commit in self.branches.get(place, [])):
            raise Conflict(f"{request.branch} holds commits that Suture did not write.")
        sha = hashlib.sha1(canonical_json(request), usedforsecurity=False).hexdigest()
        self.branches[place] = [FakeCommit(sha=sha, author=SUTURE, changes=request.changes)]
        return sha

    def ensure_pull_request(self, request: PullRequestRequest) -> PullRequestRef:
        for kept in self.pull_requests:
            if self._place(kept.ref) == (request.repository, request.branch):
                kept.request = request
                return kept.ref
        if (request.repository, request.branch) not in self.branches:
            raise NotFound(f"There is no branch {request.branch}.")
        known = [one for one in self.pull_requests if one.ref.repository == request.repository]
        number = len(known) + 1
        ref = PullRequestRef(
            number=number,
            repository=request.repository,
            branch=request.branch,
            base_branch=request.base_branch,
            url=f"http://host.invalid/{number}",
        )
        self.pull_requests.append(FakePullRequest(request=request, ref=ref))
        return ref

    def read_pull_request(self, ref: PullRequestRef) -> PullRequest:
        kept = self.get(ref)
        if kept.last is not None:
            return kept.last
        commits = self.branches[self._place(ref)]
        return PullRequest(
            ref=kept.ref,
            state=kept.state,
            head_sha=commits[-1].sha,
            patch_digest=self._digest(commits),
            authors=tuple(sorted({one.author for one in commits} - {SUTURE})),
            draft=kept.request.draft,
        )

    def read_remarks(self, ref: PullRequestRef) -> tuple[Remark, ...]:
        return tuple(self.get(ref).remarks)

    def read_ci(self, ref: PullRequestRef, head_sha: CommitSha) -> CiReport:
        return self.get(ref).ci.get(head_sha, CiReport())

    def mark_ready(self, ref: PullRequestRef) -> None:
        kept = self.get(ref)
        kept.request = kept.request.model_copy(update={"draft": False})

    def ensure_check(self, ref: PullRequestRef, head_sha: CommitSha, check: Check) -> None:
        self.get(ref).checks[check.name, head_sha] = check

    def ensure_comment(self, ref: PullRequestRef, key: str, text: str) -> None:
        self.get(ref).comments.setdefault(key, text)

    def merge(self, ref: PullRequestRef, head_sha: CommitSha, patch_digest: Digest) -> CommitSha:
        kept, seen = self.get(ref), self.read_pull_request(ref)
        if (seen.head_sha, seen.patch_digest) != (head_sha, patch_digest):
            raise Conflict("The head or the diff is another by now.")
        if seen.merge_sha is not None:
            return seen.merge_sha
        if seen.state is PullRequestState.CLOSED:
            raise PermanentError("The pull request was closed.")
        merge_sha = hashlib.sha1(head_sha.encode(), usedforsecurity=False).hexdigest()
        merged = {"state": PullRequestState.MERGED, "merge_sha": merge_sha}
        kept.state, kept.last = PullRequestState.MERGED, seen.model_copy(update=merged)
        self.merges.append(merge_sha)
        return merge_sha

    def withdraw_merge(self, ref: PullRequestRef) -> None:
        self.get(ref)

    def close_pull_request(self, ref: PullRequestRef, *, delete_branch: bool) -> None:
        kept, seen = self.get(ref), self.read_pull_request(ref)
        if kept.state is PullRequestState.MERGED:
            return
        kept.state = PullRequestState.CLOSED
        kept.last = seen.model_copy(update={"state": PullRequestState.CLOSED})
        commits = self.branches.get(self._place(ref), [])
        if delete_branch and all(commit.author == SUTURE for commit in commits):
            self.branches.pop(self._place(ref), None)

    def ensure_revert(self, ref: PullRequestRef, key: str) -> PullRequestRef:
        kept = self.get(ref)
        if kept.state is not PullRequestState.MERGED:
            raise PermanentError("Only what was merged can be reverted.")
        if kept.revert is None:
            branch = f"suture/revert-{key}"
            sha = hashlib.sha1(branch.encode(), usedforsecurity=False).hexdigest()
            commits = [FakeCommit(sha=sha, author=SUTURE, changes=())]
            self.branches[ref.repository, branch] = commits
            title = f"Revert {kept.request.title}"
            changed = {"branch": branch, "title": title}
            kept.revert = self.ensure_pull_request(kept.request.model_copy(update=changed))
        return kept.revert

    def push(self, repository: str, branch: str, author: str, content: str) -> CommitSha:
        """Add a human's commit to a branch."""
        commits = self.branches[repository, branch]
        sha = hashlib.sha1((commits[-1].sha + content).encode(), usedforsecurity=False).hexdigest()
        changes = (FileChange(path="pushed.txt", content=content),)
        commits.append(FakeCommit(sha=sha, author=author, changes=changes))
        return sha

    def get(self, ref: PullRequestRef) -> FakePullRequest:
        for kept in self.pull_requests:
            if (kept.ref.repository, kept.ref.number) == (ref.repository, ref.number):
                return kept
        raise NotFound(f"No pull request {ref.number} in {ref.repository}.")

    @staticmethod
    def _place(ref: PullRequestRef) -> tuple[str, str]:
        return ref.repository, ref.branch

    @staticmethod
    def _digest(commits: list[FakeCommit]) -> Digest:
        return digest_of([c.model_dump(mode="json") for one in commits for c in one.changes])
