"""The one message of an incident."""

from suture.domain.approval import DecisionKind
from suture.domain.incident import Stage
from suture.domain.report import IncidentReport
from suture.domain.ticket import Link
from suture.ports.chat import Ask, Message, Urgency
from suture.reporting.excerpt import excerpt
from suture.reporting.rendering import one_line, render, source_links

NEEDS_A_HUMAN = {Stage.APPROVAL, Stage.HUMAN}
OVER = {Stage.HUMAN, Stage.CLOSED}
"""Stages in which nothing is left to decide: a human has it already, or nobody has."""
REVOKING = (DecisionKind.REQUEST_CHANGES, DecisionKind.REJECT, DecisionKind.TAKE_OVER)
"""What stops a merge that was approved and is not made yet: ADR 14."""


def message_for(report: IncidentReport, console: str, diff: str = "") -> Message:
    """Write the message as it should read now; of the fix's diff an excerpt is shown."""
    links = []
    if console:
        page = f"{console.rstrip('/')}/incidents/{report.key.incident_id}"
        links.append(Link(title="Incident", url=page))
    if report.ticket is not None:
        links.append(Link(title=f"Ticket {report.ticket.ticket_id}", url=report.ticket.url))
    links += source_links(report)
    if report.pull_request is not None:
        title = f"Pull request #{report.pull_request.number}"
        links.append(Link(title=title, url=report.pull_request.url))
    approved = report.consent is not None and report.summary.stage is Stage.APPROVAL
    acts = report.summary.stage in NEEDS_A_HUMAN and not approved
    choices = choices_of(report)
    return Message(
        title=one_line(report.summary.title)[:500],
        text=render("message.md.j2", report, console)[:8_000],
        urgency=Urgency.ACTION if acts else Urgency.INFO,
        links=tuple(links),
        diff=excerpt(diff),
        ask=_ask_of(report) if choices else None,
        choices=choices,
    )


def choices_of(report: IncidentReport) -> tuple[DecisionKind, ...]:
    """Return what can be decided now; an approval that was given can be taken back."""
    stage = report.summary.stage
    if stage in OVER or report.resolution is not None:
        return ()
    if stage is not Stage.APPROVAL or report.merge_sha is not None:
        return (DecisionKind.TAKE_OVER,)
    if report.target is None or report.consent is not None:
        return REVOKING
    return (DecisionKind.APPROVE, *REVOKING)


def _ask_of(report: IncidentReport) -> Ask:
    return Ask(incident_id=report.key.incident_id, case_id=report.case_id, target=report.target)
