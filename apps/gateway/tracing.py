"""Requests as spans: what an alert comes in by is the beginning of its incident's trace.

A caller's own trace goes on here if it sends `traceparent`: https://www.w3.org/TR/trace-context/
"""

from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from apps.gateway.answering import route_of

if TYPE_CHECKING:
    from workers.health.tracing import Tracing

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
QUIET = ("/healthz", "/readyz", "/metrics", "/console/static/")
"""Asked for all the time, by machines."""
SERVER_ERROR = 500


class TracedRequests:
    """ASGI middleware that puts each request into a span, named by its route."""

    def __init__(self, app: ASGIApp, tracing: "Tracing") -> None:
        self._app = app
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"].startswith(QUIET):
            await self._app(scope, receive, send)
            return
        status = 0

        async def observe(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        method = scope["method"] if scope["method"] in METHODS else "_OTHER"
        with self._tracing.request(Headers(scope=scope)) as span:
            span.set_attribute("http.request.method", method)
            try:
                await self._app(scope, receive, observe)
            finally:
                route = route_of(scope)
                span.update_name(f"{method} {route}")
                span.set_attribute("http.route", route)
                span.set_attribute("http.response.status_code", status)
                if status >= SERVER_ERROR:
                    span.set_attribute("error.type", str(status))
