"""Slack's Socket Mode on the loopback: addresses by HTTP, envelopes over real websockets.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import contextlib
import itertools
import json
import socket
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

APP_TOKEN = "xapp-1-of-the-tests"
PATIENCE_SECONDS = 30.0
"""How long a test waits for what must come."""


class SlackSocketServer:
    """An app's connections, what was sent over them, and what was acknowledged."""

    def __init__(self) -> None:
        self.acks: dict[str, dict[str, Any]] = {}
        """By envelope; what the app answered with."""
        self.refusals: deque[tuple[int, dict[str, Any]]] = deque()
        """Status and answer of the next requests for an address, one each."""
        self.opened = 0
        """Connections that were ever made."""
        self._changed = threading.Condition()
        self._connections: list[ServerConnection] = []
        self._tickets: set[str] = set()
        self._numbers = itertools.count(1)
        self._sockets: Server = serve(self._serve, "127.0.0.1", 0)
        self._http = _Http(self)

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}/api/"

    def issue(self) -> str:
        """Return an address for one connection."""
        ticket = f"ticket-{next(self._numbers)}"
        self._tickets.add(ticket)
        port = self._sockets.socket.getsockname()[1]
        return f"ws://127.0.0.1:{port}/link/?ticket={ticket}&app_id=A1"

    def send(self, kind: str, payload: Mapping[str, Any]) -> str:
        """Send an envelope over the newest connection; its id."""
        envelope = f"envelope-{next(self._numbers)}"
        said = {
            "envelope_id": envelope,
            "type": kind,
            "payload": payload,
            "accepts_response_payload": kind == "slash_commands",
        }
        self._connections[-1].send(json.dumps(said))
        return envelope

    def acknowledged(self, envelope: str) -> dict[str, Any]:
        """Wait for an acknowledgement; what it says."""
        self._await(lambda: envelope in self.acks)
        return self.acks[envelope]

    def await_connections(self, count: int) -> None:
        """Wait until so many connections have ever been made."""
        self._await(lambda: self.opened >= count)

    def refresh(self) -> None:
        """Ask the app to connect anew, as Slack does every few hours."""
        said = {"type": "disconnect", "reason": "refresh_requested", "debug_info": {}}
        self._connections[-1].send(json.dumps(said))

    def close_politely(self) -> None:
        """Close every connection as the protocol has it."""
        for connection in list(self._connections):
            connection.close()

    def drop(self) -> None:
        """Break every connection without a word."""
        for connection in list(self._connections):
            # The app may have been quicker.
            with contextlib.suppress(OSError):
                connection.socket.shutdown(socket.SHUT_RDWR)

    def run(self) -> Iterator["SlackSocketServer"]:
        threads = [
            threading.Thread(target=self._sockets.serve_forever),
            threading.Thread(target=self._http.serve_forever, args=(0.02,)),
        ]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self.drop()
            self._sockets.shutdown()
            self._http.shutdown()
            self._http.server_close()
            for thread in threads:
                thread.join()

    def _serve(self, connection: ServerConnection) -> None:
        request = connection.request
        assert request is not None
        [ticket] = parse_qs(urlsplit(request.path).query)["ticket"]
        if ticket not in self._tickets:
            return
        self._tickets.discard(ticket)
        connection.send(json.dumps({"type": "hello", "num_connections": 1}))
        with self._changed:
            self._connections.append(connection)
            self.opened += 1
            self._changed.notify_all()
        try:
            for said in connection:
                self._hear(json.loads(said))
        except ConnectionClosed:
            pass
        finally:
            self._connections.remove(connection)

    def _hear(self, said: dict[str, Any]) -> None:
        with self._changed:
            self.acks[said["envelope_id"]] = said.get("payload") or {}
            self._changed.notify_all()

    def _await(self, done: Any) -> None:  # noqa: ANN401 -- a predicate
        with self._changed:
            assert self._changed.wait_for(done, PATIENCE_SECONDS)


class _Http(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, slack: SlackSocketServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.slack = slack


class _Handler(BaseHTTPRequestHandler):
    server: _Http

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the library's name
        del format, args

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        slack = self.server.slack
        if slack.refusals:
            self._answer(*slack.refusals.popleft())
        elif not self.path.endswith("/apps.connections.open"):
            self._answer(200, {"ok": False, "error": "unknown_method"})
        elif self.headers["Authorization"] != f"Bearer {APP_TOKEN}":
            self._answer(200, {"ok": False, "error": "invalid_auth"})
        else:
            self._answer(200, {"ok": True, "url": slack.issue()})

    def _answer(self, status: int, said: dict[str, Any]) -> None:
        content = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Retry-After", "1")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextlib.contextmanager
def running_socket_mode() -> Iterator[SlackSocketServer]:
    yield from SlackSocketServer().run()
