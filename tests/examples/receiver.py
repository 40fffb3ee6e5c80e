"""A loopback HTTP server that keeps what it is sent, for tests that talk to a gateway."""

import gzip
import importlib
import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sentry_sdk.envelope import Envelope

PATIENCE_SECONDS = 90.0


class Receiver(ThreadingHTTPServer):
    """Answers 200 to every POST and sorts what came into deployments and events."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.deployments: queue.Queue[tuple[str, bytes]] = queue.Queue()
        """Signature header and body."""
        self.events: queue.Queue[dict[str, Any]] = queue.Queue()

    @property
    def url(self) -> str:
        """Where the receiver listens."""
        return f"http://127.0.0.1:{self.server_port}"

    def next_deployment(self) -> tuple[str, bytes]:
        """Wait for the next deployment's signature header and body."""
        return self.deployments.get(timeout=PATIENCE_SECONDS)

    def next_event(self, seconds: float | None = PATIENCE_SECONDS) -> dict[str, Any]:
        """Wait for the next Sentry event."""
        return self.events.get(timeout=seconds)


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/deployments":
            self.server.deployments.put((self.headers["X-Suture-Signature"], body))
        else:
            self.keep_events(body)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def keep_events(self, body: bytes) -> None:
        encoding = self.headers.get("Content-Encoding", "")
        unpack = {"gzip": gzip.decompress, "br": importlib.import_module("brotli").decompress}
        plain = unpack.get(encoding, bytes)(body)
        for item in Envelope.deserialize(plain).items:
            if item.type == "event":
                self.server.events.put(json.loads(item.get_bytes()))

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver for a while."""
    with Receiver() as receiver:
        thread = threading.Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield receiver
        finally:
            receiver.shutdown()
            thread.join()
