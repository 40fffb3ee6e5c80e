"""The one message of an incident."""

from suture.domain.incident import Stage
from suture.domain.report import IncidentReport
from suture.domain.ticket import Link
from suture.ports.chat import Ask, Message, Urgency
from suture.reporting.rendering import one_line, render

NEEDS_A_HUMAN = {Stage.APPROVAL, Stage.HUMAN}


def message_for(report: IncidentReport, console: str) -> Message:
    """Write the message as it should read now."""
    links = []
    if console:
        page = f"{console.rstrip('/')}/incidents/{report.key.incident_id}"
        links.append(Link(title="Incident", url=page))
    if report.ticket is not None:
        links.append(Link(title=f"Ticket {report.ticket.ticket_id}", url=report.ticket.url))
    if report.pull_request is not None:
        title = f"Pull request #{report.pull_request.number}"
        links.append(Link(title=title, url=report.pull_request.url))
    acts = report.summary.stage in NEEDS_A_HUMAN
    return Message(
        title=one_line(report.summary.title)[:500],
        text=render("message.md.j2", report, console)[:8_000],
        urgency=Urgency.ACTION if acts else Urgency.INFO,
        links=tuple(links),
        ask=_ask_of(report),
    )


def _ask_of(report: IncidentReport) -> Ask | None:
    waits = report.summary.stage is Stage.APPROVAL and report.consent is None
    if report.target is None or not waits:
        return None
    return Ask(incident_id=report.key.incident_id, case_id=report.case_id, target=report.target)
