"""The local code host with what it does not have itself: reviews, comments, CI and a queue."""

from datetime import UTC, datetime

from sqlalchemy import Engine

from integrations.local.code_host import LocalCodeHost
from suture.domain.pull_request import CiReport, PullRequestRef, Remark, RemarkKind
from suture.domain.value import CommitSha, Digest


class TalkativeHost(LocalCodeHost):
    """A test sets what people and CI say."""

    remarks: list[Remark]
    ci: dict[CommitSha, CiReport]
    """By head; any other head gets `ci_otherwise`."""

    def __init__(self, engine: Engine, console_url: str) -> None:
        super().__init__(engine, console_url)
        self.remarks, self.ci = [], {}
        self.ci_otherwise = CiReport()
        self.queue: list[CommitSha] | None = None
        """Heads that wait to be merged; None merges at once."""
        self.seen_queued = 0
        """How often somebody looked while heads waited."""
        self._waiting: dict[tuple[str, int], list[CommitSha]] = {}

    def say(
        self,
        author: str,
        text: str = "",
        *,
        kind: RemarkKind = RemarkKind.COMMENT,
        head_sha: CommitSha | None = None,
    ) -> None:
        """Say something as a person."""
        remark = Remark(
            remark_id=f"remark/{len(self.remarks) + 1}",
            kind=kind,
            author=author,
            text=text,
            head_sha=head_sha,
            at=datetime.now(UTC),
        )
        self.remarks.append(remark)

    def read_remarks(self, ref: PullRequestRef) -> tuple[Remark, ...]:
        super().read_remarks(ref)
        self.seen_queued += bool(self.queue)
        return tuple(self.remarks)

    def read_ci(self, ref: PullRequestRef, head_sha: CommitSha) -> CiReport:
        super().read_ci(ref, head_sha)
        return self.ci.get(head_sha, self.ci_otherwise)

    def merge(  # type: ignore[override]  # a queue answers later, the local host at once
        self, ref: PullRequestRef, head_sha: CommitSha, patch_digest: Digest
    ) -> CommitSha | None:
        if self.queue is None:
            return super().merge(ref, head_sha, patch_digest)
        if head_sha not in self.queue:
            self.queue.append(head_sha)
            self._waiting.setdefault((ref.repository, ref.number), []).append(head_sha)
        return None

    def withdraw_merge(self, ref: PullRequestRef) -> None:
        super().withdraw_merge(ref)
        left = self._waiting.pop((ref.repository, ref.number), [])
        if self.queue is not None:
            self.queue = [head for head in self.queue if head not in left]

    def close_pull_request(self, ref: PullRequestRef, *, delete_branch: bool) -> None:
        self.withdraw_merge(ref)
        super().close_pull_request(ref, delete_branch=delete_branch)

    def merge_queued(self, ref: PullRequestRef) -> None:
        """Do what the queue does when its turn comes."""
        seen = self.read_pull_request(ref)
        super().merge(ref, seen.head_sha, seen.patch_digest)
