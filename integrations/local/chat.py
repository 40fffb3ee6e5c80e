"""The console's inbox: one message per incident with its replies, in Suture's own database."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, select, update

from integrations.database import insert_once, reading, row_id, writing
from integrations.schema import replies, threads
from suture.domain.ticket import ThreadRef
from suture.domain.value import Instant, Value
from suture.errors import NotFound
from suture.ports.chat import Message, Urgency


class Reply(Value):
    """One line of a thread."""

    key: str
    text: str
    urgency: Urgency
    at: Instant


class Thread(Value):
    """A message with its replies, as pages and the command line show it."""

    ref: ThreadRef
    key: str
    message: Message
    created_at: Instant
    updated_at: Instant
    replies: tuple[Reply, ...] = ()


class LocalChat:
    """Implements `suture.ports.chat.Chat`."""

    def __init__(self, engine: Engine, console_url: str) -> None:
        self._engine = engine
        self._console_url = console_url.rstrip("/")

    def ensure_thread(self, key: str, message: Message) -> ThreadRef:
        """Find the message of this key or post it. Idempotency key: `key`."""
        now = datetime.now(UTC)
        values = {"key": key, **_columns(message), "created_at": now, "updated_at": now}
        with writing(self._engine) as connection:
            insert_once(connection, threads, values)
            query = select(threads.c.id).where(threads.c.key == key)
            return self._ref(connection.execute(query).scalar_one())

    def update(self, thread: ThreadRef, message: Message) -> None:
        """Make the message say this."""
        with writing(self._engine) as connection:
            row = _row(connection, thread.thread_id)
            values = _columns(message)
            if values["message"] == row.message:
                return
            chosen = update(threads).where(threads.c.id == row.id)
            connection.execute(chosen.values(**values, updated_at=datetime.now(UTC)))

    def ensure_reply(self, thread: ThreadRef, key: str, text: str, urgency: Urgency) -> None:
        """Add a line to the thread unless one with this key is there."""
        now = datetime.now(UTC)
        with writing(self._engine) as connection:
            row = _row(connection, thread.thread_id)
            values = {
                "thread_id": row.id,
                "key": key,
                "text": text,
                "urgency": urgency,
                "at": now,
            }
            if insert_once(connection, replies, values):
                chosen = update(threads).where(threads.c.id == row.id)
                connection.execute(chosen.values(updated_at=now))

    def list_threads(self, limit: int = 100) -> tuple[Thread, ...]:
        """Return threads without their replies, the last changed first."""
        newest = select(threads).order_by(threads.c.updated_at.desc(), threads.c.id.desc())
        with reading(self._engine) as connection:
            return tuple(self._thread(row, ()) for row in connection.execute(newest.limit(limit)))

    def get_thread(self, thread_id: str) -> Thread:
        """Return one thread with its replies, oldest first.

        Raises:
            NotFound: there is no such thread.
        """
        with reading(self._engine) as connection:
            row = _row(connection, thread_id)
            query = select(replies).where(replies.c.thread_id == row.id).order_by(replies.c.id)
            found = tuple(
                Reply(key=one.key, text=one.text, urgency=Urgency(one.urgency), at=one.at)
                for one in connection.execute(query)
            )
            return self._thread(row, found)

    def _ref(self, number: int) -> ThreadRef:
        return ThreadRef(thread_id=str(number), url=f"{self._console_url}/inbox/{number}")

    def _thread(self, row: Row[Any], found: tuple[Reply, ...]) -> Thread:
        return Thread(
            ref=self._ref(row.id),
            key=row.key,
            message=Message.model_validate_json(row.message),
            created_at=row.created_at,
            updated_at=row.updated_at,
            replies=found,
        )


def _columns(message: Message) -> dict[str, str]:
    return {"message": message.model_dump_json()}


def _row(connection: Connection, thread_id: str) -> Row[Any]:
    query = select(threads).where(threads.c.id == row_id(thread_id))
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"There is no thread {thread_id[:40]}.")
    return row
