"""The wire of a small GitLab: its API's answers, git's smart HTTP, and what goes wrong on it."""

import base64
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tests.builders.repository import HERMETIC
from tests.fakes.github_git import Json
from tests.fakes.gitlab_server import PROJECT, TOKEN, GitLabServer

BASIC = base64.b64encode(f"suture:{TOKEN}".encode()).decode()


class Handler(BaseHTTPRequestHandler):
    """Reads a request and answers as the server's faults want it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    gitlab: GitLabServer

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name there
        """Say nothing."""

    def handle_call(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        with self.gitlab.turn:
            called = f"{self.command} {unquote(self.path)}"
            self.gitlab.log.append(called)
            fault = self.gitlab.fault(called)
            if fault.isdecimal():
                self._say(int(fault), {"message": self.gitlab.message})
                return
            answer = None if fault == "reset" else self._answer(body)
            if answer is None or fault == "lost":
                self.close_connection = True
                return
            self._send(*answer, cut=fault == "cut")

    def _answer(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        if not self.path.startswith("/api/v4/"):
            return self._git(body)
        if self.headers.get("private-token") != TOKEN:
            return _json(401, {"message": "401 Unauthorized"})
        said = json.loads(body) if body else {}
        status, answer = self.gitlab.answer(self.command, self.path, said)
        if isinstance(answer, bytes):
            return status, {"content-type": "text/plain"}, answer
        return _json(status, answer)

    def _git(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Let git itself answer, as GitLab does."""
        if self.headers.get("authorization") != f"Basic {BASIC}":
            return 401, {"www-authenticate": 'Basic realm="GitLab"'}, b"HTTP Basic: Access denied"
        parts = urlsplit(self.path)
        inner = unquote(parts.path).removeprefix(f"/{PROJECT}.git")
        if inner == unquote(parts.path):
            return 404, {}, b"The project you were looking for could not be found"
        repository = self.gitlab.git.path
        finished = subprocess.run(
            ["git", "http-backend"],
            env={
                **HERMETIC,
                "GIT_PROJECT_ROOT": str(repository.parent),
                "GIT_HTTP_EXPORT_ALL": "1",
                "PATH_INFO": f"/{repository.name}{inner}",
                "REMOTE_USER": "suture",
                "REQUEST_METHOD": self.command,
                "QUERY_STRING": parts.query,
                "CONTENT_TYPE": self.headers.get("content-type", ""),
                "HTTP_CONTENT_ENCODING": self.headers.get("content-encoding", ""),
                "GIT_PROTOCOL": self.headers.get("git-protocol", ""),
                "CONTENT_LENGTH": str(len(body)),
            },
            input=body,
            check=False,
            capture_output=True,
        )
        head, _, content = finished.stdout.partition(b"\r\n\r\n")
        lines = (line.partition(":") for line in head.decode().split("\r\n") if line)
        headers = {name.strip().lower(): value.strip() for name, _, value in lines}
        return int(headers.pop("status", "200").split()[0]), headers, content

    def _say(self, status: int, said: Json) -> None:
        self._send(*_json(status, said))

    def _send(
        self, status: int, headers: dict[str, str], content: bytes, *, cut: bool = False
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        if status == 429:
            self.send_header("retry-after", "7")
        if status == 302:
            self.send_header("location", "https://elsewhere.invalid/")
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if cut else content)
        self.close_connection = cut

    do_GET = do_POST = do_PUT = do_DELETE = handle_call  # noqa: N815 -- its names


class Server(ThreadingHTTPServer):
    """Serves until it is stopped, and minds no client that hangs up."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def _json(status: int, said: object) -> tuple[int, dict[str, str], bytes]:
    content = b"" if said is None else json.dumps(said).encode()
    return status, {"content-type": "application/json"}, content


@contextmanager
def running_gitlab(path: Path) -> Iterator[GitLabServer]:
    """Serve a bare repository as `acme/platform/shop`."""
    gitlab = GitLabServer(path)
    handler = type("Bound", (Handler,), {"gitlab": gitlab})
    server = Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    gitlab.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield gitlab
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
