"""Runs a command's coroutine so that Ctrl-C and SIGTERM end it in order."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


def run(main: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """Run to the end; both signals cancel it, and its `finally` blocks still run.

    Raises:
        KeyboardInterrupt: a signal ended it.
    """

    async def guarded() -> Result:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        # asyncio itself turns SIGINT into a cancellation; a second one interrupts at once.
        with contextlib.suppress(NotImplementedError, RuntimeError):
            loop.add_signal_handler(signal.SIGTERM, task.cancel if task else loop.stop)
        return await main()

    try:
        return asyncio.run(guarded())
    except asyncio.CancelledError as error:
        raise KeyboardInterrupt from error
