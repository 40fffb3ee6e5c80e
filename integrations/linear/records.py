"""What Suture writes down about its tickets in Linear, so that it can tell its words from people's.

An issue's id follows from its key, so nothing is lost for good when these records are: Suture
then takes what it finds for people's words.
"""

import json

from sqlalchemy import Engine, select, update

from integrations.database import insert_once, reading, writing
from integrations.schema import linear_tickets
from suture.domain.ticket import TicketContent, TicketState
from suture.domain.value import Value


class Record(Value):
    """One ticket as Suture knows it."""

    issue_id: str
    url: str | None
    """Where people open it; unset until Linear showed it."""
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
        with writing(self._engine) as connection:
            insert_once(connection, linear_tickets, values)
        return self.find(issue_id)

    def find(self, issue_id: str) -> Record:
        """Return the record of this issue; an empty one if there is none."""
        chosen = select(linear_tickets).where(linear_tickets.c.issue_id == issue_id)
        with reading(self._engine) as connection:
            row = connection.execute(chosen).one_or_none()
        if row is None:
            return Record(issue_id=issue_id, url=None, said=None, said_state=TicketState.OPEN)
        said = None if row.said is None else TicketContent.model_validate(json.loads(row.said))
        return Record(
            issue_id=row.issue_id,
            url=row.url,
            said=said,
            said_state=TicketState(row.said_state),
        )

    def creates(self, record: Record, content: TicketContent) -> None:
        """Write down what a create says, before it is sent: its answer may be lost."""
        self._set(record.issue_id, said=content.model_dump_json(exclude={"links"}))

    def seen(self, record: Record, url: str) -> None:
        """Write down where people open it."""
        self._set(record.issue_id, url=url)

    def said(self, record: Record, content: TicketContent) -> None:
        """Write down what Linear holds now by Suture's own hand, or a person overruled."""
        self.begin(record.issue_id)
        self._set(record.issue_id, said=content.model_dump_json(), said_state=content.state)

    def _set(self, issue_id: str, **values: object) -> None:
        chosen = update(linear_tickets).where(linear_tickets.c.issue_id == issue_id)
        with writing(self._engine) as connection:
            connection.execute(chosen.values(**values))
