"""A model that answers by script, and keeps what it was asked."""

from suture.domain.usage import Usage
from suture.ports.model import ChatTurn, ModelReply, ModelRequest


class ScriptedModel:
    """Implements `suture.ports.model.Model`."""

    def __init__(self, *turns: ChatTurn) -> None:
        self.requests: list[ModelRequest] = []
        self._turns = list(turns)

    def complete(self, request: ModelRequest) -> ModelReply:
        self.requests.append(request)
        usage = Usage(model_calls=1, input_tokens=10, output_tokens=5)
        return ModelReply(turn=self._turns.pop(0), usage=usage)
