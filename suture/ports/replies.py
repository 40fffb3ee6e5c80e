"""Replies of models that were paid for, kept so that no crash pays for them again."""

from contextlib import AbstractContextManager
from typing import Protocol

from suture.domain.value import Digest
from suture.ports.model import ModelReply


class ReplyStore(Protocol):
    """Replies by the key of their call."""

    def find(self, key: Digest) -> ModelReply | None:
        """Return the reply that is kept under this key."""
        ...

    def keep(self, key: Digest, reply: ModelReply) -> None:
        """Keep a reply durably before returning. The first one under a key stays."""
        ...

    def exclusively(self, key: Digest, seconds: float) -> AbstractContextManager[None]:
        """Hold the key: whoever else wants it waits, in this process or another.

        A process that dies lets go.

        Raises:
            Unreachable: somebody held it for longer than so many seconds.
        """
        ...
