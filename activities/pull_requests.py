"""Pull requests: opened with their evidence, merged only as they were approved."""

from datetime import UTC, datetime, timedelta

from temporalio import activity

from activities.failures import translated
from suture.domain.approval import Consent
from suture.domain.patch import FileChange
from suture.domain.pull_request import (
    Check,
    CheckConclusion,
    PullRequest,
    PullRequestRef,
    PullRequestState,
)
from suture.domain.report import IncidentReport
from suture.domain.service import Service
from suture.domain.value import CommitSha, Instant, Line, Prose, Value
from suture.errors import Conflict, InvalidInput
from suture.ports.artifacts import ArtifactStore
from suture.ports.code_host import BranchRequest, CodeHost, PullRequestRequest
from suture.ports.memory import Memory
from suture.ports.source import SourceRepositories
from suture.reporting.pull_request import body_for, branch_for, commit_message_for, title_for

PROPOSED_FOR = timedelta(days=90)
"""Incidents of the same cause wait no longer than this for a pull request."""


class OpeningRequest(Value):
    """A verified patch to propose."""

    report: IncidentReport
    service: Service
    authored_at: Instant
    """Fixed by the workflow, so that a retry makes the same commit."""
    draft: bool = False


class MergeRequest(Value):
    """What to merge, and the consent that allows it."""

    pull_request: PullRequestRef
    consent: Consent
    not_after: Instant
    """When the consent expires: no merge begins later."""


class Merged(Value):
    """What a merge made."""

    merge_sha: CommitSha | None
    """None: the code host has queued it."""


class PullRequestComment(Value):
    """One thing to say below a pull request. Idempotent by `key`."""

    pull_request: PullRequestRef
    key: str
    text: Prose


class ClosingPullRequest(Value):
    """A pull request that is not wanted any more."""

    pull_request: PullRequestRef
    reason: Line
    key: str


class RevertRequest(Value):
    """A merged pull request whose undoing is proposed. Idempotent by `key`."""

    pull_request: PullRequestRef
    key: str


