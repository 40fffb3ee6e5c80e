"""Tickets and messages: the same report, told where humans look."""

from temporalio import activity

from activities.failures import translated
from suture.domain.report import IncidentReport
from suture.domain.ticket import ThreadRef, TicketRef, TicketState
from suture.domain.value import Line, Prose, Value
from suture.errors import InvalidInput
from suture.ports.chat import Chat, Urgency
from suture.ports.tracker import Tracker
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

    thread: ThreadRef
    key: str
    text: Line
    urgency: Urgency = Urgency.INFO


class TellingActivities:
    """Keeps the ticket and the message of an incident true."""

    def __init__(self, tracker: Tracker, chat: Chat, links: Links) -> None:
        self._tracker = tracker
        self._chat = chat
        self._links = links

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
        return self._chat.ensure_thread(
            report.case_id, message_for(report, self._links.console_url)
        )

    @activity.defn(name="update_thread")
    @translated
    def update_thread(self, report: IncidentReport) -> None:
        """Make the message say what the report says."""
        if report.thread is None:
            raise InvalidInput("The report names no thread to update.")
        self._chat.update(report.thread, message_for(report, self._links.console_url))

    @activity.defn(name="notify")
    @translated
    def notify(self, notice: Notice) -> None:
        """Say one thing in the thread, once."""
        self._chat.ensure_reply(notice.thread, notice.key, notice.text, notice.urgency)
