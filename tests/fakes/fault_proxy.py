"""A proxy between a client and its vendor that does what networks and busy servers do."""

import contextlib
import http.client
import json
import random
import re
import socket
import struct
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol
from urllib.parse import urlsplit

HOP = {"connection", "content-length", "host", "keep-alive", "transfer-encoding", "date", "server"}
NAMES = re.compile(r"/(?:[0-9a-f]{40}|[0-9a-f]{64}|\d+|[A-Z]+-\d+|suture[^?]*)(?=[/?.]|$)")


class Fault(StrEnum):
    """What goes wrong with one request."""

    LIMITED = "429 with Retry-After, nothing done"
    BROKEN = "500, nothing done"
    RESET = "reset, nothing done"
    PAGE = "200 with a page of some proxy's, nothing done"
    BROKEN_AFTER = "500 after it was done"
    RESET_AFTER = "reset after it was done"
    SLOW = "no answer after it was done"
    TRUNCATED = "half an answer after it was done"
    TWICE = "done twice, answered once"


NOTHING_DONE = {Fault.LIMITED, Fault.BROKEN, Fault.RESET, Fault.PAGE}
LOSSES = tuple(fault for fault in Fault if fault is not Fault.TWICE)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request."""

    verb: str
    path: str
    body: bytes

    @property
    def kind(self) -> str:
        """What it asks for, whichever one it is about."""
        return f"{self.verb} {NAMES.sub('/…', self.path.partition('?')[0])}"


class Plan(Protocol):
    """Says what happens to which request."""

    def fault_for(self, asked: Asked) -> Fault | None:
        """Return what happens to the request that comes now."""
        ...


class Queued:
    """The next requests that `strikes` names meet these, one each."""

    def __init__(self, strikes: Callable[[Asked], bool]) -> None:
        self.faults: deque[Fault] = deque()
        self._strikes = strikes

    def fault_for(self, asked: Asked) -> Fault | None:
        """Return what happens to the request that comes now."""
        return self.faults.popleft() if self.faults and self._strikes(asked) else None


class Seeded:
    """Every fault once, in an order that the seed decides: the same requests, the same faults."""

    def __init__(
        self,
        seed: int,
        *,
        strikes: Callable[[Asked], bool] = lambda asked: asked.verb != "GET",
        keyed: Callable[[Asked], bool] = lambda _: False,
        each: int = 1,
    ) -> None:
        """Strike requests that `strikes` names, of one kind `each` times at most.

        Those that `keyed` names are sent twice, too: the vendor itself refuses their twins.
        """
        chance = random.Random(seed)  # noqa: S311 -- the same every time, on purpose
        self._left = chance.sample(LOSSES, len(LOSSES))
        self._strikes = strikes
        self._keyed = keyed
        self._each = each
        self._struck: Counter[str] = Counter()
        self._doubled: set[str] = set()

    def fault_for(self, asked: Asked) -> Fault | None:
        """Return what happens to the request that comes now."""
        if not self._strikes(asked):
            return None
        if self._left and self._struck[asked.kind] < self._each:
            self._struck[asked.kind] += 1
            return self._left.pop()
        if self._keyed(asked) and asked.kind not in self._doubled:
            self._doubled.add(asked.kind)
            return Fault.TWICE
        return None


class FaultProxy(ThreadingHTTPServer):
    """Passes requests on to one vendor, or does what the plan says."""

    daemon_threads = True

    def __init__(self, upstream: str, plan: Plan, retry_after_seconds: int = 1) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = urlsplit(upstream)
        self.plan = plan
        self.retry_after_seconds = retry_after_seconds
        self.over = threading.Event()
        self.swallowed = threading.Semaphore(0)
        """Released by each request that was done and is never answered."""
        self.asked: list[Asked] = []
        self.met: set[Fault] = set()
        self.impatient: list[str] = []
        """Requests that came although the vendor had asked for patience."""
        self._patience_until = 0.0
        self._turn = threading.Lock()

    @property
    def url(self) -> str:
        """Where clients find the vendor now. PyGithub takes other names for github.com's."""
        return f"http://localhost:{self.server_port}"

    def decide(self, asked: Asked) -> Fault | None:
        """Say what happens to a request, and note it."""
        with self._turn:
            if time.monotonic() < self._patience_until:
                self.impatient.append(asked.kind)
            self.asked.append(asked)
            fault = self.plan.fault_for(asked)
            self.met |= {fault} if fault else set()
            if fault is Fault.LIMITED:
                self._patience_until = time.monotonic() + self.retry_after_seconds
            return fault


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: FaultProxy

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the library's name
        del format, args

    def handle_one(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.server.decide(Asked(verb=self.command, path=self.path, body=body))
        if fault in NOTHING_DONE:
            self._refuse(fault)
            return
        for _ in range(2 if fault is Fault.TWICE else 1):
            answer = self._forwarded(body)
        match fault:
            case Fault.BROKEN_AFTER:
                self._say(500, {}, self._complaint())
            case Fault.RESET_AFTER:
                self._reset()
            case Fault.SLOW:
                self.server.swallowed.release()
                self.server.over.wait()
                self.close_connection = True
            case Fault.TRUNCATED:
                self._say(*answer, shown=len(answer[2]) // 2)
            case _:
                self._say(*answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_one  # noqa: N815 -- the library's names

    def _refuse(self, fault: Fault | None) -> None:
        match fault:
            case Fault.LIMITED:
                headers = {"Retry-After": str(self.server.retry_after_seconds)}
                self._say(429, headers, b'{"ok": false, "error": "ratelimited"}')
            case Fault.PAGE:
                self._say(200, {"Content-Type": "text/html"}, b"<html>Sign in first</html>")
            case Fault.BROKEN:
                self._say(500, {}, self._complaint())
            case _:
                self._reset()

    def _forwarded(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        upstream = self.server.upstream
        connection = http.client.HTTPConnection(upstream.hostname or "", upstream.port, timeout=30)
        kept = {name: value for name, value in self.headers.items() if name.lower() not in HOP}
        kept["Accept-Encoding"] = "identity"
        try:
            connection.request(self.command, self.path, body, kept)
            answer = connection.getresponse()
            headers = {
                name: value for name, value in answer.getheaders() if name.lower() not in HOP
            }
            return answer.status, headers, answer.read()
        finally:
            connection.close()

    def _say(
        self, status: int, headers: dict[str, str], content: bytes, shown: int | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        if status != http.HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[:shown])
        self.close_connection = shown is not None

    def _complaint(self) -> bytes:
        """Quote the request with its credentials, as careless vendors do."""
        told = f"Cannot {self.command} {self.path} with {dict(self.headers)}"
        return json.dumps({"error": told, "message": told, "errorMessages": [told]}).encode()

    def _reset(self) -> None:
        # Zero seconds of lingering make closing a reset.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()


@contextlib.contextmanager
def disturbed(upstream: str, plan: Plan, retry_after_seconds: int = 1) -> Iterator[FaultProxy]:
    """Stand before a vendor while the context is open."""
    with FaultProxy(upstream, plan, retry_after_seconds) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield proxy
        finally:
            proxy.over.set()
            proxy.shutdown()
            thread.join()
