"""Which call to a model is which."""

import re

from suture.canonical import digest_of
from suture.domain.value import Digest
from suture.ports.model import ModelRequest

NUMBERS = re.compile(r"[0-9a-f]{7,64}|\d+(?:\.\d+)?")


def content_of(request: ModelRequest) -> Digest:
    """Return the digest of all that decides the reply."""
    return digest_of(request.model_dump(mode="json", exclude={"key", "timeout_seconds"}))


def key_of(request: ModelRequest, scope: str) -> Digest:
    """Return the idempotency key of a call within a conversation that the scope names."""
    return digest_of([scope, content_of(request)])


def step_of(request: ModelRequest) -> Digest:
    """Return what a recorded session knows a call by: its model, its task and the replies so far.

    Numbers and digests in the task are passed over, since commits and times differ from run to
    run; so are the answers of tools, which follow from the replies.
    """
    task = next((turn.content for turn in request.turns if turn.role == "user"), "")
    said = [
        [turn.content, *([call.name, call.arguments] for call in turn.tool_calls)]
        for turn in request.turns
        if turn.role == "assistant"
    ]
    return digest_of([request.model, NUMBERS.sub("#", task), NUMBERS.sub("#", str(said))])
