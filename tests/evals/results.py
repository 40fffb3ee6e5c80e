"""Results of cases that nobody ran."""

from datetime import UTC, datetime

from evals.case import Language
from evals.outcome import CaseResult, Drill, Ending, JudgeReport, JudgeVerdict, Place, Trial
from suture.domain.evidence import Citation, CitationKind, Location, Statement, Suspect
from suture.domain.incident import Stage, TimelineEntry
from suture.domain.usage import Usage

HOSTILE = "<script>alert(1)</script> \u202e{{ 7 * 7 }} </pre><img src=x onerror=alert(1)>"


def result(name: str, ending: Ending = Ending.RESOLVED, **changes: object) -> CaseResult:
    """Return a result that ended so."""
    given = {"name": name, "language": Language.PYTHON, "ending": ending, "seconds": 2.0}
    return CaseResult.model_validate({**given, "code": "c0de", **changes})


def hostile(name: str) -> CaseResult:
    """Return a result whose every text tries to leave its place."""
    sha, line = "a" * 40, HOSTILE
    cited = Citation(kind=CitationKind.CODE, path=line, line=1, commit=sha, quote=line)
    suspect = Suspect(
        commit=sha,
        author=line,
        committed_at=datetime(2026, 1, 5, tzinfo=UTC),
        summary=line,
        score=0.5,
        reasons=(line,),
    )
    return result(
        name,
        Ending.WRONG_FIX,
        group=line,
        labels=(line,),
        summary=line,
        ranks={Place.FILE: 2, Place.COMMIT: None},
        confidence=0.5,
        usage=Usage(model_calls=2, input_tokens=30, output_tokens=4, cost_usd=0.001),
        judge=JudgeReport(verdict=JudgeVerdict.WRONG, explanation=line, output=line),
        drill=Drill(
            event=line,
            explanation=line,
            statements=(Statement(text=line, citations=(cited,)),),
            places=(Location(path=line, line=1, function=line),),
            suspects=(suspect,),
            trials=(Trial(tried=3, green=(line,), said=line, notes=(line,)),),
            diff=f"--- a/{line}\n+++ b/{line}\n@@ -1 +1 @@\n-{line}\n+{line}\n" + "+x\n" * 9_000,
            origin=line,
            timeline=(
                TimelineEntry(
                    at=datetime(2026, 1, 5, tzinfo=UTC),
                    stage=Stage.FIX,
                    event="fix.tried",
                    summary=line,
                ),
            ),
            truth=(line,),
        ),
    )
