"""The branch, the commit and the pull request of a fix."""

import re
import textwrap

from suture.domain.incident import KEY_VERSION
from suture.domain.report import IncidentReport
from suture.domain.verification import Verification
from suture.errors import InvalidInput
from suture.reporting.closing import closing_nothing
from suture.reporting.rendering import one_line, render

INCIDENT_TRAILER = "Suture-Incident"
"""Names the incident on each of Suture's commits; the loop guard looks for it."""
MAX_SUBJECT = 72
BRANCH = re.compile(r"suture/([a-z0-9][a-z0-9_.-]{0,62})-([0-9a-f]{16})-[1-9][0-9]{0,8}")


def branch_for(report: IncidentReport) -> str:
    """Name the branch after the case: one per occurrence, whatever happens in between."""
    key = report.key
    return f"suture/{key.service}-{key.fingerprint[:16]}-{report.occurrence}"


def incident_of(branch: str) -> str | None:
    """Return the incident whose fix stands on this branch; None for any other branch."""
    found = BRANCH.fullmatch(branch)
    return f"incident-v{KEY_VERSION}-{found[1]}-{found[2]}" if found else None


def title_for(report: IncidentReport) -> str:
    """Name the pull request after its fix."""
    return one_line(_fix(report).patch.title)


def commit_message_for(report: IncidentReport) -> str:
    """Write subject, reason and trailers."""
    fix, diagnosis = _fix(report), report.diagnosis
    subject = closing_nothing(one_line(fix.patch.title))
    if len(subject) > MAX_SUBJECT:
        subject = subject[: MAX_SUBJECT - 1].rstrip() + "…"
    said = one_line(diagnosis.summary if diagnosis else fix.patch.rationale)
    reason = textwrap.fill(closing_nothing(said), 72)
    trailers = [f"{INCIDENT_TRAILER}: {report.case_id}"]
    if diagnosis is not None and diagnosis.suspect is not None:
        trailers.append(f"Fixes-Commit: {diagnosis.suspect.commit}")
    return "\n\n".join(part for part in (subject, reason, "\n".join(trailers)) if part) + "\n"


def body_for(report: IncidentReport, console: str) -> str:
    """Write what broke, why, what the fix does and how it was verified."""
    _fix(report)
    return render("pull_request.md.j2", report, console)


def _fix(report: IncidentReport) -> Verification:
    if report.verification is None:
        raise InvalidInput("There is no fix to write about.")
    return report.verification
