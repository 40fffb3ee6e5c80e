"""What `suture fix` hands to the program that called it."""

from apps.cli.exits import ExitCode
from suture.domain.report import IncidentReport
from suture.domain.resolution import ResolutionKind
from suture.domain.usage import Usage
from suture.domain.value import Value
from suture.domain.verification import SuiteSummary
from suture.reporting.pull_request import body_for, title_for
from suture.reporting.ticket import ticket_for


class RootCause(Value):
    """Where the fault was made."""

    file: str | None = None
    line: int | None = None
    function: str | None = None
    commit: str | None = None
    """The suspect."""
    summary: str
    category: str
    confidence: float


class WrittenPullRequest(Value):
    """What to open on the real host."""

    title: str
    body: str
    base_branch: str


class SuiteResult(Value):
    """The existing tests."""

    before: SuiteSummary | None = None
    after: SuiteSummary | None = None
    new_failures: tuple[str, ...] = ()


class VerificationResult(Value):
    """What the harness saw."""

    verified: bool
    reproduced: bool
    red_green_red: bool
    reason: str
    suite: SuiteResult = SuiteResult()


class FixResult(Value):
    """The JSON of `suture fix`."""

    outcome: ResolutionKind
    summary: str
    root_cause: RootCause | None = None
    patch: str | None = None
    """Unified diff of the fix and its regression test."""
    branch: str | None = None
    repeated: bool = False
    """The branch held exactly this fix before: an earlier run put it there."""
    pull_request: WrittenPullRequest | None = None
    verification: VerificationResult
    cost: Usage
    duration_seconds: float
    incident_id: str
    ticket: str
    """Markdown."""

    @property
    def exit_code(self) -> ExitCode:
        """Whether there is a fix to look at."""
        ready = self.outcome is ResolutionKind.PULL_REQUEST_READY
        return ExitCode.DONE if ready else ExitCode.NO_FIX


def result_of(report: IncidentReport, patch: str) -> FixResult:
    """Sum a finished report up."""
    resolution = report.resolution
    ready = report.pull_request is not None
    return FixResult(
        outcome=resolution.kind if resolution else ResolutionKind.NEEDS_HUMAN,
        summary=resolution.summary if resolution else report.waiting_for,
        root_cause=_root_cause(report),
        patch=patch or None if ready else None,
        branch=report.pull_request.branch if report.pull_request else None,
        pull_request=_pull_request(report),
        verification=_verification(report),
        cost=report.usage,
        duration_seconds=resolution.duration_seconds if resolution else 0.0,
        incident_id=report.summary.incident_id,
        ticket=ticket_for(report, "").body,
    )


def _root_cause(report: IncidentReport) -> RootCause | None:
    diagnosis = report.diagnosis
    if diagnosis is None:
        return None
    place = diagnosis.cause or diagnosis.crash
    return RootCause(
        file=place.path if place else None,
        line=place.line if place else None,
        function=place.function if place else None,
        commit=diagnosis.suspect.commit if diagnosis.suspect else None,
        summary=diagnosis.summary,
        category=diagnosis.category,
        confidence=diagnosis.confidence,
    )


def _pull_request(report: IncidentReport) -> WrittenPullRequest | None:
    ref = report.pull_request
    if ref is None or report.verification is None:
        return None
    return WrittenPullRequest(
        title=title_for(report), body=body_for(report, ""), base_branch=ref.base_branch
    )


def _verification(report: IncidentReport) -> VerificationResult:
    seen = report.verification
    reproduced = report.reproduction is not None and report.reproduction.reproduced
    if seen is None:
        return VerificationResult(
            verified=False, reproduced=reproduced, red_green_red=False, reason="no_candidate"
        )
    return VerificationResult(
        verified=seen.verified,
        reproduced=reproduced,
        red_green_red=seen.red_green_red,
        reason=seen.reason,
        suite=SuiteResult(
            before=seen.base_suite, after=seen.patched_suite, new_failures=seen.new_failures
        ),
    )
