"""Where humans are told and asked."""

from enum import StrEnum
from typing import Protocol

from suture.domain.approval import ConsentTarget
from suture.domain.ticket import Link, ThreadRef
from suture.domain.value import Line, Prose, Value


class Urgency(StrEnum):
    """How loudly to say it."""

    INFO = "info"
    ACTION = "action"
    """A human has to decide."""
    ESCALATION = "escalation"
    """Nobody decided in time."""


class Ask(Value):
    """What a decision would be about, for chats that have buttons."""

    incident_id: Line
    case_id: Line
    """The occurrence that asks: a later one is another question."""
    target: ConsentTarget
    """Exactly what the message shows; whoever presses a button has seen this and nothing else."""


class Message(Value):
    """The one message of an incident, as it should read now. Text is Markdown."""

    title: Line
    text: Prose
    urgency: Urgency = Urgency.INFO
    links: tuple[Link, ...] = ()
    ask: Ask | None = None
    """While the incident waits for an approval. Chats without buttons ignore it."""


class Chat(Protocol):
    """One message per incident, updated in place, with a thread for the story."""

    def ensure_thread(self, key: str, message: Message) -> ThreadRef:
        """Find the message of this key or post it. Idempotency key: `key`."""
        ...

    def update(self, thread: ThreadRef, message: Message) -> None:
        """Make the message say this."""
        ...

    def ensure_reply(self, thread: ThreadRef, key: str, text: str, urgency: Urgency) -> None:
        """Add a line to the thread unless one with this key is there."""
        ...
