"""Hears what people are told at the addresses that Slack gives for answers."""

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATIENCE_SECONDS = 30.0


class Ear(ThreadingHTTPServer):
    """Hears what people are told by response_url."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _EarHandler)
        self.told: list[dict[str, Any]] = []
        self.failures = 0
        self.endless: tuple[bytes, bytes, float] | None = None
        """How an answer begins that never ends, what follows, and every how many seconds."""
        self.over = threading.Event()
        self.heard = threading.Condition()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def await_told(self, count: int = 1) -> list[dict[str, Any]]:
        """Wait until so much was told; all of it."""
        with self.heard:
            assert self.heard.wait_for(lambda: len(self.told) >= count, PATIENCE_SECONDS)
        return self.told


class _EarHandler(BaseHTTPRequestHandler):
    server: Ear

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the library's name
        del format, args

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        failing = self.server.failures > 0
        self.server.failures -= failing
        if not failing:
            with self.server.heard:
                self.server.told.append(json.loads(content))
                self.server.heard.notify_all()
        if self.server.endless is not None:
            self._pour(*self.server.endless)
            return
        self.send_response(500 if failing else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _pour(self, begin: bytes, more: bytes, every: float) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.wfile.write(begin)
            while not self.server.over.wait(every):
                self.wfile.write(more)


@contextlib.contextmanager
def listening_ear() -> Iterator[Ear]:
    with Ear() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield running
        finally:
            running.over.set()
            running.shutdown()
            thread.join()
