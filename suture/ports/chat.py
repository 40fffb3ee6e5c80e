"""Where humans are told and asked."""

from enum import StrEnum
from typing import Protocol

from pydantic import Field

from suture.domain.approval import ConsentTarget, DecisionKind
from suture.domain.ticket import Link, ThreadRef
from suture.domain.value import Line, Prose, Value

MAX_DIFF = 2_000


class Urgency(StrEnum):
    """How loudly to say it."""

    INFO = "info"
    ACTION = "action"
    """A human has to decide, and is called."""
    LATER = "later"
    """A human has to decide, and is not called: it is quiet hours."""
    ESCALATION = "escalation"
    """Nobody decided in time."""


class Ask(Value):
    """What a decision would be about, for chats that have buttons."""

    incident_id: Line
    case_id: Line
    """The occurrence that asks: a later one is another question."""
    target: ConsentTarget | None = None
    """Exactly what the message shows; whoever presses a button has seen this and nothing else.
    None: nothing can be approved."""


class Message(Value):
    """The one message of an incident, as it should read now. Text is Markdown."""

    title: Line
    text: Prose
    urgency: Urgency = Urgency.INFO
    links: tuple[Link, ...] = ()
    diff: str = Field(default="", max_length=MAX_DIFF)
    """An excerpt of the fix as a unified diff. Plain text, not Markdown."""
    ask: Ask | None = None
    """While something can be decided. Chats without buttons ignore it."""
    choices: tuple[DecisionKind, ...] = ()
    """What can be decided."""


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
