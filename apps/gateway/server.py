"""Runs the gateway in uvicorn, from code: https://uvicorn.dev/."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Iterator, Sequence

import structlog
import uvicorn
from fastapi import APIRouter, FastAPI

from apps.gateway.app import create_gateway
from apps.gateway.parts import GatewayParts
from suture.errors import SettingsError
from suture.settings import GatewaySettings

GRACE_SECONDS = 5
BACKLOG = 2_048

log = structlog.get_logger()


class _Server(uvicorn.Server):
    """Leaves signals to its caller and says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


async def serve(parts: GatewayParts, routers: Sequence[APIRouter] = ()) -> None:
    """Serve until SIGTERM or SIGINT; then answer what is under way, flush, and return.

    Raises:
        SettingsError: the address cannot be bound.
    """
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    try:
        async with running(create_gateway(parts, routers), parts.settings) as url:
            log.info("gateway.listening", url=url)
            await stopped.wait()
        log.info("gateway.stopped")
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


@contextlib.asynccontextmanager
async def running(app: FastAPI, settings: GatewaySettings) -> AsyncIterator[str]:
    """Serve inside the block and yield the base URL; port 0 picks a free one.

    Raises:
        SettingsError: the address cannot be bound.
    """
    listener = _bind(settings)
    server = _Server(_configure(app, settings))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    waiting = asyncio.create_task(server.listening.wait())
    try:
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        yield f"http://{settings.host}:{listener.getsockname()[1]}"
    finally:
        waiting.cancel()
        server.should_exit = True
        await task
        listener.close()


def _bind(settings: GatewaySettings) -> socket.socket:
    try:
        return socket.create_server((settings.host, settings.port), backlog=BACKLOG)
    except OSError as error:
        raise SettingsError(
            f"The gateway cannot listen on {settings.host}:{settings.port}: {error.strerror}. "
            "Choose another gateway.port."
        ) from error


def _configure(app: FastAPI, settings: GatewaySettings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        lifespan="on",
        loop="asyncio",
        ws="none",
        server_header=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=round(settings.commit_timeout_seconds) + GRACE_SECONDS,
    )
