"""Where tickets live."""

from typing import Protocol

from suture.domain.ticket import TicketContent, TicketRef, TicketState
from suture.domain.value import Slug


class Tracker(Protocol):
    """Tickets. A human's edits and a human's closing are respected."""

    def ensure_ticket(self, service: Slug, key: str, content: TicketContent) -> TicketRef:
        """Find the ticket of this key or create it. Idempotency key: `key`."""
        ...

    def update_ticket(self, ticket: TicketRef, content: TicketContent) -> None:
        """Make Suture's own part of the ticket say this. Repeating it changes nothing."""
        ...

    def ensure_comment(self, ticket: TicketRef, key: str, text: str) -> None:
        """Add the comment unless one with this key is there."""
        ...

    def state(self, ticket: TicketRef) -> TicketState:
        """Return the ticket's state, as a human may have changed it."""
        ...
