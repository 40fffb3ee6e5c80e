"""Scores one case: what was answered, held against what is right."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from evals.case import Case, FunctionName, Prepared, Truth
from evals.code_digest import code_digest
from evals.outcome import (
    CaseResult,
    Drill,
    Ending,
    JudgeReport,
    JudgeVerdict,
    Place,
    Trial,
)
from suture.domain.diagnosis import Diagnosis
from suture.domain.evidence import Evidence, Location
from suture.domain.report import IncidentReport
from suture.domain.resolution import ResolutionKind

HONEST = frozenset(
    {
        ResolutionKind.NO_FIX_FOUND,
        ResolutionKind.NOT_REPRODUCED,
        ResolutionKind.NEEDS_HUMAN,
        ResolutionKind.BUDGET_EXHAUSTED,
    }
)
"""Endings that claim nothing: honest where code was to be fixed."""
MAX_EVENT = 40_000
MAX_DIFF = 40_000
SHOWN_PLACES = 10
VERDICTS = {
    JudgeVerdict.RIGHT: Ending.RESOLVED,
    JudgeVerdict.WRONG: Ending.WRONG_FIX,
    JudgeVerdict.NOT_RUNNABLE: Ending.UNJUDGED_FIX,
}


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the harness saw of a case that ran."""

    case: Case
    prepared: Prepared
    report: IncidentReport
    evidence: Evidence | None
    diff: str
    trials: tuple[Trial, ...]
    in_time: bool
    diagnosis_only: bool
    setup_seconds: float
    seconds: float

    @property
    def offered(self) -> bool:
        """Whether a fix is there for humans to take."""
        kind = self.report.resolution.kind if self.report.resolution else None
        return self.in_time and kind is ResolutionKind.PULL_REQUEST_READY


def result_of(seen: Seen, judge: JudgeReport | None) -> CaseResult:
    """Score a case that ran."""
    report, diagnosis = seen.report, seen.report.diagnosis
    resolution = report.resolution
    return CaseResult(
        name=seen.case.name,
        language=seen.case.language,
        group=seen.case.group,
        labels=(*seen.case.labels, *seen.prepared.labels),
        fixable=seen.prepared.truth.fixable,
        ending=_ending(seen, judge),
        kind=resolution.kind if resolution else None,
        category=diagnosis.category if diagnosis else None,
        summary=resolution.summary if resolution else report.waiting_for,
        confidence=diagnosis.confidence if diagnosis else None,
        ranks=_ranks(seen),
        judge=judge,
        usage=report.usage,
        setup_seconds=seen.setup_seconds,
        seconds=seen.seconds,
        code=code_digest(),
        drill=_drill(seen),
    )


def not_run(case: Case, why: str, seconds: float) -> CaseResult:
    """Tell of a case that could not be run."""
    return CaseResult(
        name=case.name,
        language=case.language,
        group=case.group,
        labels=case.labels,
        ending=Ending.NOT_RUN,
        summary=why[:2_000],
        setup_seconds=seconds,
        code=code_digest(),
    )


def _ending(seen: Seen, judge: JudgeReport | None) -> Ending:
    truth = seen.prepared.truth
    if not seen.in_time:
        return Ending.TIMED_OUT
    if seen.offered:
        if not truth.fixable:
            return Ending.WRONG_FIX
        return VERDICTS[judge.verdict] if judge else Ending.UNJUDGED_FIX
    resolution = seen.report.resolution
    observed = resolution is not None and resolution.kind is ResolutionKind.POLICY_FORBIDS
    if seen.diagnosis_only and observed:
        return Ending.DIAGNOSED
    return _without_fix(seen.report, truth)


def _without_fix(report: IncidentReport, truth: Truth) -> Ending:
    kind = report.resolution.kind if report.resolution else None
    category = report.diagnosis.category if report.diagnosis else None
    if kind in truth.wanted and (not truth.categories or category in truth.categories):
        return Ending.RIGHT_OUTCOME
    honest = HONEST if truth.fixable else frozenset({ResolutionKind.NEEDS_HUMAN})
    if kind in truth.tolerated or kind in honest:
        return Ending.HONEST
    return Ending.WRONG_OUTCOME


def _ranks(seen: Seen) -> dict[Place, int | None]:
    truth, diagnosis = seen.prepared.truth, seen.report.diagnosis
    places = ranked_places(diagnosis, seen.evidence) if diagnosis else ()
    suspects = ranked_commits(diagnosis, seen.evidence)
    functions = [FunctionName(path=each.path, name=each.function or "") for each in places]
    ranks: dict[Place, int | None] = {}
    if truth.cause_files:
        ranks[Place.FILE] = rank_of([each.path for each in places], truth.cause_files)
    if truth.cause_functions:
        ranks[Place.FUNCTION] = rank_of(functions, truth.cause_functions)
    if truth.cause_commits:
        ranks[Place.COMMIT] = rank_of(suspects, truth.cause_commits)
    return ranks


def ranked_places(diagnosis: Diagnosis, evidence: Evidence | None) -> Sequence[Location]:
    """Return where the fault may have been made, most likely first."""
    if diagnosis.places:
        return diagnosis.places
    path = tuple(reversed(evidence.path)) if evidence else ()
    first = diagnosis.cause or diagnosis.crash
    return (first, *path) if first else path


def ranked_commits(diagnosis: Diagnosis | None, evidence: Evidence | None) -> Sequence[str]:
    """Return the suspect commits, most suspicious first."""
    named = diagnosis.suspect if diagnosis else None
    suspects = evidence.suspects if evidence else ()
    return [each.commit for each in (*((named,) if named else ()), *suspects)]


def rank_of(given: Sequence[object], right: Sequence[object]) -> int | None:
    """Return the rank, from 1, of the first right answer; an answer that repeats counts once."""
    for rank, answer in enumerate(dict.fromkeys(given), 1):
        if answer in right:
            return rank
    return None


def _drill(seen: Seen) -> Drill:
    diagnosis, verification = seen.report.diagnosis, seen.report.verification
    resolution = seen.report.resolution
    places = ranked_places(diagnosis, seen.evidence) if diagnosis else ()
    explanation = diagnosis.explanation if diagnosis else ""
    if resolution is not None and resolution.explanation not in explanation:
        explanation = f"{explanation}\n\n{resolution.explanation}".strip()
    return Drill(
        event=seen.prepared.event[:MAX_EVENT],
        explanation=explanation,
        statements=diagnosis.statements if diagnosis else (),
        places=tuple(places[:SHOWN_PLACES]),
        suspects=seen.evidence.suspects[:SHOWN_PLACES] if seen.evidence else (),
        trials=seen.trials,
        diff=seen.diff[:MAX_DIFF],
        origin=verification.patch.origin if verification else "",
        timeline=seen.report.timeline,
        truth=tuple(_truth_told(seen.prepared.truth)),
    )


def _truth_told(truth: Truth) -> Iterator[str]:
    yield f"Wanted: {', '.join(truth.wanted)}."
    if truth.tolerated:
        yield f"Tolerated: {', '.join(truth.tolerated)}."
    if truth.categories:
        yield f"Category: {', '.join(truth.categories)}."
    if truth.cause_files:
        yield f"Made in {', '.join(truth.cause_files)}."
    for function in truth.cause_functions:
        yield f"Made in {function.name or 'the module'} of {function.path}."
    for commit in truth.cause_commits:
        yield f"Brought in by {commit}."
