"""Slack by Socket Mode: the gateway connects, so Slack need not reach it."""

import asyncio
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import structlog

from apps.gateway.slack_intake import SlackIntake
from suture.errors import SutureError
from suture.slack_settings import SlackSettings

if TYPE_CHECKING:
    from integrations.slack.socket_mode import SlackSocket

TAKE_SECONDS = 10.0
"""Longer than Slack waits: what is not taken in by then is not acknowledged."""
RETRY_SECONDS = 5.0
CLOSE_SECONDS = 5.0

log = structlog.get_logger()


async def run_socket(
    settings: SlackSettings, intake: SlackIntake, retry_seconds: float = RETRY_SECONDS
) -> None:
    """Take in what comes over the socket, until cancelled."""
    from integrations.slack.socket_mode import SlackSocket  # noqa: PLC0415 -- loads slack_sdk

    loop = asyncio.get_running_loop()

    def take(kind: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Run in a thread of the client's."""
        taken = asyncio.run_coroutine_threadsafe(_take(intake, kind, payload), loop)
        return taken.result(TAKE_SECONDS)

    socket = SlackSocket(settings, take, retry_seconds)
    try:
        await _connect(socket, retry_seconds)
        await asyncio.Event().wait()
    finally:
        await _close(socket)


async def _take(intake: SlackIntake, kind: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    match kind:
        case "interactive":
            await intake.take_interaction(payload)
        case "slash_commands":
            return await intake.take_command(payload)
        case _:
            log.info("slack.socket.ignored", kind=kind)
    return {}


async def _connect(socket: "SlackSocket", retry_seconds: float) -> None:
    """Find out where to connect to, however long it takes; the socket does the rest."""
    while True:
        try:
            await asyncio.to_thread(socket.connect)
        except SutureError as error:
            await asyncio.sleep(error.retry_after_seconds or retry_seconds)
        else:
            return


async def _close(socket: "SlackSocket") -> None:
    """Close, but do not wait for ever: nothing keeps the process from ending."""
    loop, closed = asyncio.get_running_loop(), asyncio.Event()

    def close() -> None:
        socket.close()
        loop.call_soon_threadsafe(closed.set)

    threading.Thread(target=close, name="slack-socket-close", daemon=True).start()
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await closed.wait()
    except TimeoutError:
        log.warning("slack.socket.unclosed")
