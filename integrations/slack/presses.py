"""Buttons that were pressed and decisions that were typed.

They are kept until their incident has them and its verdict is told.
"""

from datetime import datetime, timedelta

from pydantic import TypeAdapter
from sqlalchemy import Engine, delete, select, update

from integrations.database import insert_once, reading, writing
from integrations.schema import slack_presses
from integrations.slack.commands import Typed
from integrations.slack.interaction import Press
from suture.domain.value import Value

KEEP = timedelta(days=7)
"""How long a press that is done is remembered; Slack's signature holds for five minutes."""


KEPT: TypeAdapter[Press | Typed] = TypeAdapter(Press | Typed)


class Waiting(Value):
    """A press that is not done, and how far it is."""

    press: Press | Typed
    tries: int
    delivered: bool
    """Its incident has it; what is missing is the verdict."""


class SlackPresses:
    """A queue in Suture's database; it survives the process that filled it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, press: Press | Typed) -> bool:
        """Keep a press durably; False if it is known. Idempotency key: its decision id."""
        values = {
            "decision_id": press.decision_id,
            "press": press.model_dump_json(),
            "due_at": press.pressed_at,
            "tries": 0,
            "delivered": False,
            "done": False,
        }
        with writing(self._engine) as connection:
            return insert_once(connection, slack_presses, values)

    def due(self, now: datetime, limit: int = 20) -> tuple[Waiting, ...]:
        """Return presses whose time has come, the oldest first."""
        query = (
            select(slack_presses)
            .where(slack_presses.c.done.is_(False), slack_presses.c.due_at <= now)
            .order_by(slack_presses.c.due_at, slack_presses.c.decision_id)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return tuple(
                Waiting(
                    press=KEPT.validate_json(row.press),
                    tries=row.tries,
                    delivered=row.delivered,
                )
                for row in connection.execute(query)
            )

    def postpone(self, waiting: Waiting, until: datetime) -> None:
        """Try again then."""
        self._change(waiting.press.decision_id, due_at=until, tries=waiting.tries + 1)

    def settle(self, press: Press) -> None:
        """Keep what a typed decision turned out to be about: it stays that, however often sent."""
        self._change(press.decision_id, press=press.model_dump_json())

    def mark_delivered(self, press: Press) -> None:
        """Keep that the incident has it."""
        self._change(press.decision_id, delivered=True)

    def finish(self, press: Press | Typed, now: datetime) -> None:
        """Keep only that it is known; who may answer it is forgotten."""
        kept = press.model_copy(update={"response_url": ""})
        self._change(press.decision_id, press=kept.model_dump_json(), due_at=now, done=True)
        old = delete(slack_presses).where(
            slack_presses.c.done.is_(True), slack_presses.c.due_at < now - KEEP
        )
        with writing(self._engine) as connection:
            connection.execute(old)

    def _change(self, decision_id: str, **values: object) -> None:
        chosen = update(slack_presses).where(slack_presses.c.decision_id == decision_id)
        with writing(self._engine) as connection:
            connection.execute(chosen.values(**values))
