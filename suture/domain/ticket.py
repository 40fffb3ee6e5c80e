"""A ticket as a tracker holds it."""

from enum import StrEnum

from suture.domain.alert import Severity
from suture.domain.value import Line, Value


class TicketState(StrEnum):
    """The three states that every tracker can express."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    CLOSED = "closed"


class Link(Value):
    """A named pointer shown on tickets and messages."""

    title: Line
    url: str


class TicketRef(Value):
    """What histories hold of a ticket."""

    ticket_id: str
    url: str


class TicketContent(Value):
    """What a ticket says. Text is Markdown."""

    title: Line
    body: str
    severity: Severity
    state: TicketState = TicketState.OPEN
    labels: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    """Pages that a tracker shows beside the text, such as the pull request."""


class ThreadRef(Value):
    """What histories hold of an incident's message thread."""

    thread_id: str
    url: str
