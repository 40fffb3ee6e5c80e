"""A proxy in front of Slack that does to posts what networks and busy servers do."""

import contextlib
import json
import socket
import threading
from collections import deque
from collections.abc import Iterator
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from struct import pack
from typing import Any

import httpx

from tests.slack.workspace import TLS


class Fault(StrEnum):
    LIMITED = "429 with Retry-After, nothing done"
    BROKEN = "500 after it was done"
    RESET = "reset after it was done"
    SLOW = "no answer after it was done"
    TRUNCATED = "half an answer after it was done"
    PAGE = "a page of some proxy, nothing done"


class FaultyProxy(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = upstream
        self.faults: deque[Fault] = deque()
        """Happen to the next posts of messages, one each."""
        self.posted: list[dict[str, Any]] = []
        """What was to be posted."""
        self.over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: FaultyProxy

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the library's name
        del format, args

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        posts = self.path.endswith("chat.postMessage")
        if posts:
            self.server.posted.append(json.loads(content))
        faulty = posts and self.server.faults
        fault = self.server.faults.popleft() if faulty else None
        if fault is Fault.LIMITED:
            self._answer(429, b'{"ok": false, "error": "ratelimited"}', {"Retry-After": "7"})
        elif fault is Fault.PAGE:
            self._answer(200, b"<html>Sign in first</html>")
        else:
            self._forward(content, fault)

    def _forward(self, content: bytes, fault: Fault | None) -> None:
        names = ("Authorization", "Content-Type")
        headers = {name: self.headers[name] for name in names if name in self.headers}
        answer = httpx.post(
            self.server.upstream + self.path, content=content, headers=headers, verify=TLS
        )
        if fault is Fault.BROKEN:
            self._answer(500, b"Oops")
        elif fault is Fault.RESET:
            # Zero seconds of lingering make closing a reset.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
        elif fault is Fault.SLOW:
            self.server.over.wait()
        else:
            shown = answer.content[:10] if fault is Fault.TRUNCATED else answer.content
            self._answer(answer.status_code, shown)

    def _answer(self, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextlib.contextmanager
def faulty(upstream: str) -> Iterator[FaultyProxy]:
    with FaultyProxy(upstream) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield proxy
        finally:
            proxy.over.set()
            proxy.shutdown()
            thread.join()
