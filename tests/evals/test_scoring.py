"""What was answered is held against what is right."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from evals.case import Case, FunctionName, Language, Prepared, Truth
from evals.outcome import CaseResult, Ending, JudgeReport, JudgeVerdict, Place
from evals.scoring import Seen, rank_of, result_of
from suture.domain.alert import Severity
from suture.domain.diagnosis import Category, Diagnosis, Fixability
from suture.domain.evidence import Evidence, Location, Suspect
from suture.domain.incident import IncidentKey, IncidentSummary, Stage
from suture.domain.report import IncidentReport
from suture.domain.resolution import Resolution, ResolutionKind

NOW = datetime(2026, 1, 5, tzinfo=UTC)
READY, NOT_CODE = ResolutionKind.PULL_REQUEST_READY, ResolutionKind.NOT_CODE
GUILTY, INNOCENT = "a" * 40, "b" * 40
FIX = Truth(wanted=(READY,), tolerated=(ResolutionKind.POLICY_FORBIDS,))
MEMORY = Truth(
    wanted=(NOT_CODE,),
    tolerated=(ResolutionKind.LOOP_GUARD,),
    categories=(Category.OUT_OF_MEMORY,),
)


def suspect(commit: str) -> Suspect:
    return Suspect(
        commit=commit, author="Ana", committed_at=NOW, summary="Change", score=0.5, reasons=()
    )


def seen(
    truth: Truth,
    kind: ResolutionKind | None,
    diagnosis: Mapping[str, object] | None = None,
    **changes: object,
) -> Seen:
    concluded = Diagnosis(
        category=Category.CODE_DEFECT,
        fixability=Fixability.FIXABLE,
        summary="It fails.",
        cause=Location(path="shop.py", line=3, function="Cart.total"),
        crash=Location(path="views.py", line=9, function="show"),
        suspect=suspect(INNOCENT),
        confidence=0.5,
    )
    key = IncidentKey(service="shop", fingerprint="0" * 64)
    report = IncidentReport(
        key=key,
        summary=IncidentSummary(
            incident_id=key.incident_id,
            run_id="run",
            service="shop",
            fingerprint=key.fingerprint,
            title="It fails.",
            severity=Severity.CRITICAL,
            stage=Stage.CLOSED,
            alerts=1,
            opened_at=NOW,
        ),
        diagnosis=concluded.model_copy(update=diagnosis or {}),
        resolution=Resolution(kind=kind, summary="So it ended.") if kind else None,
    )
    evidence = Evidence(
        base_sha=GUILTY,
        path=(Location(path="app.py", line=1), Location(path="views.py", line=9, function="show")),
        suspects=(suspect(INNOCENT), suspect(GUILTY)),
    )
    given = {
        "case": Case(name="one", language=Language.PYTHON, prepare=lambda _: prepared),
        "report": report,
        "evidence": evidence,
        "diff": "",
        "trials": (),
        "in_time": True,
        "diagnosis_only": False,
        "setup_seconds": 0.0,
        "seconds": 1.0,
    }
    prepared = Prepared(repository=Path(), event="It fails.", truth=truth)
    return Seen(**{**given, "prepared": prepared, **changes})  # type: ignore[arg-type]


def judged(verdict: JudgeVerdict | None) -> JudgeReport | None:
    return JudgeReport(verdict=verdict, explanation="So it is.") if verdict else None


@pytest.mark.parametrize(
    ("verdict", "ending"),
    [
        (JudgeVerdict.RIGHT, Ending.RESOLVED),
        (JudgeVerdict.WRONG, Ending.WRONG_FIX),
        (JudgeVerdict.NOT_RUNNABLE, Ending.UNJUDGED_FIX),
        (None, Ending.UNJUDGED_FIX),
    ],
)
def test_the_judge_decides_about_an_offered_fix(
    verdict: JudgeVerdict | None, ending: Ending
) -> None:
    assert result_of(seen(FIX, READY), judged(verdict)).ending is ending


def test_any_fix_is_wrong_where_no_code_is_to_be_changed() -> None:
    found = result_of(seen(MEMORY, READY), judged(JudgeVerdict.RIGHT))
    assert found.ending is Ending.WRONG_FIX
    assert not found.fixable


@pytest.mark.parametrize(
    ("truth", "kind", "category", "ending"),
    [
        (FIX, ResolutionKind.NO_FIX_FOUND, Category.CODE_DEFECT, Ending.HONEST),
        (FIX, ResolutionKind.NEEDS_HUMAN, Category.UNKNOWN, Ending.HONEST),
        (FIX, ResolutionKind.POLICY_FORBIDS, Category.CODE_DEFECT, Ending.HONEST),
        (FIX, NOT_CODE, Category.NOISE, Ending.WRONG_OUTCOME),
        (FIX, None, Category.UNKNOWN, Ending.WRONG_OUTCOME),
        (MEMORY, NOT_CODE, Category.OUT_OF_MEMORY, Ending.RIGHT_OUTCOME),
        (MEMORY, NOT_CODE, Category.DEPENDENCY, Ending.WRONG_OUTCOME),
        (MEMORY, ResolutionKind.NEEDS_HUMAN, Category.UNKNOWN, Ending.HONEST),
        (MEMORY, ResolutionKind.LOOP_GUARD, Category.UNKNOWN, Ending.HONEST),
        (MEMORY, ResolutionKind.NO_FIX_FOUND, Category.CODE_DEFECT, Ending.WRONG_OUTCOME),
    ],
)
def test_without_a_fix_the_claim_decides(
    truth: Truth, kind: ResolutionKind | None, category: Category, ending: Ending
) -> None:
    found = result_of(seen(truth, kind, diagnosis={"category": category}), None)
    assert found.ending is ending


def test_a_fix_that_comes_too_late_does_not_count() -> None:
    late = result_of(seen(FIX, READY, in_time=False), None)
    assert late.ending is Ending.TIMED_OUT
    assert not late.offered


@pytest.mark.parametrize(
    ("truth", "kind", "ending"),
    [
        (FIX, ResolutionKind.POLICY_FORBIDS, Ending.DIAGNOSED),
        (FIX, NOT_CODE, Ending.WRONG_OUTCOME),
        (MEMORY, ResolutionKind.POLICY_FORBIDS, Ending.DIAGNOSED),
        (MEMORY, ResolutionKind.NEEDS_HUMAN, Ending.HONEST),
    ],
)
def test_only_the_diagnosis_counts_where_nothing_else_was_asked_for(
    truth: Truth, kind: ResolutionKind, ending: Ending
) -> None:
    assert result_of(seen(truth, kind, diagnosis_only=True), None).ending is ending


def test_places_are_ranked_from_the_cause_outwards_and_commits_as_suspected() -> None:
    truth = Truth(
        wanted=(READY,),
        cause_files=("app.py", "nowhere.py"),
        cause_functions=(FunctionName(path="shop.py", name="Cart.total"),),
        cause_commits=(GUILTY,),
    )
    found = result_of(seen(truth, READY), None)
    assert found.ranks == {Place.FILE: 3, Place.FUNCTION: 1, Place.COMMIT: 2}
    places = (Location(path="other.py", line=1), Location(path="app.py", line=2))
    ranked = result_of(seen(truth, READY, diagnosis={"places": places}), None)
    assert ranked.ranks == {Place.FILE: 2, Place.FUNCTION: None, Place.COMMIT: 2}
    assert "Brought in by" in ranked.drill.truth[-1]


def test_what_the_truth_does_not_say_is_not_scored() -> None:
    assert result_of(seen(FIX, READY), None).ranks == {}


def test_a_case_without_a_diagnosis_has_no_places() -> None:
    bare = seen(Truth(wanted=(READY,), cause_files=("shop.py",)), None)
    report = bare.report.model_copy(update={"diagnosis": None})
    found: CaseResult = result_of(Seen(**{**vars(bare), "report": report, "evidence": None}), None)
    assert found.ranks == {Place.FILE: None}


def test_an_answer_that_is_given_twice_takes_one_rank() -> None:
    assert rank_of(["a", "a", "b"], ["b"]) == 2
