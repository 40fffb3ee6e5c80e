"""Threads for calls that somebody far away may leave hanging.

Everything else in a process shares asyncio's threads; what may hang has a few of its own, so that
it can hold up nothing but itself.
"""

import asyncio
import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from suture.errors import Unreachable

Answer = TypeVar("Answer")
PATIENCE_SECONDS = 5.0


class AllBusy(Unreachable):
    """Every thread waits for an earlier call; nothing was begun."""

    def __init__(self, whom: str) -> None:
        super().__init__(
            f"Too many earlier requests still wait for {whom}. Try again in a moment.",
            retry_after_seconds=PATIENCE_SECONDS,
        )


class Threads:
    """Runs at most so many calls at once, and lets none wait for its turn.

    A call that its caller no longer waits for counts until it has ended: it cannot be stopped.
    """

    def __init__(self, whom: str, count: int) -> None:
        self._whom = whom
        self._pool = ThreadPoolExecutor(count, thread_name_prefix=f"waiting for {whom}")
        self._free = threading.Semaphore(count)

    async def run(self, call: Callable[[], Answer]) -> Answer:
        """Return what the call returns; raises what it raises.

        Raises:
            AllBusy: all threads are busy.
        """
        if not self._free.acquire(blocking=False):
            raise AllBusy(self._whom)
        try:
            begun = self._pool.submit(contextvars.copy_context().run, call)
        except RuntimeError:
            # Closed: the process is about to end.
            self._free.release()
            raise AllBusy(self._whom) from None
        begun.add_done_callback(lambda _: self._free.release())
        return await asyncio.wrap_future(begun)

    def close(self) -> None:
        """Take no more calls. Waits for none."""
        self._pool.shutdown(wait=False, cancel_futures=True)
