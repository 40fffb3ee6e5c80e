"""What Suture writes down about its tickets in Linear, so that it can tell its words from people's.

An issue's id follows from its key, so nothing is lost for good when these records are: Suture
then takes what it finds for people's words.
"""

import json
from typing import Any

from sqlalchemy import Engine, Row, select, update

from integrations.database import insert_once, reading, writing
from integrations.schema import linear_tickets
from suture.domain.ticket import TicketContent, TicketRef, TicketState
from suture.domain.value import Value


class Record(Value):
    """One ticket as Suture knows it."""

    issue_id: str
    ticket: TicketRef | None
    """What was handed out; unset until Linear showed the issue."""
    said: TicketContent | None
    """What Linear holds by Suture's own hand, or None before the first time."""
    said_state: TicketState


class LinearRecords:
    """Reads and writes them. Every method is one durable transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self, issue_id: str) -> Record:
        """Return the record of this issue, made if there is none."""
        values = {"issue_id": issue_id, "said_state": TicketState.OPEN}
        chosen = select(linear_tickets).where(linear_tickets.c.issue_id == issue_id)
        with writing(self._engine) as connection:
            insert_once(connection, linear_tickets, values)
            return _record(connection.execute(chosen).one())

    def find(self, ticket: TicketRef) -> Record | None:
        """Return the record of a ticket that was handed out, whatever Linear calls it by now."""
        chosen = select(linear_tickets).where(linear_tickets.c.identifier == ticket.ticket_id)
        with reading(self._engine) as connection:
            found = [_record(row) for row in connection.execute(chosen)]
        # Another workspace may have had the same team.
        same = (one for one in found if one.ticket == ticket)
        return next(same, found[0] if len(found) == 1 else None)

    def creates(self, record: Record, content: TicketContent) -> None:
        """Write down what a create says, before it is sent: its answer may be lost."""
        self._set(record.issue_id, said=content.model_dump_json(exclude={"links"}))

    def seen(self, record: Record, ticket: TicketRef) -> None:
        """Write down what is handed out."""
        self._set(record.issue_id, identifier=ticket.ticket_id, url=ticket.url)

    def said(self, record: Record, content: TicketContent) -> None:
        """Write down what Linear holds now by Suture's own hand, or a person overruled."""
        self._set(record.issue_id, said=content.model_dump_json(), said_state=content.state)

    def _set(self, issue_id: str, **values: object) -> None:
        chosen = update(linear_tickets).where(linear_tickets.c.issue_id == issue_id)
        with writing(self._engine) as connection:
            connection.execute(chosen.values(**values))


def _record(row: Row[Any]) -> Record:
    said = None if row.said is None else TicketContent.model_validate(json.loads(row.said))
    return Record(
        issue_id=row.issue_id,
        ticket=None if row.url is None else TicketRef(ticket_id=row.identifier, url=row.url),
        said=said,
        said_state=TicketState(row.said_state),
    )
