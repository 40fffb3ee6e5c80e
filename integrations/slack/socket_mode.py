"""Slack's Socket Mode: what people press and type comes over a connection that we open.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import contextlib
import logging
import socket
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import structlog
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.builtin.connection import Connection
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web import WebClient

from integrations.slack.calls import QUIET, call, open_client
from suture.errors import PermanentError, RateLimited, SutureError, Unreachable
from suture.slack_settings import SlackSettings

log = structlog.get_logger()

PING_SECONDS = 5.0
"""Between looks whether the connection still lives; a lost one is made again as often."""
CONCURRENCY = 4

Take = Callable[[str, Mapping[str, Any]], dict[str, Any]]
"""Takes in one envelope's type and payload; returns what to answer at once, if anything."""


class SlackSocket:
    """One connection, which is made again whenever it is lost."""

    def __init__(
        self, settings: SlackSettings, take: Take, ping_seconds: float = PING_SECONDS
    ) -> None:
        self._take = take
        self._client = _Client(settings, ping_seconds)
        self._client.socket_mode_request_listeners.append(self._hear)

    def connect(self) -> None:
        """Connect for the first time; after that it happens by itself.

        Raises:
            TransientError, PermanentError: Slack did not say where to connect to.
        """
        self._client.connect()

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection just now."""
        return self._client.is_connected()

    def close(self) -> None:
        """Disconnect, and wait for what is being taken in."""
        self._client.hurry()
        self._client.close()

    def _hear(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        """Acknowledge what was taken in; of anything else Slack tells the person that it failed."""
        try:
            said = self._take(request.type, request.payload)
        except SutureError as error:
            log.warning("slack.envelope.refused", kind=request.type, reason=str(error))
            return
        except Exception:
            # In a thread of the client's, which would hide what went wrong.
            log.exception("slack.envelope.failed", kind=request.type)
            return
        answer = SocketModeResponse(request.envelope_id, payload=said or None)
        client.send_socket_mode_response(answer)


def open_connection(settings: SlackSettings) -> str:
    """Ask where to connect to; the address is a credential, for one connection.

    Raises:
        TransientError, PermanentError: as `call`; or the address is no secure one.
    """
    return _address(settings, open_client(settings))


def _address(settings: SlackSettings, web: WebClient) -> str:
    token = settings.socket_mode_token
    if token is None:
        raise PermanentError("Set slack.socket_mode_token.")
    answer = call(web.apps_connections_open, app_token=token.get_secret_value())
    url = str(answer.get("url", ""))
    if not _is_address(url, secure=settings.api_url.startswith("https://")):
        raise Unreachable("Slack names no secure address to connect to.")
    return url


def _is_address(url: str, *, secure: bool) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    # The client encrypts on port 443 only, whatever the scheme says.
    encrypted = parts.scheme == "wss" and port in {None, 443}
    return bool(parts.hostname) and (encrypted or not secure)


class _Client(SocketModeClient):
    """Asks for addresses as everything else is asked: once, and with patience when limited."""

    def __init__(self, settings: SlackSettings, ping_seconds: float) -> None:
        self._settings = settings
        self._not_before = 0.0
        web = open_client(settings)
        super().__init__(
            app_token="",
            logger=logging.getLogger(QUIET),
            web_client=web,
            ping_interval=ping_seconds,
            concurrency=CONCURRENCY,
        )

    def issue_new_wss_url(self) -> str:
        """Return where to connect to.

        Raises:
            TransientError, PermanentError: Slack does not say.
        """
        if time.monotonic() < self._not_before:
            raise RateLimited("Slack asked for patience.")
        try:
            return _address(self._settings, self.web_client)
        except SutureError as error:
            log.warning("slack.socket.unconnected", reason=str(error))
            self._not_before = time.monotonic() + (error.retry_after_seconds or 0.0)
            raise

    def connect(self) -> None:
        """Connect, and take leave of the connection before, of which nobody need wait."""
        old = self.current_session
        if old is not None:
            # The client would wait for its next word, and read nothing new meanwhile.
            old.close = partial(_hang_up, old)  # type: ignore[method-assign]
        super().connect()

    def disconnect(self) -> None:
        """Disconnect from what is connected just now."""
        if self.current_session is not None:
            _disconnect(self.current_session)

    def hurry(self) -> None:
        """End what the client waits for, which closing it would wait for in turn."""
        self.auto_reconnect_enabled = False
        self.closed = True
        self.message_queue.put(None)
        if self.current_session is not None:
            _interrupt(self.current_session)


def _hang_up(session: Connection) -> None:
    _interrupt(session)
    _disconnect(session)


def _disconnect(session: Connection) -> None:
    # Whoever looks whether it lives may do so at the same time: the second one finds no socket.
    with contextlib.suppress(AttributeError):
        session.disconnect()


def _interrupt(session: Connection) -> None:
    """End the wait for its next word."""
    sock = session.sock
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
