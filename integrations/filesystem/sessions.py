"""Conversations with models in a file, one reply per line, to be had again without any network."""

import fcntl
from functools import cached_property
from pathlib import Path

from pydantic import ValidationError

from suture.agent.requests import step_of
from suture.domain.value import Digest, Value
from suture.errors import ModelRefused, SettingsError
from suture.ports.model import Model, ModelReply, ModelRequest, ReplySource

MAX_SESSION_BYTES = 64 << 20


class Step(Value):
    """One line of a session."""

    step: Digest
    """Of the model, the task and the replies before; see `suture.agent.requests.step_of`."""
    model: str
    reply: ModelReply


class RecordingModel:
    """Implements `suture.ports.model.Model`: asks another one, and writes down what it says."""

    def __init__(self, model: Model, path: Path) -> None:
        self._model = model
        self._path = path

    def complete(self, request: ModelRequest) -> ModelReply:
        """Ask, and append the reply to the file.

        Raises:
            SettingsError: the file cannot be written.
        """
        reply = self._model.complete(request)
        line = Step(step=step_of(request), model=request.model, reply=reply).model_dump_json()
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                file.write(f"{line}\n")
        except OSError as error:
            raise SettingsError(f"model.record cannot be written: {error.strerror}.") from error
        return reply


class RecordedModel:
    """Implements `suture.ports.model.Model` from a file alone."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def complete(self, request: ModelRequest) -> ModelReply:
        """Return what was said at this step of this conversation.

        Raises:
            ModelRefused: the session holds no such step.
            SettingsError: the file is no session.
        """
        reply = self._replies.get(step_of(request))
        if reply is None:
            raise ModelRefused(
                f"The recorded session {self._path.name} has no reply of {request.model} to this:"
                " its task or what was said before differs. Record it anew."
            )
        return reply.model_copy(update={"source": ReplySource.RECORDED})

    @cached_property
    def _replies(self) -> dict[Digest, ModelReply]:
        try:
            with self._path.open("rb") as file:
                lines = file.read(MAX_SESSION_BYTES).splitlines()
            steps = [Step.model_validate_json(line) for line in lines]
        except (OSError, ValidationError) as error:
            raise SettingsError(f"model.replay: {self._path} is no recorded session.") from error
        return {step.step: step.reply for step in steps}