class PullRequestActivities:
    """Talks to the code host."""

    def __init__(
        self,
        host: CodeHost,
        sources: SourceRepositories,
        artifacts: ArtifactStore,
        console: str,
        memory: Memory | None = None,
    ) -> None:
        self._memory = memory
        self._host = host
        self._sources = sources
        self._artifacts = artifacts
        self._console = console

    @activity.defn(name="push_branch")
    @translated
    def push_branch(self, request: OpeningRequest) -> CommitSha:
        """Put the fix and its regression test on Suture's branch; return the head.

        Nothing is pushed once a human has merged or closed the case's pull request.
        Idempotency key: the case id names the branch, and the content names the commit.
        """
        report = request.report
        settled = self._settled(report)
        if settled is not None:
            return settled.head_sha
        verification = report.verification
        if verification is None or not verification.verified or verification.full_diff is None:
            raise InvalidInput("Only a verified patch can be proposed.")
        return self._host.ensure_branch(
            BranchRequest(
                repository=request.service.repository,
                branch=branch_for(report),
                base_sha=verification.patch.base_sha,
                changes=self._changes(request),
                message=commit_message_for(report),
                authored_at=request.authored_at,
            )
        )

    @activity.defn(name="open_pull_request")
    @translated
    def open_pull_request(self, request: OpeningRequest) -> PullRequestRef:
        """Find or open the pull request of the branch, with what broke and how it was verified.

        One that a human has merged or closed is returned as it is.
        """
        report = request.report
        settled = self._settled(report)
        if settled is not None:
            return settled.ref
        ref = self._host.ensure_pull_request(
            PullRequestRequest(
                repository=request.service.repository,
                branch=branch_for(report),
                base_branch=request.service.base_branch,
                title=title_for(report),
                body=body_for(report, self._console),
                draft=request.draft,
            )
        )
        if self._memory is not None:
            until = request.authored_at + PROPOSED_FOR
            self._memory.propose_fix(report.key.incident_id, ref.url, until)
        return ref

    @activity.defn(name="mark_ready")
    @translated
    def mark_ready(self, ref: PullRequestRef) -> None:
        """Make a draft ready for review."""
        self._host.mark_ready(ref)

    @activity.defn(name="comment_pull_request")
    @translated
    def comment_pull_request(self, comment: PullRequestComment) -> None:
        """Say it once."""
        self._host.ensure_comment(comment.pull_request, comment.key, comment.text)

    @activity.defn(name="publish_checks")
    @translated
    def publish_checks(self, report: IncidentReport) -> None:
        """Show the evidence as checks on the head that is asked about."""
        verification, ref, target = report.verification, report.pull_request, report.target
        if verification is None or ref is None or target is None:
            raise InvalidInput("There is nothing to publish yet.")
        suite = verification.patched_suite
        lines = {
            "suture-evidence": (
                verification.red_green_red,
                "Red on the base, green with the fix, red without it.",
            ),
            "suture-suite": (
                suite is not None and suite.ran and not verification.new_failures,
                f"{suite.passed} passed, {suite.failed} failed, no new failure."
                if suite
                else "The suite did not run.",
            ),
        }
        for name, (good, summary) in lines.items():
            conclusion = CheckConclusion.SUCCESS if good else CheckConclusion.FAILURE
            check = Check(name=name, conclusion=conclusion, summary=summary)
            self._host.ensure_check(ref, target.head_sha, check)

    @activity.defn(name="merge_pull_request")
    @translated
    def merge_pull_request(self, request: MergeRequest) -> Merged:
        """Merge exactly what was consented to, while the consent counts.

        A merge that was made in time, and whose answer was lost, is found and returned.

        Raises:
            Conflict: the consent has expired, or the head or the diff is another by now; the
                caller asks again.
        """
        consent = request.consent
        target = consent.target
        if datetime.now(UTC) > request.not_after:
            seen = self._host.read_pull_request(request.pull_request)
            if seen.merge_sha is None or seen.target != target:
                until = f"{request.not_after:%Y-%m-%d %H:%M:%S %Z}"
                raise Conflict(f"The approval expired at {until} before it could be used.")
            return Merged(merge_sha=seen.merge_sha)
        return Merged(
            merge_sha=self._host.merge(request.pull_request, target.head_sha, target.patch_digest)
        )

    @activity.defn(name="close_pull_request")
    @translated
    def close_pull_request(self, request: ClosingPullRequest) -> None:
        """Close it, delete Suture's branch, and then say why: no refused comment keeps it open."""
        self._host.close_pull_request(request.pull_request, delete_branch=True)
        self._host.ensure_comment(request.pull_request, request.key, request.reason)

    @activity.defn(name="withdraw_merge")
    @translated
    def withdraw_merge(self, ref: PullRequestRef) -> None:
        """Take it out of whatever would merge it later."""
        self._host.withdraw_merge(ref)

    @activity.defn(name="delete_branch")
    @translated
    def delete_branch(self, ref: PullRequestRef) -> None:
        """Delete the branch of a merged pull request, unless it shows somebody's later commits."""
        self._host.close_pull_request(ref, delete_branch=True)

    @activity.defn(name="propose_revert")
    @translated
    def propose_revert(self, request: RevertRequest) -> PullRequestRef:
        """Open the pull request that takes the fix out again."""
        return self._host.ensure_revert(request.pull_request, request.key)

    def _settled(self, report: IncidentReport) -> PullRequest | None:
        """Return the case's pull request if a human has merged or closed it."""
        if report.pull_request is None:
            return None
        seen = self._host.read_pull_request(report.pull_request)
        return None if seen.state is PullRequestState.OPEN else seen

    def _changes(self, request: OpeningRequest) -> tuple[FileChange, ...]:
        verification = request.report.verification
        if verification is None or verification.full_diff is None:
            raise InvalidInput("Only a verified patch can be proposed.")
        service = request.service
        repository = self._sources.open(service.remote)
        diff = self._artifacts.get(verification.full_diff).decode("utf-8", "surrogateescape")
        return repository.apply_diff(verification.patch.base_sha, diff)
