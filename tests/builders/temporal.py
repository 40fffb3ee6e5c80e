"""A real Temporal server for tests, as `suture up` starts it."""

import asyncio
import contextlib
import subprocess
import time
from collections.abc import Iterator, Sequence

from suture.errors import Unreachable
from suture.settings import TemporalSettings
from workers.connecting import connect
from workers.temporal_server import ServerPlan, find_temporal, free_port, server_arguments

START_SECONDS = 30.0


@contextlib.contextmanager
def temporal_address(extra: Sequence[str] = ()) -> Iterator[str]:
    """Run a server that keeps nothing while the context is open, and yield its address."""
    plan = ServerPlan(port=free_port("127.0.0.1"))
    with temporal_server(plan, extra):
        yield f"{plan.host}:{plan.port}"


@contextlib.contextmanager
def temporal_server(
    plan: ServerPlan, extra: Sequence[str] = ()
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server on the plan's port while the context is open."""
    process = subprocess.Popen(
        [find_temporal(), *server_arguments(plan, plan.port, free_port(plan.host)), *extra],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait_for(TemporalSettings(address=f"{plan.host}:{plan.port}"), process)
        yield process
    finally:
        process.terminate()
        process.wait()


def _wait_for(settings: TemporalSettings, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    with asyncio.Runner() as runner:
        while time.monotonic() < deadline:
            assert process.poll() is None, "the Temporal server ended"
            with contextlib.suppress(Unreachable):
                runner.run(connect(settings))
                return
            time.sleep(0.1)
    raise TimeoutError("The Temporal server did not answer.")
