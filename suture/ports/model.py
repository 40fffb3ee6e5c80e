"""A language model that can call tools."""

from enum import StrEnum
from typing import Literal, Protocol

from pydantic import Field, JsonValue

from suture.domain.usage import Usage
from suture.domain.value import Digest, Value


class ToolCall(Value):
    """A tool call as the model wrote it: hostile text until validated."""

    call_id: str
    name: str
    arguments: str
    """JSON, supposedly."""


class ChatTurn(Value):
    """One message of the conversation."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    call_id: str | None = None
    """For a tool's answer: which call it answers."""


class ToolSpec(Value):
    """A tool that the model may call."""

    name: str
    description: str
    parameters: dict[str, JsonValue]
    """JSON Schema of the arguments."""


class ModelRequest(Value):
    """One call to a model."""

    model: str
    """litellm's model string."""
    turns: tuple[ChatTurn, ...]
    tools: tuple[ToolSpec, ...] = ()
    max_output_tokens: int = Field(default=4_096, ge=1)
    timeout_seconds: float = Field(default=120.0, gt=0)
    key: Digest | None = None
    """Idempotency key: the same key again is the same call, and is not to be paid again."""


class ReplySource(StrEnum):
    """Where a reply comes from."""

    ASKED = "asked"
    KEPT = "kept"
    """It was paid for under the same key before, by a worker that then died."""
    CACHED = "cached"
    """The same question was answered under another key; it costs nothing again."""
    RECORDED = "recorded"
    """It is from a recorded session; nobody was asked."""


class ModelReply(Value):
    """What came back, and what it cost."""

    turn: ChatTurn
    usage: Usage
    truncated: bool = False
    seconds: float = Field(default=0.0, ge=0)
    """How long the model took."""
    source: ReplySource = ReplySource.ASKED


class Model(Protocol):
    """Any language model."""

    def complete(self, request: ModelRequest) -> ModelReply:
        """Ask once, without retries of its own.

        Raises:
            RateLimited, Unreachable: ask again later.
            ContextExceeded: the conversation is longer than the model can read.
            ModelRefused: the request or the answer can never work.
        """
        ...
