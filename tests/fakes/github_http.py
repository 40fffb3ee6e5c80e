"""Serves a small GitHub on loopback, and makes its answers fail where a test wants it."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

from tests.fakes.github_git import Json
from tests.fakes.github_server import Elsewhere, GitHubServer


class Handler(BaseHTTPRequestHandler):
    """Reads a request and answers as the server's faults want it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    github: GitHubServer
    turn: threading.Lock

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name there
        """Say nothing."""

    def handle_call(self) -> None:
        text = self.rfile.read(int(self.headers.get("content-length") or 0))
        with self.turn:
            self.github.authorizations.add(self.headers.get("authorization", ""))
            self._serve(json.loads(text) if text else {})

    def _serve(self, body: Json) -> None:
        called = f"{self.command} {unquote(self.path)} {_mutation(body)}".rstrip()
        self.github.log.append(called)
        if self.github.before is not None and re.search(self.github.before[0], called):
            (_, act), self.github.before = self.github.before, None
            act()
        self.github.bodies.append(body)
        fault = _fault(self.github, called)
        if fault.isdecimal():
            self._say(int(fault), {"message": self.github.message})
            return
        said = (0, None) if fault == "reset" else self.github.answer(self.command, self.path, body)
        if fault in ("reset", "lost"):
            self.close_connection = True
            return
        if isinstance(said[1], bytes):
            said = self._part(said[1])
        self._say(*said, cut=fault == "cut")

    def _part(self, content: bytes) -> tuple[int, bytes]:
        part = self.headers.get("range", "")
        self.github.stored.append((self.headers.get("authorization", ""), part))
        found = re.fullmatch(r"bytes=(\d+)-", part)
        return (206, content[int(found[1]) :]) if found else (200, content)

    def _say(self, status: int, said: object, *, cut: bool = False) -> None:
        self.send_response(status)
        if isinstance(said, bytes):
            content = said
            self.send_header("content-type", "text/plain")
        else:
            content = b"" if said is None else json.dumps(said).encode()
            self.send_header("content-type", "application/json")
        if isinstance(said, Elsewhere):
            self.send_header("location", said)
        self.send_header("content-length", str(len(content)))
        if status == 429:
            self.send_header("retry-after", "7")
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if cut else content)
        self.close_connection = cut

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = handle_call  # noqa: N815 -- its names


@contextmanager
def running_github(path: Path) -> Iterator[GitHubServer]:
    """Serve a bare repository as `acme/shop`."""
    github = GitHubServer(path)
    handler = type("Bound", (Handler,), {"github": github, "turn": threading.Lock()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    github.url = f"http://localhost:{server.server_port}"
    try:
        yield github
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _mutation(body: Json) -> str:
    found = re.search(r"mutation[^{]*\{\s*(\w+)", str(body.get("query", "")))
    return found[1] if found else ""


def _fault(github: GitHubServer, called: str) -> str:
    for fault in github.faults:
        if re.search(fault[0], called):
            github.faults.remove(fault)
            return fault[1]
    return ""
