"""The HTTP side: JSON in, JSON out."""

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from . import catalogue

Route = Callable[[dict], dict]
MAX_BODY_BYTES = 65_536


class BadRequest(Exception):
    """What was sent makes no sense."""


def articles(payload: dict) -> dict:
    """Return the catalogue."""
    del payload
    return {"articles": [vars(article) for article in catalogue.ARTICLES.values()]}


ROUTES: dict[tuple[str, str], Route] = {("GET", "/articles"): articles}


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    protocol_version = "HTTP/1.1"
    server: "ShopServer"

    def do_GET(self) -> None:
        self.answer("GET", {})

    def do_POST(self) -> None:
        try:
            payload = self.read_json()
        except BadRequest as problem:
            self.send(400, {"error": str(problem)})
            return
        self.answer("POST", payload)

    def read_json(self) -> dict:
        length = int(self.headers.get("Content-Length") or 0)
        if length > MAX_BODY_BYTES:
            raise BadRequest("too large")
        try:
            payload = json.loads(self.rfile.read(length))
        except ValueError as error:
            raise BadRequest("not JSON") from error
        if not isinstance(payload, dict):
            raise BadRequest("not an object")
        return payload

    def answer(self, method: str, payload: dict) -> None:
        if self.path == "/healthz":
            self.send(200, {"status": "ok", "release": self.server.release})
            return
        route = ROUTES.get((method, self.path))
        if route is None:
            self.send(404, {"error": "no such page"})
            return
        try:
            self.send(200, route(payload))
        except (BadRequest, catalogue.UnknownArticle) as problem:
            self.send(400, {"error": str(problem)})

    def send(self, status: int, body: dict) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments: object) -> None:
        """Keep quiet: the metrics count requests."""


class ShopServer(ThreadingHTTPServer):
    """Serves until it is shut down."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], release: str = "") -> None:
        super().__init__(address, Handler)
        self.release = release
