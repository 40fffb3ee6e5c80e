"""PagerDuty's Events API v2 on the loopback, with the alerts that events make.

https://developer.pagerduty.com/docs/events-api-v2/trigger-events/
"""

import contextlib
import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ROUTING_KEY = "0123456789abcdef0123456789abcdef"
PATIENCE_SECONDS = 60.0
SEVERITIES = {"critical", "error", "warning", "info"}


class Fault(StrEnum):
    LIMITED = "429 with Retry-After, nothing done"
    BROKEN = "500 after it was done"
    RESET = "reset after it was done"
    SLOW = "no answer after it was done"
    DRIPPING = "a header without end after it was done"


@dataclass
class Alert:
    dedup_key: str
    payload: dict[str, Any]
    event: dict[str, Any]
    triggers: int = 1
    resolved: bool = False


@dataclass
class Account:
    """What PagerDuty has."""

    alerts: list[Alert] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def open(self) -> list[Alert]:
        return [alert for alert in self.alerts if not alert.resolved]

    def take(self, event: dict[str, Any]) -> list[str]:
        """Do what an event asks for; return what is wrong with it."""
        wrong = list(_problems(event))
        if wrong:
            return wrong
        with self.lock:
            found = [one for one in self.open() if one.dedup_key == event["dedup_key"]]
            if event["event_action"] == "resolve":
                for alert in found:
                    alert.resolved = True
            elif found:
                found[0].triggers += 1
            else:
                self.alerts.append(Alert(event["dedup_key"], event["payload"], event))
        return []


def _problems(event: dict[str, Any]) -> Iterator[str]:
    if event.get("routing_key") != ROUTING_KEY:
        # As PagerDuty does, but with the key in it: nothing of it may be shown.
        yield f"Invalid routing key {event.get('routing_key')}"
    if event.get("event_action") not in {"trigger", "acknowledge", "resolve"}:
        yield "Invalid event action"
    if not 0 < len(event.get("dedup_key", "")) <= 255:
        yield "Length of 'dedup_key' is incorrect"
    if event.get("event_action") != "trigger":
        return
    payload = event.get("payload", {})
    if not 0 < len(payload.get("summary", "")) <= 1_024:
        yield "Length of 'summary' is incorrect"
    if payload.get("severity") not in SEVERITIES or not payload.get("source"):
        yield "'payload.severity' or 'payload.source' is wrong"


class PagerDutyServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.account = Account()
        self.faults: deque[Fault] = deque()
        """Happen to the next events, one each."""
        self.is_endless = False
        """Whether answers have no end."""
        self.over = threading.Event()
        self._taken = threading.Semaphore(0)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def note_taken(self) -> None:
        self._taken.release()

    def await_taken(self) -> None:
        """Wait until an event that met a fault was taken in."""
        assert self._taken.acquire(timeout=PATIENCE_SECONDS)


class _Handler(BaseHTTPRequestHandler):
    server: PagerDutyServer

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the library's name
        del format, args

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        fault = self.server.faults.popleft() if self.server.faults else None
        if self.path != "/v2/enqueue":
            self._answer(404, {})
            return
        event = json.loads(content)
        wrong = [] if fault is Fault.LIMITED else self.server.account.take(event)
        if fault is not None:
            self.server.note_taken()
        self._tell(wrong, event, fault)

    def _tell(self, wrong: list[str], event: dict[str, Any], fault: Fault | None) -> None:
        if fault is Fault.LIMITED:
            self._answer(429, {}, {"Retry-After": "120"})
        elif fault is Fault.RESET:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
        elif fault is Fault.SLOW:
            self.server.over.wait()
        elif fault is Fault.DRIPPING:
            self._pour(b"HTTP/1.1 202 Accepted\r\nX-More: ", b"x", every=0.02)
        elif self.server.is_endless:
            self._pour(b"HTTP/1.1 202 Accepted\r\n\r\n", b"x" * 65_536, every=0)
        elif fault is Fault.BROKEN:
            self._answer(500, {})
        elif wrong:
            self._answer(400, {"status": "invalid event", "errors": wrong})
        else:
            self._answer(202, {"status": "success", "dedup_key": event["dedup_key"]})

    def _pour(self, begin: bytes, more: bytes, every: float) -> None:
        """Answer without end, until the caller has enough."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.wfile.write(begin)
            while not self.server.over.wait(every):
                self.wfile.write(more)

    def _answer(
        self, status: int, said: dict[str, Any], headers: dict[str, str] | None = None
    ) -> None:
        content = json.dumps(said).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextlib.contextmanager
def running_pagerduty() -> Iterator[PagerDutyServer]:
    with PagerDutyServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            server.shutdown()
            thread.join()
