"""Replies of models in a directory, one file each, beside a lock while one is on its way."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from integrations.filesystem.writing import write_whole
from suture.domain.value import Digest
from suture.errors import Unreachable
from suture.ports.model import ModelReply

POLL_SECONDS = 0.05


class DirectoryReplies:
    """Implements `suture.ports.replies.ReplyStore`; any number of processes may share it.

    Locks are the kernel's: they end with the process that holds them, however it ends.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def find(self, key: Digest) -> ModelReply | None:
        """Return the reply that is kept under this key; one that is damaged is none."""
        try:
            return ModelReply.model_validate_json(self._path(key).read_bytes())
        except (FileNotFoundError, ValidationError):
            return None
        except OSError as error:
            raise _unreachable(error) from error

    def keep(self, key: Digest, reply: ModelReply) -> None:
        """Keep a reply durably. The first one under a key stays.

        Raises:
            Unreachable: the disk is full or the directory cannot be written.
        """
        if self.find(key) is not None:
            return
        path = self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, reply.model_dump_json().encode())
            # Whoever waits for the old lock finds the reply; whoever comes later looks first.
            self._lock(key).unlink(missing_ok=True)
        except OSError as error:
            raise _unreachable(error) from error

    @contextmanager
    def exclusively(self, key: Digest, seconds: float) -> Iterator[None]:
        """Hold the key, waiting for at most so many seconds.

        Raises:
            Unreachable: somebody held it for longer.
        """
        handle = self._opened(key)
        try:
            _take(handle, time.monotonic() + seconds)
            yield
        finally:
            os.close(handle)

    def _opened(self, key: Digest) -> int:
        path = self._lock(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _unreachable(error) from error

    def _path(self, key: Digest) -> Path:
        return self.root / key[:2] / f"{key[2:]}.json"

    def _lock(self, key: Digest) -> Path:
        return self.root / key[:2] / f"{key[2:]}.lock"


def _take(handle: int, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise Unreachable("The same question is still on its way elsewhere.") from None
            time.sleep(POLL_SECONDS)
        else:
            return


def _unreachable(error: OSError) -> Unreachable:
    return Unreachable(f"Kept replies cannot be reached: {error.strerror}.")
