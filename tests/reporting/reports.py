"""A report with everything in it, to be told."""

from datetime import UTC, datetime

from suture.domain.alert import AlertNotice, AlertSource, Severity
from suture.domain.diagnosis import Category, Diagnosis, Fixability
from suture.domain.evidence import Citation, CitationKind, Location, Statement, Suspect
from suture.domain.incident import IncidentKey, IncidentSummary, Stage
from suture.domain.patch import Candidate, ChangedFile, Patch, PatchNature
from suture.domain.pull_request import PullRequestRef
from suture.domain.reach import Reach
from suture.domain.report import IncidentReport
from suture.domain.resolution import Resolution, ResolutionKind
from suture.domain.rollout import RolloutReport, RolloutVerdict
from suture.domain.ticket import ThreadRef, TicketRef
from suture.domain.usage import Usage
from suture.domain.verification import (
    Oracle,
    Reproduction,
    SuiteSummary,
    VerdictReason,
    Verification,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = IncidentKey(service="shop", fingerprint="f" * 64)
CONSOLE = "http://console.invalid"


def bare(title: str = "ZeroDivisionError: division by zero") -> IncidentReport:
    """An incident of which nothing is known yet."""
    summary = IncidentSummary(
        incident_id=KEY.incident_id,
        run_id="run-1",
        service=KEY.service,
        fingerprint=KEY.fingerprint,
        title=title,
        severity=Severity.HIGH,
        stage=Stage.DETECTED,
        alerts=1,
        opened_at=NOON,
    )
    return IncidentReport(key=KEY, summary=summary)


def full(text: str = "An empty cart is divided by.") -> IncidentReport:
    """An incident at its end, with one text wherever text may come from outside."""
    line = text[:500]
    report = bare(line)
    summary = report.summary.model_copy(
        update={"stage": Stage.CLOSED, "alerts": 7, "regression_of": "run-0"}
    )
    return report.model_copy(
        update={
            "summary": summary,
            "environment": line,
            "occurrence": 2,
            "waiting_for": line,
            "notices": (_notice(line),),
            "ticket": TicketRef(ticket_id="12", url="http://tracker.invalid/12"),
            "thread": ThreadRef(thread_id="3", url="http://chat.invalid/3"),
            "diagnosis": _diagnosis(line),
            "verification": _verification(line),
            "mitigation": Candidate(candidate_id="hide", patch=_patch(line), score=0.1),
            "pull_request": PullRequestRef(
                number=4,
                repository="shop",
                branch="suture/shop-1",
                base_branch="main",
                url="http://host.invalid/4",
            ),
            "rollout": RolloutReport(verdict=RolloutVerdict.RECOVERED, explanation=text),
            "resolution": Resolution(
                kind=ResolutionKind.FIXED,
                summary=line,
                explanation=text,
                follow_ups=(line,),
                ticket_closed=True,
            ),
            "usage": Usage(cost_usd=0.5, input_tokens=900, output_tokens=100, sandbox_seconds=42),
        }
    )


def _notice(line: str) -> AlertNotice:
    return AlertNotice(
        alert_id=line,
        source=AlertSource.SENTRY,
        severity=Severity.HIGH,
        occurred_at=NOON,
        event="e" * 64,
    )


def _diagnosis(line: str) -> Diagnosis:
    place = Location(path=line, line=3, function=line)
    citation = Citation(kind=CitationKind.CODE, path=line, line=3, commit="c" * 40, quote=line)
    suspect = Suspect(
        commit="c" * 40,
        author=line,
        committed_at=NOON,
        summary=line,
        score=0.9,
        reasons=(line,),
    )
    return Diagnosis(
        category=Category.CODE_DEFECT,
        fixability=Fixability.FIXABLE,
        summary=line,
        cause=place,
        crash=place,
        suspect=suspect,
        statements=(Statement(text=line, citations=(citation,)),),
        confidence=0.9,
        reach=Reach(callers=3, entries=(place,), tests=2, tested_by=(place,), whole=True),
    )


def _patch(line: str) -> Patch:
    return Patch(
        base_sha="b" * 40,
        digest="d" * 64,
        files=(ChangedFile(path=line, added=1, removed=1),),
        nature=PatchNature.GUARD,
        title=line,
        rationale=line,
        origin=line,
    )


def _verification(line: str) -> Verification:
    reproduction = Reproduction(
        reproduced=True, oracle=Oracle.LAST_GOOD, regression_test=line, reason=line
    )
    suite = SuiteSummary(report="a" * 64, ran=True, passed=3, failed=0, skipped=0)
    return Verification(
        verified=True,
        reason=VerdictReason.VERIFIED,
        explanation=line,
        patch=_patch(line),
        full_diff="d" * 64,
        reproduction=reproduction,
        red_on_base=True,
        green_with_patch=True,
        red_without_fix=True,
        base_suite=suite,
        patched_suite=suite,
    )
