"""A model whose replies are kept before anybody hears of them, so that none is paid twice."""

from suture.agent.requests import content_of
from suture.domain.usage import Usage
from suture.domain.value import Digest
from suture.ports.model import Model, ModelReply, ModelRequest, ReplySource
from suture.ports.replies import ReplyStore


class KeptModel:
    """Implements `suture.ports.model.Model` on top of another.

    With `shared`, a question that was answered under any key is not asked again; a reply that was
    cut off is not shared.
    """

    def __init__(self, model: Model, replies: ReplyStore, *, shared: bool = False) -> None:
        self._model = model
        self._replies = replies
        self._shared = shared

    def complete(self, request: ModelRequest) -> ModelReply:
        """Return the kept reply, or ask and keep the reply before returning it.

        Whoever asks under a key while another process still waits for that very reply waits for
        it, too.
        """
        key = request.key
        if key is None:
            return self._model.complete(request)
        kept = self._replies.find(key)
        if kept is None:
            with self._replies.exclusively(key, request.timeout_seconds):
                kept = self._replies.find(key)
                if kept is None:
                    return self._asked(key, request)
        return kept.model_copy(update={"source": ReplySource.KEPT})

    def _asked(self, key: Digest, request: ModelRequest) -> ModelReply:
        reply = self._cached(request) or self._model.complete(request)
        self._replies.keep(key, reply)
        if self._shared and not reply.truncated:
            self._replies.keep(content_of(request), reply)
        return reply

    def _cached(self, request: ModelRequest) -> ModelReply | None:
        found = self._replies.find(content_of(request)) if self._shared else None
        if found is None:
            return None
        return found.model_copy(update={"source": ReplySource.CACHED, "usage": Usage()})
