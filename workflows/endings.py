"""How incidents end: every resolution is made here."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from suture.domain.diagnosis import Category
    from suture.domain.resolution import Resolution, ResolutionKind
    from workflows.state import IncidentState

MAX_LINE = 500


def ended(
    state: IncidentState,
    kind: ResolutionKind,
    summary: str,
    *,
    explanation: str = "",
    follow_ups: tuple[str, ...] = (),
) -> Resolution:
    """Say how it ended, with what it took."""
    report = state.report
    diagnosis = report.diagnosis
    steps = follow_ups or (diagnosis.next_steps if diagnosis else ())
    return Resolution(
        kind=kind,
        category=diagnosis.category if diagnosis else Category.UNKNOWN,
        summary=summary[:MAX_LINE],
        explanation=explanation[:8_000],
        follow_ups=tuple(step[:MAX_LINE] for step in steps),
        merge_sha=report.merge_sha,
        usage=report.usage,
        duration_seconds=(workflow.now() - report.summary.opened_at).total_seconds(),
    )
