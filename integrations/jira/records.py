"""What Suture writes down about its tickets in Jira before and after it touches them.

Jira knows no idempotency keys. A create is written down before it is sent, so that a retry knows
that it is in doubt, and looks for what it made instead of making another one.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, select, update

from integrations.database import insert_once, reading, writing
from integrations.schema import jira_aliases, jira_comments, jira_tickets
from suture.domain.ticket import TicketContent, TicketState
from suture.domain.value import Slug, Value
from suture.errors import NotFound, Unreachable


class Record(Value):
    """One ticket as Suture knows it."""

    row: int
    service: Slug
    key: str
    mark: str
    """Label and property that tell Suture's ticket of this key."""
    issue_key: str | None
    creates: int
    """How many creates were sent; more than one may have made twins."""
    may_have_twin: bool
    """Whether the index can show by now what it was not yet asked for."""
    said: TicketContent | None
    """What Jira holds by Suture's own hand, or None before the first time."""
    said_state: TicketState


class JiraRecords:
    """Reads and writes them. Every method is one durable transaction."""

    def __init__(self, engine: Engine, settle_seconds: float) -> None:
        self._engine = engine
        self._settle = timedelta(seconds=settle_seconds)

    def begin(self, service: Slug, key: str, mark: str) -> Record:
        """Return the record of this ticket, made if there is none."""
        values = {"service": service, "key": key, "mark": mark, "creates": 0, "alone": False}
        with writing(self._engine) as connection:
            state = {"said_state": TicketState.OPEN}
            insert_once(connection, jira_tickets, {**values, **state})
            chosen = select(jira_tickets).where(jira_tickets.c.mark == mark)
            return self._record(connection.execute(chosen).one())

    def find(self, ticket_id: str) -> Record:
        """Return the record of a ticket by any key that it ever had.

        Raises:
            NotFound: Suture made no such ticket.
        """
        chosen = (
            select(jira_tickets)
            .join(jira_aliases, jira_aliases.c.ticket_id == jira_tickets.c.id)
            .where(jira_aliases.c.issue_key == ticket_id)
        )
        with reading(self._engine) as connection:
            row = connection.execute(chosen).one_or_none()
        if row is None:
            raise NotFound(f"Suture has no ticket {ticket_id[:40]} in Jira.")
        return self._record(row)

    def claim_create(self, record: Record, content: TicketContent) -> None:
        """Write down that a create is sent now, and what it says.

        Raises:
            Unreachable: one was sent a moment ago, and what it made may not show yet.
        """
        with writing(self._engine) as connection:
            chosen = select(jira_tickets).where(jira_tickets.c.id == record.row)
            row = connection.execute(chosen.with_for_update()).one()
            self._wait_for(row.sent_at)
            if row.issue_key is not None:
                raise Unreachable("Another call found the ticket meanwhile.")
            values = {
                "sent_at": datetime.now(UTC),
                "creates": row.creates + 1,
                "said": content.model_dump_json(exclude={"links"}),
            }
            connection.execute(_of(record).values(values))

    def create_refused(self, record: Record) -> None:
        """Write down that the create made nothing."""
        with writing(self._engine) as connection:
            values = {"sent_at": None, "creates": jira_tickets.c.creates - 1}
            connection.execute(_of(record).values(values))

    def created(self, record: Record, issue_key: str) -> None:
        """Write down which issue it is; earlier keys go on leading to it."""
        with writing(self._engine) as connection:
            connection.execute(_of(record).values(issue_key=issue_key))
            alias = {"issue_key": issue_key, "ticket_id": record.row}
            insert_once(connection, jira_aliases, alias)

    def alone(self, record: Record) -> None:
        """Write down that one create made one issue: what is between may send a request twice."""
        with writing(self._engine) as connection:
            connection.execute(_of(record).values(alone=True))

    def is_twin(self, record: Record, issue_key: str) -> bool:
        """Whether this issue is known as a further one of the ticket, and dealt with."""
        chosen = (jira_aliases.c.issue_key == issue_key) & (jira_aliases.c.ticket_id == record.row)
        with reading(self._engine) as connection:
            known = connection.execute(select(jira_aliases).where(chosen)).one_or_none()
        return known is not None and issue_key != record.issue_key

    def twin(self, record: Record, issue_key: str) -> None:
        """Write down that this further issue of the ticket was dealt with."""
        with writing(self._engine) as connection:
            alias = {"issue_key": issue_key, "ticket_id": record.row}
            insert_once(connection, jira_aliases, alias)

    def said(self, record: Record, content: TicketContent) -> None:
        """Write down what Jira's fields hold now by Suture's own hand."""
        with writing(self._engine) as connection:
            connection.execute(_of(record).values(said=content.model_dump_json()))

    def said_state(self, record: Record, state: TicketState) -> None:
        """Write down which state Suture said, and Jira has or a human overruled."""
        with writing(self._engine) as connection:
            connection.execute(_of(record).values(said_state=state))

    def claim_comment(self, record: Record, mark: str) -> tuple[bool, bool]:
        """Return whether the comment is there, and else whether it is in doubt."""
        now = datetime.now(UTC)
        values = {"ticket_id": record.row, "mark": mark, "sent_at": now, "done": False}
        with writing(self._engine) as connection:
            fresh = insert_once(connection, jira_comments, values)
            row = _comment(connection, record, mark)
            return bool(row.done), not fresh

    def repeat_comment(self, record: Record, mark: str) -> None:
        """Write down that a comment which did not show is sent again.

        Raises:
            Unreachable: it was sent a moment ago and may still be under way.
        """
        with writing(self._engine) as connection:
            self._wait_for(_comment(connection, record, mark).sent_at)
            connection.execute(_of_comment(record, mark).values(sent_at=datetime.now(UTC)))

    def comment_refused(self, record: Record, mark: str) -> None:
        """Write down that the comment made nothing."""
        with writing(self._engine) as connection:
            connection.execute(_of_comment(record, mark).values(sent_at=None))

    def commented(self, record: Record, mark: str) -> None:
        """Write down that the comment is there."""
        with writing(self._engine) as connection:
            connection.execute(_of_comment(record, mark).values(done=True))

    def _record(self, row: Row[Any]) -> Record:
        shows = row.sent_at is None or datetime.now(UTC) >= row.sent_at + self._settle
        said = None if row.said is None else TicketContent.model_validate(json.loads(row.said))
        return Record(
            row=row.id,
            service=row.service,
            key=row.key,
            mark=row.mark,
            issue_key=row.issue_key,
            creates=row.creates,
            may_have_twin=shows and not row.alone,
            said=said,
            said_state=TicketState(row.said_state),
        )

    def _wait_for(self, sent_at: datetime | None) -> None:
        if sent_at is None:
            return
        left = (sent_at + self._settle - datetime.now(UTC)).total_seconds()
        if left > 0:
            raise Unreachable(
                "Jira may not show yet what it was asked to create.", retry_after_seconds=left
            )


def _of(record: Record) -> Any:  # noqa: ANN401 -- a statement
    return update(jira_tickets).where(jira_tickets.c.id == record.row)


def _of_comment(record: Record, mark: str) -> Any:  # noqa: ANN401 -- a statement
    chosen = (jira_comments.c.ticket_id == record.row) & (jira_comments.c.mark == mark)
    return update(jira_comments).where(chosen)


def _comment(connection: Connection, record: Record, mark: str) -> Row[Any]:
    chosen = (jira_comments.c.ticket_id == record.row) & (jira_comments.c.mark == mark)
    return connection.execute(select(jira_comments).where(chosen).with_for_update()).one()
