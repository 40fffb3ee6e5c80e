"""A real Temporal server for tests, as `suture up` starts it."""

import asyncio
import contextlib
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from suture.errors import Unreachable
from suture.settings import TemporalSettings
from tests.builders.ports import quiet_port
from workers.connecting import connect
from workers.temporal_server import STARTS, ServerPlan, find_temporal, server_arguments

START_SECONDS = 90.0


class ServerEnded(RuntimeError):
    """A server ended before it answered, as when another program took its port first."""


@contextlib.contextmanager
def temporal_address(extra: Sequence[str] = ()) -> Iterator[str]:
    """Run a server that keeps nothing while the context is open, and yield its address."""
    with contextlib.ExitStack() as stack:
        for left in reversed(range(STARTS)):
            plan = ServerPlan(port=quiet_port())
            try:
                stack.enter_context(temporal_server(plan, extra))
                break
            except ServerEnded:
                if not left:
                    raise
        yield f"{plan.host}:{plan.port}"


@contextlib.contextmanager
def temporal_server(
    plan: ServerPlan, extra: Sequence[str] = ()
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server on the plan's port while the context is open."""
    process = subprocess.Popen(
        [find_temporal(), *server_arguments(plan, plan.port, quiet_port()), *extra],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait_for(TemporalSettings(address=f"{plan.host}:{plan.port}"), process)
        yield process
    finally:
        # An orderly end takes it more than a second: only what is kept is worth that.
        process.kill() if plan.database is None else process.terminate()
        process.wait()


def _wait_for(settings: TemporalSettings, process: subprocess.Popen[bytes]) -> None:
    # In a thread of its own: whoever starts a server may stand in a running event loop.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _serves(settings, process)).result()


async def _serves(settings: TemporalSettings, process: subprocess.Popen[bytes]) -> None:
    async with asyncio.timeout(START_SECONDS):
        while process.poll() is None:
            with contextlib.suppress(Unreachable):
                await connect(settings)
                return
            await asyncio.sleep(0.1)
    raise ServerEnded("The Temporal server ended.")
