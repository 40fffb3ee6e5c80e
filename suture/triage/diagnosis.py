"""Concludes from the evidence by rules, most specific first; when in doubt, asks for a human."""

from suture.domain.alert import Alert
from suture.domain.diagnosis import Basis, Category, Diagnosis, Fixability
from suture.domain.evidence import Evidence, Location, Statement
from suture.domain.hypothesis import Hypothesis
from suture.hypotheses.forming import compete
from suture.localisation.cause import CLEAR_SUSPECT, Cause, cause_in_settings, find_cause
from suture.localisation.citations import check_citations, quote_code
from suture.localisation.evidence import said_by
from suture.localisation.snapshot import Snapshot
from suture.ports.source import SourceRepository
from suture.triage.clues import Clues, Finding, Rule
from suture.triage.environment import configuration, dependency
from suture.triage.infrastructure import (
    external_service,
    noise,
    out_of_memory,
    resource_exhausted,
    transient_network,
)
from suture.triage.intent import (
    bad_input,
    library_failure,
    missing_entry,
    outside_data,
    swallowed_outage,
    thread_race,
)
from suture.triage.testing import flaky_test

RULES: tuple[Rule, ...] = (
    noise,
    out_of_memory,
    resource_exhausted,
    flaky_test,
    dependency,
    configuration,
    transient_network,
    external_service,
    swallowed_outage,
    bad_input,
    thread_race,
    missing_entry,
    outside_data,
    library_failure,
)
SURROUNDINGS = {Category.DEPENDENCY, Category.CONFIGURATION}
MAX_STATEMENTS = 12
MAX_PLACES = 10
MAX_LINE = 500
MAX_PROSE = 8_000


def diagnose(alert: Alert, evidence: Evidence, repository: SourceRepository) -> Diagnosis:
    """Return category, cause and fixability, with statements whose citations exist."""
    clues = Clues(alert, evidence, Snapshot(repository, evidence.base_sha))
    finding = next((found for rule in RULES if (found := rule(clues)) is not None), None)
    cause = None
    if finding is not None and finding.category in SURROUNDINGS:
        cause = cause_in_settings(evidence, said_by(alert), clues.base)
    if finding is None:
        cause = find_cause(evidence, said_by(alert), clues.base)
        finding = _code_defect(clues, cause) if cause else _unknown()
    statements = check_citations(finding.statements, repository, evidence.base_sha, alert)
    return Diagnosis(
        category=finding.category,
        fixability=finding.fixability,
        summary=_one_line(finding.summary),
        explanation=finding.explanation[:MAX_PROSE],
        cause=cause.location if cause else None,
        places=_places(cause.location, evidence) if cause else (),
        hypotheses=_hypotheses(cause, finding, evidence),
        crash=evidence.crash,
        suspect=evidence.suspects[0] if evidence.suspects else None,
        statements=_without_repeats((*statements, *evidence.notes))[:MAX_STATEMENTS],
        confidence=finding.confidence,
        basis=_basis(finding, cause, clues),
        next_steps=tuple(_one_line(step) for step in finding.next_steps),
    )


def _code_defect(clues: Clues, cause: Cause) -> Finding:
    crash, suspects = clues.evidence.crash, clues.evidence.suspects
    place = cause.location
    where = f"{place.path}:{place.line}" + (f" in {place.function}" if place.function else "")
    failed = clues.headline
    line = clues.base.file(place.path).line(place.line)
    cited = quote_code(place.path, place.line, line)
    score = suspects[0].score if suspects else 0.0
    exact = crash is not None and bool(clues.crash_line)
    explanation = [f"{failed} The fault is thought to be at {where}. {cause.reason}"]
    explanation += [f"{suspects[0].commit[:12]}: {reason}" for reason in _reasons(clues)]
    return Finding(
        category=Category.CODE_DEFECT,
        fixability=Fixability.FIXABLE,
        summary=f"{failed[:250]} — at {where}",
        confidence=round(min(0.45 + 0.1 * exact + 0.4 * score, 0.95), 2),
        statements=(
            Statement(text=f"{cause.reason} {where}", citations=(cited,)),
            *clues.at_crash(),
        ),
        explanation="\n".join(explanation),
    )


def _basis(finding: Finding, cause: Cause | None, clues: Clues) -> Basis:
    """Return what kind of evidence leads to the cause."""
    if cause is None or finding.category is not Category.CODE_DEFECT:
        return Basis.RULE
    evidence = clues.evidence
    if evidence.suspects and evidence.suspects[0].score >= CLEAR_SUSPECT:
        return Basis.SUSPECT
    if clues.alert.failed_tests or evidence.crash is None:
        return Basis.TESTS
    crash = evidence.crash
    same = (crash.path, crash.function) == (cause.location.path, cause.location.function)
    return Basis.CRASH if same else Basis.TRACED


def _hypotheses(
    cause: Cause | None, finding: Finding, evidence: Evidence
) -> tuple[Hypothesis, ...]:
    if cause is None or finding.category is not Category.CODE_DEFECT:
        return ()
    return compete(cause.location, cause.reason, evidence)


def _places(cause: Location, evidence: Evidence) -> tuple[Location, ...]:
    """Return the cause, then the frames from the crash outwards, a function once each."""
    found: dict[tuple[str, str | None], Location] = {}
    for place in (cause, *reversed(evidence.path)):
        found.setdefault((place.path, place.function), place)
    return tuple(found.values())[:MAX_PLACES]


def _reasons(clues: Clues) -> tuple[str, ...]:
    return clues.evidence.suspects[0].reasons if clues.evidence.suspects else ()


def _unknown() -> Finding:
    return Finding(
        category=Category.UNKNOWN,
        fixability=Fixability.NEEDS_HUMAN,
        summary="Nothing in the event leads into this repository's code.",
        confidence=0.3,
        next_steps=(
            "Look at logs and metrics of the service around the time of the alert.",
            "Check that the catalogue names the service's right repository and path prefixes.",
        ),
    )


def _without_repeats(statements: tuple[Statement, ...]) -> tuple[Statement, ...]:
    return tuple({statement.citations: statement for statement in reversed(statements)}.values())[
        ::-1
    ]


def _one_line(text: str) -> str:
    return " ".join(text.split())[:MAX_LINE]
