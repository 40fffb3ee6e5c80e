"""Tickets in a list."""

from dataclasses import dataclass, field

from suture.domain.ticket import TicketContent, TicketRef, TicketState
from suture.errors import NotFound


@dataclass
class FakeTicket:
    ref: TicketRef
    service: str
    content: TicketContent
    """As Suture said it last."""
    state: TicketState
    closed_by_human: bool = False
    comments: dict[str, str] = field(default_factory=dict)


class FakeTracker:
    """Implements `suture.ports.tracker.Tracker`."""

    def __init__(self) -> None:
        self.tickets: dict[tuple[str, str], FakeTicket] = {}

    def ensure_ticket(self, service: str, key: str, content: TicketContent) -> TicketRef:
        number = str(len(self.tickets) + 1)
        ref = TicketRef(ticket_id=number, url=f"http://tracker.invalid/{number}")
        new = FakeTicket(ref=ref, service=service, content=content, state=content.state)
        return self.tickets.setdefault((service, key), new).ref

    def update_ticket(self, ticket: TicketRef, content: TicketContent) -> None:
        kept = self.get(ticket)
        said, kept.content = kept.content.state, content
        reopens = said is TicketState.CLOSED
        if content.state is said or (kept.closed_by_human and not reopens):
            return
        kept.state = content.state
        kept.closed_by_human = False

    def ensure_comment(self, ticket: TicketRef, key: str, text: str) -> None:
        self.get(ticket).comments.setdefault(key, text)

    def state(self, ticket: TicketRef) -> TicketState:
        return self.get(ticket).state

    def close_by_human(self, ticket_id: str, actor: str) -> None:
        del actor
        for kept in self.tickets.values():
            if kept.ref.ticket_id == ticket_id:
                kept.state, kept.closed_by_human = TicketState.CLOSED, True

    def get(self, ticket: TicketRef) -> FakeTicket:
        for kept in self.tickets.values():
            if kept.ref.ticket_id == ticket.ticket_id:
                return kept
        raise NotFound(f"No ticket {ticket.ticket_id}.")
