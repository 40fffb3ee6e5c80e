"""A server on the loopback that stands for a vendor's API, and can fail in every way."""

import json
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Query = dict[str, list[str]]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong with one request."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    reset: bool = False
    """Whether the connection breaks instead of an answer."""
    cut: int | None = None
    """After how many bytes of the answer the connection ends."""
    silent: bool = False
    """Whether nothing is answered until the test ends."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request as it arrived."""

    path: str
    query: Query
    headers: dict[str, str]

    def one(self, name: str) -> str:
        """Return a parameter that is there once."""
        [value] = self.query[name]
        return value


@dataclass(frozen=True, kw_only=True)
class Said:
    """An answer."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class VendorServer:
    """Answers as it is told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[Request] = []
        self.faults: list[Fault] = []
        """The next requests meet them, in this order."""
        self.ended = threading.Event()

    def answer(self, request: Request) -> Said:
        """Answer a request that nothing goes wrong with."""
        raise NotImplementedError


class Fixed(VendorServer):
    """Gives the same answer to everybody."""

    def __init__(self, said: Said) -> None:
        super().__init__()
        self.said = said

    def answer(self, request: Request) -> Said:
        del request
        return self.said


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        vendor: VendorServer = self.server.vendor  # type: ignore[attr-defined]
        parts = urlsplit(self.path)
        request = Request(
            path=parts.path,
            query=parse_qs(parts.query, keep_blank_values=True),
            headers={name.lower(): value for name, value in self.headers.items()},
        )
        vendor.requests.append(request)
        if vendor.faults:
            self.fail(vendor, vendor.faults.pop(0))
        else:
            said = vendor.answer(request)
            self.send(said.status, said.headers, json.dumps(said.body).encode())

    def fail(self, vendor: VendorServer, fault: Fault) -> None:
        if fault.silent:
            vendor.ended.wait()
        if fault.reset or fault.silent:
            # So closing sends a reset at once.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
            return
        body = fault.body if fault.body is not None else b'{"detail": "no"}'
        self.send(fault.status, fault.headers, body, cut=fault.cut)

    def send(
        self, status: int, headers: dict[str, str], body: bytes, *, cut: int | None = None
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body[:cut])
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        del format, args


class Server(ThreadingHTTPServer):
    """Keeps quiet about clients that went away."""

    def handle_error(self, request: object, client_address: object) -> None:
        del request, client_address


@contextmanager
def serving(vendor: VendorServer) -> Iterator[VendorServer]:
    """Run it on the loopback while the block lasts."""
    with Server(("127.0.0.1", 0), Handler) as server:
        server.vendor = vendor  # type: ignore[attr-defined]
        vendor.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield vendor
        finally:
            vendor.ended.set()
            server.shutdown()
            thread.join()
