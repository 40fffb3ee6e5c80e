"""Tickets in Suture's own database, shown in the console.

A person's closing is respected: while Suture's own statement goes on saying that work is under
way, the ticket stays closed. Only news reopens it: Suture said closed and then says otherwise,
as it does when a fix regresses. Saying the same again never changes a state that a person set.
"""

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select, update

from integrations.database import insert_once, reading, row_id, writing
from integrations.schema import ticket_comments, tickets
from suture.domain.alert import Severity
from suture.domain.ticket import TicketContent, TicketRef, TicketState
from suture.domain.value import Instant, Slug, Value
from suture.errors import NotFound


class Comment(Value):
    """One line below a ticket or a pull request."""

    key: str
    text: str
    at: Instant


class Ticket(Value):
    """A ticket as pages and the command line show it."""

    ref: TicketRef
    service: Slug
    key: str
    content: TicketContent
    """As Suture said it last, with the state that holds."""
    closed_by: str | None = None
    created_at: Instant
    updated_at: Instant
    comments: tuple[Comment, ...] = ()


class LocalTracker:
    """Implements `suture.ports.tracker.Tracker`."""

    def __init__(self, engine: Engine, console_url: str) -> None:
        self._engine = engine
        self._console_url = console_url.rstrip("/")

    def ensure_ticket(self, service: Slug, key: str, content: TicketContent) -> TicketRef:
        """Find the ticket of this key or create it. Idempotency key: service and `key`."""
        now = datetime.now(UTC)
        values = {
            "service": service,
            "key": key,
            **_columns(content),
            "state": content.state,
            "created_at": now,
            "updated_at": now,
        }
        with writing(self._engine) as connection:
            insert_once(connection, tickets, values)
            chosen = (tickets.c.service == service) & (tickets.c.key == key)
            return self._ref(connection.execute(select(tickets.c.id).where(chosen)).scalar_one())

    def update_ticket(self, ticket: TicketRef, content: TicketContent) -> None:
        """Make the ticket say this. Repeating it changes nothing."""
        with writing(self._engine) as connection:
            row = _row(connection, ticket.ticket_id, lock=True)
            state = _next_state(row, content.state)
            closed_by = row.closed_by if state is TicketState.CLOSED else None
            values = {**_columns(content), "state": state, "closed_by": closed_by}
            if values == {name: getattr(row, name) for name in values}:
                return
            values["updated_at"] = datetime.now(UTC)
            connection.execute(update(tickets).where(tickets.c.id == row.id).values(values))

    def ensure_comment(self, ticket: TicketRef, key: str, text: str) -> None:
        """Add the comment unless one with this key is there."""
        with writing(self._engine) as connection:
            row = _row(connection, ticket.ticket_id)
            values = {"ticket_id": row.id, "key": key, "text": text, "at": datetime.now(UTC)}
            insert_once(connection, ticket_comments, values)

    def state(self, ticket: TicketRef) -> TicketState:
        """Return the ticket's state, as a human may have changed it."""
        with reading(self._engine) as connection:
            return TicketState(_row(connection, ticket.ticket_id).state)

    def close_by_human(self, ticket_id: str, actor: str) -> None:
        """Close it in a person's name."""
        self._set_by_human(ticket_id, actor, TicketState.CLOSED)

    def reopen_by_human(self, ticket_id: str, actor: str) -> None:
        """Reopen it in a person's name; it stays open until Suture has news."""
        self._set_by_human(ticket_id, actor, TicketState.OPEN)

    def list_tickets(self, limit: int = 100) -> tuple[Ticket, ...]:
        """Return tickets without their comments, newest first."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(tickets).order_by(tickets.c.id.desc()).limit(limit))
            return tuple(self._ticket(row, ()) for row in rows)

    def get_ticket(self, ticket_id: str) -> Ticket:
        """Return one ticket with its comments, oldest first.

        Raises:
            NotFound: there is no such ticket.
        """
        with reading(self._engine) as connection:
            row = _row(connection, ticket_id)
            chosen = select(ticket_comments).where(ticket_comments.c.ticket_id == row.id)
            comments = connection.execute(chosen.order_by(ticket_comments.c.id))
            return self._ticket(
                row, tuple(Comment(key=one.key, text=one.text, at=one.at) for one in comments)
            )

    def _set_by_human(self, ticket_id: str, actor: str, state: TicketState) -> None:
        now = datetime.now(UTC)
        with writing(self._engine) as connection:
            row = _row(connection, ticket_id, lock=True)
            if row.state == state:
                return
            closed_by = actor if state is TicketState.CLOSED else None
            values = {"state": state, "closed_by": closed_by, "updated_at": now}
            connection.execute(update(tickets).where(tickets.c.id == row.id).values(values))
            verb = "Closed" if state is TicketState.CLOSED else "Reopened"
            note = {"ticket_id": row.id, "key": f"human/{now.isoformat()}", "at": now}
            connection.execute(insert(ticket_comments).values(text=f"{verb} by {actor}.", **note))

    def _ref(self, row_id: int) -> TicketRef:
        return TicketRef(ticket_id=str(row_id), url=f"{self._console_url}/tickets/{row_id}")

    def _ticket(self, row: Row[Any], comments: tuple[Comment, ...]) -> Ticket:
        return Ticket(
            ref=self._ref(row.id),
            service=row.service,
            key=row.key,
            content=TicketContent(
                title=row.title,
                body=row.body,
                severity=Severity(row.severity),
                state=TicketState(row.state),
                labels=tuple(json.loads(row.labels)),
            ),
            closed_by=row.closed_by,
            created_at=row.created_at,
            updated_at=row.updated_at,
            comments=comments,
        )


def _columns(content: TicketContent) -> dict[str, object]:
    return {
        "title": content.title,
        "body": content.body,
        "severity": content.severity,
        "labels": json.dumps(content.labels),
        "said_state": content.state,
    }


def _next_state(row: Row[Any], said: TicketState) -> TicketState:
    if said == row.said_state:
        return TicketState(row.state)
    if row.closed_by is not None and row.said_state != TicketState.CLOSED:
        return TicketState.CLOSED
    return said


def _row(connection: Connection, ticket_id: str, *, lock: bool = False) -> Row[Any]:
    query = select(tickets).where(tickets.c.id == row_id(ticket_id))
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotFound(f"There is no ticket {ticket_id[:40]}.")
    return row
