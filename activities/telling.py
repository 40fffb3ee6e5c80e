"""Tickets, messages and pages: the same report, told where humans look."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from temporalio import activity

from activities.failures import translated
from suture.domain.alert import Severity
from suture.domain.incident import Stage
from suture.domain.report import IncidentReport
from suture.domain.ticket import Link, ThreadRef, TicketRef, TicketState
from suture.domain.value import Line, Prose, Value
from suture.errors import InvalidInput, SutureError
from suture.ports.artifacts import ArtifactStore
from suture.ports.chat import Chat, Message, Urgency
from suture.ports.pager import Page, Pager
from suture.ports.tracker import Tracker
from suture.quiet_hours import QuietHours, told_as
from suture.reporting.excerpt import diff_of
from suture.reporting.message import message_for
from suture.reporting.ticket import ticket_for


class Links(Value):
    """Where pages about incidents are."""

    console_url: str
    temporal_url: str = ""


class TicketComment(Value):
    """A line for the ticket. Idempotent by `key`."""

    ticket: TicketRef
    key: str
    text: Prose


class Notice(Value):
    """A line for the incident's thread. Idempotent by `key`."""

    thread: ThreadRef | None = None
    """None while there is no message: an escalation pages all the same."""
    case_id: str
    key: str
    text: Line
    urgency: Urgency = Urgency.INFO
    severity: Severity = Severity.HIGH
    """How bad the incident is: quiet hours do not keep the critical ones quiet."""


def now_utc() -> datetime:
    """Return the moment."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Calling:
    """How people are called, and when they are not."""

    pager: Pager | None = None
    """Who is paged when nobody decides in time."""
    quiet_hours: tuple[QuietHours, ...] = ()
    clock: Callable[[], datetime] = now_utc


class TellingActivities:
    """Keeps the ticket and the message of an incident true."""

    def __init__(
        self,
        tracker: Tracker,
        chat: Chat,
        links: Links,
        artifacts: ArtifactStore,
        calling: Calling = Calling(),
    ) -> None:
        self._tracker = tracker
        self._chat = chat
        self._links = links
        self._artifacts = artifacts
        self._calling = calling

    @activity.defn(name="open_ticket")
    @translated
    def open_ticket(self, report: IncidentReport) -> TicketRef:
        """Find or create the ticket. Idempotency key: the case id."""
        content = ticket_for(report, self._links.console_url)
        return self._tracker.ensure_ticket(report.key.service, report.case_id, content)

    @activity.defn(name="update_ticket")
    @translated
    def update_ticket(self, report: IncidentReport) -> None:
        """Make the ticket say what the report says."""
        if report.ticket is None:
            raise InvalidInput("The report names no ticket to update.")
        self._tracker.update_ticket(report.ticket, ticket_for(report, self._links.console_url))

    @activity.defn(name="comment_ticket")
    @translated
    def comment_ticket(self, comment: TicketComment) -> None:
        """Add a line to the ticket, once."""
        self._tracker.ensure_comment(comment.ticket, comment.key, comment.text)

    @activity.defn(name="read_ticket")
    @translated
    def read_ticket(self, ticket: TicketRef) -> TicketState:
        """Return the ticket's state as humans left it."""
        return self._tracker.state(ticket)

    @activity.defn(name="open_thread")
    @translated
    def open_thread(self, report: IncidentReport) -> ThreadRef:
        """Find or post the incident's message. Idempotency key: the case id."""
        return self._chat.ensure_thread(report.case_id, self._message(report))

    @activity.defn(name="update_thread")
    @translated
    def update_thread(self, report: IncidentReport) -> None:
        """Make the message say what the report says; the page ends with the incident."""
        thread, pager = report.thread, self._calling.pager
        if thread is None:
            raise InvalidInput("The report names no thread to update.")
        steps = [lambda: self._chat.update(thread, self._message(report))]
        if pager is not None and report.summary.stage is Stage.CLOSED:
            steps.append(lambda: pager.stand_down(report.case_id))
        _all_of(*steps)

    @activity.defn(name="notify")
    @translated
    def notify(self, notice: Notice) -> None:
        """Say one thing in the thread, once; an escalation pages, too."""
        calling = self._calling
        urgency = told_as(notice.urgency, notice.severity, calling.clock(), calling.quiet_hours)
        steps: list[Callable[[], None]] = []
        thread, pager = notice.thread, calling.pager
        if thread is not None:
            steps.append(lambda: self._chat.ensure_reply(thread, notice.key, notice.text, urgency))
        if pager is not None and urgency is Urgency.ESCALATION:
            steps.append(lambda: pager.page(self._page(notice)))
        _all_of(*steps)

    def _message(self, report: IncidentReport) -> Message:
        return message_for(report, self._links.console_url, diff_of(report, self._artifacts))

    def _page(self, notice: Notice) -> Page:
        case_id, console = notice.case_id, self._links.console_url
        links = [Link(title="Message", url=notice.thread.url)] if notice.thread else []
        if console:
            page = f"{console.rstrip('/')}/incidents/{case_id}"
            links.insert(0, Link(title="Incident", url=page))
        return Page(key=case_id, summary=notice.text, severity=notice.severity, links=tuple(links))


def _all_of(*steps: Callable[[], None]) -> None:
    """Take every step, whatever becomes of the others; all of them can be repeated."""
    failed: list[SutureError] = []
    for step in steps:
        try:
            step()
        except SutureError as error:
            failed.append(error)
    if failed:
        # What may yet succeed decides whether to try again.
        raise next((error for error in failed if error.retryable), failed[0])
