"""Traces of incidents in OpenTelemetry: gateway, workflow, activities and calls of vendors.

https://opentelemetry.io/docs/specs/otlp/ and
https://github.com/temporalio/sdk-python/tree/main/temporalio/contrib/opentelemetry

This module is imported only where traces have somewhere to go: OpenTelemetry takes a second.
"""

import contextlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue
from temporalio.contrib.opentelemetry import TracingInterceptor

from suture.health_settings import TracesSettings

DEFAULT_TIMEOUT_SECONDS = 10.0
CLOSE_SECONDS = 3.0
TRACEPARENT = "traceparent"
ATTRIBUTES = frozenset(
    {
        "temporalWorkflowID",
        "temporalRunID",
        "temporalActivityID",
        "temporalUpdateID",
        "http.request.method",
        "http.route",
        "http.response.status_code",
        "error.type",
        "suture.port",
        "suture.vendor",
    }
)
"""What a span may say; their values are made by the code or by Temporal."""
EVENT_ATTRIBUTES = frozenset({"exception.type"})
"""Messages and stacks of exceptions quote what vendors and alerts say: they stay here."""


class Tracing:
    """One process's traces."""

    def __init__(self, settings: TracesSettings, exporter: SpanExporter | None = None) -> None:
        ratio = 1.0 if settings.sample_ratio is None else settings.sample_ratio
        self._provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(ratio)),
            resource=Resource(
                {
                    **settings.resource,
                    "service.name": settings.service_name or "suture",
                    "service.version": version("suture"),
                }
            ),
            shutdown_on_exit=False,
        )
        sending = Harmless(exporter or _exporter(settings))
        self._provider.add_span_processor(BatchSpanProcessor(sending))
        self._tracer = self._provider.get_tracer("suture")
        self.interceptor = TracingInterceptor(self._tracer)
        """For Temporal's client; the workers of that client take it over."""

    @contextlib.contextmanager
    def request(self, headers: Mapping[str, str]) -> Iterator[Span]:
        """Trace a request that comes in, within the trace that its `traceparent` names."""
        given = headers.get(TRACEPARENT)
        carrier = {TRACEPARENT: given} if given is not None else {}
        context = TraceContextTextMapPropagator().extract(carrier, Context())
        with self._span("request", SpanKind.SERVER, context) as span:
            yield span

    @contextlib.contextmanager
    def call(self, port: str, vendor: str, name: str) -> Iterator[Span]:
        """Trace a call of what stands behind a port."""
        with self._span(f"{vendor}.{name}", SpanKind.CLIENT) as span:
            span.set_attributes({"suture.port": port, "suture.vendor": vendor})
            yield span

    def close(self) -> None:
        """Deliver what waits, for at most three seconds: a collector that is gone stops nobody."""
        closing = threading.Thread(target=self._provider.shutdown, daemon=True)
        closing.start()
        closing.join(CLOSE_SECONDS)

    @contextlib.contextmanager
    def _span(self, name: str, kind: SpanKind, context: Context | None = None) -> Iterator[Span]:
        with self._tracer.start_as_current_span(
            name, context, kind, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield span
            except BaseException as error:
                span.set_attribute("error.type", type(error).__name__)
                span.set_status(StatusCode.ERROR)
                raise


class Harmless(SpanExporter):
    """Hands on spans with nothing in them but what may leave."""

    def __init__(self, inner: SpanExporter) -> None:
        self._inner = inner

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Export them without what vendors or alerts said."""
        return self._inner.export([_harmless(span) for span in spans])

    def shutdown(self) -> None:
        """Shut the other exporter down."""
        self._inner.shutdown()


def _exporter(settings: TracesSettings) -> SpanExporter:
    return OTLPSpanExporter(
        endpoint=settings.endpoint,
        headers={name: value.get_secret_value() for name, value in settings.headers.items()},
        timeout=settings.timeout_seconds or DEFAULT_TIMEOUT_SECONDS,
    )


def _harmless(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        name=span.name,
        context=_stateless(span.get_span_context()),
        parent=_stateless(span.parent),
        resource=span.resource,
        attributes=_kept(span.attributes, ATTRIBUTES),
        events=[
            Event(event.name, _kept(event.attributes, EVENT_ATTRIBUTES), event.timestamp)
            for event in span.events
        ],
        links=[Link(linked) for link in span.links if (linked := _stateless(link.context))],
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _stateless(context: SpanContext | None) -> SpanContext | None:
    if context is None:
        return None
    return SpanContext(context.trace_id, context.span_id, context.is_remote, context.trace_flags)


def _kept(
    attributes: Mapping[str, AttributeValue] | None, names: frozenset[str]
) -> dict[str, AttributeValue]:
    return {name: value for name, value in (attributes or {}).items() if name in names}
