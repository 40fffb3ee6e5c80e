"""A collector that takes traces in OTLP over HTTP, as any backend's does.

https://opentelemetry.io/docs/specs/otlp/#otlphttp-request
"""

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from suture.health_settings import TracesSettings
from workers.health.tracing import Tracing

PATIENCE_SECONDS = 60.0


@dataclass
class Collector:
    """What has arrived."""

    address: str = ""
    endpoint: str = ""
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    @property
    def requests(self) -> list[ExportTraceServiceRequest]:
        return [ExportTraceServiceRequest.FromString(body) for body in self.bodies]

    @property
    def spans(self) -> list[Span]:
        return [
            span
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def named(self, name: str) -> Span:
        """Return the first span of this name, once there is one: whoever closes waits briefly."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (found := [span for span in self.spans if span.name == name]):
            if time.monotonic() > deadline:
                break
            time.sleep(0.02)
        assert found, f"{name} is not among {sorted({span.name for span in self.spans})}"
        return min(found, key=lambda span: span.start_time_unix_nano)

    def ancestors(self, span: Span) -> list[str]:
        """Return the names of the spans above one, nearest first."""
        by_id = {one.span_id: one for one in self.spans}
        names = []
        while (above := by_id.get(span.parent_span_id)) is not None:
            names.append(above.name)
            span = above
        return names


def attributes_of(span: Span) -> dict[str, str]:
    """Return a span's attributes as texts."""
    return {one.key: one.value.string_value or str(one.value.int_value) for one in span.attributes}


@contextlib.contextmanager
def collecting(status: int = 200) -> Iterator[Collector]:
    """Run a collector on loopback while the context is open; it answers with this status."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            collector.headers.append(dict(self.headers))
            collector.bodies.append(body)
            self._answer()

        def do_GET(self) -> None:
            self._answer()

        def _answer(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector.address = f"127.0.0.1:{server.server_port}"
    collector.endpoint = f"http://{collector.address}/v1/traces"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def tracing_to(collector: Collector, **changed: object) -> Iterator[Tracing]:
    """Trace to the collector, which has everything when the context ends."""
    tracing = Tracing(TracesSettings.model_validate({"endpoint": collector.endpoint, **changed}))
    try:
        yield tracing
    finally:
        # Closing alone waits only briefly, which is too brief for a busy machine.
        tracing._provider.force_flush(round(PATIENCE_SECONDS * 1_000))
        tracing.close()
