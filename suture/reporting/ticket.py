"""The ticket of an incident."""

from suture.domain.report import IncidentReport
from suture.domain.ticket import Link, TicketContent, TicketState
from suture.reporting.rendering import one_line, render, source_links

OPENING = {"detected", "ticket"}


def ticket_for(report: IncidentReport, console: str) -> TicketContent:
    """Write the ticket as it should read now."""
    summary = report.summary
    return TicketContent(
        title=one_line(f"[{summary.service}] {summary.title}")[:500],
        body=render("ticket.md.j2", report, console),
        severity=summary.severity,
        state=_state(report),
        labels=("suture", summary.service, f"severity-{summary.severity}"),
        links=_links(report),
    )


def _links(report: IncidentReport) -> tuple[Link, ...]:
    links = list(source_links(report))
    if report.pull_request is not None:
        opened = report.pull_request
        links.append(Link(title=f"Pull request #{opened.number}", url=opened.url))
    return tuple(links)


def _state(report: IncidentReport) -> TicketState:
    if report.resolution is not None and report.resolution.ticket_closed:
        return TicketState.CLOSED
    return TicketState.OPEN if report.summary.stage in OPENING else TicketState.IN_PROGRESS
