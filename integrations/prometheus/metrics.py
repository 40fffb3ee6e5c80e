"""Reads a service's request counters from its own metrics endpoint.

Text format and OpenMetrics: https://prometheus.io/docs/instrumenting/exposition_formats/. What
cannot be read whole is no data, never zero: a number that is too small would look like health.
"""

import math
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import structlog
from prometheus_client import parser as text_format
from prometheus_client.openmetrics import parser as open_metrics
from prometheus_client.samples import Sample

from suture.domain.service import Service
from suture.ports.metrics import MetricsQuery, ServiceCounters

log = structlog.get_logger()

MAX_BODY_BYTES = 8 << 20
MAX_LINES = 20_000
"""Of the one metric that is read."""
MAX_LINE_CHARACTERS = 8_192
MAX_COUNT = 1 << 53
"""Counters are floating-point numbers; beyond this they cannot count."""
TOTAL_SECONDS = 10.0
STEP_SECONDS = 5.0
STATUS_LABELS = ("status", "code", "status_code")
ACCEPT = "text/plain;version=0.0.4;q=1,application/openmetrics-text;version=1.0.0;q=0.5"


class Unreadable(ValueError):
    """The endpoint's answer is of no use."""


class PrometheusMetrics:
    """Implements `suture.ports.metrics.ServiceMetrics`."""

    def __init__(
        self, *, max_bytes: int = MAX_BODY_BYTES, total_seconds: float = TOTAL_SECONDS
    ) -> None:
        self._max_bytes = max_bytes
        self._total_seconds = total_seconds

    def read(self, query: MetricsQuery) -> ServiceCounters:
        """Read the counters now; no endpoint or no answer gives None fields, never zero."""
        service = query.service
        nothing = ServiceCounters(at=datetime.now(UTC))
        if service.metrics_url is None:
            return nothing
        try:
            content_type, body = self._fetch(service.metrics_url)
            samples = _samples(content_type, body, service)
            requests, errors = _count(samples)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, IndexError) as error:
            log.warning("metrics.unreadable", service=service.name, reason=str(error)[:300])
            return nothing
        return ServiceCounters(at=datetime.now(UTC), requests=requests, errors=errors)

    def _fetch(self, url: str) -> tuple[str, bytes]:
        deadline = time.monotonic() + self._total_seconds
        body = bytearray()
        headers = {"accept": ACCEPT, "accept-encoding": "identity"}
        with (
            httpx.Client(timeout=min(STEP_SECONDS, self._total_seconds), trust_env=False) as http,
            http.stream("GET", url, headers=headers) as response,
        ):
            if response.status_code != httpx.codes.OK:
                raise Unreadable(f"The endpoint answered {response.status_code}.")
            if response.headers.get("content-encoding", "identity") != "identity":
                raise Unreadable("The endpoint compresses although it was asked not to.")
            # Raw, because what unfolds while it is read has no bound.
            for chunk in response.iter_raw():
                body += chunk
                if len(body) > self._max_bytes:
                    raise Unreadable(f"The endpoint sends more than {self._max_bytes} bytes.")
                if time.monotonic() > deadline:
                    raise Unreadable(f"The endpoint takes more than {self._total_seconds} s.")
            return response.headers.get("content-type", ""), bytes(body)


def _samples(content_type: str, body: bytes, service: Service) -> tuple[Sample, ...]:
    """Parse the lines of the one metric; the rest of the body is not looked at."""
    name = service.requests_metric
    lines = list(_lines_of(body.decode(errors="replace"), name))
    if content_type.lower().startswith("application/openmetrics-text"):
        kind = "counter" if name.endswith("_total") else "unknown"
        head, end = f"# TYPE {name.removesuffix('_total')} {kind}", "# EOF\n"
        document = "\n".join([head, *lines, end])
        families = open_metrics.text_string_to_metric_families(document)  # type: ignore[no-untyped-call]
    else:
        families = text_format.text_string_to_metric_families("\n".join([*lines, ""]))
    wanted = service.metrics_labels.items()
    found = [sample for family in families for sample in family.samples if sample.name == name]
    return tuple(sample for sample in found if wanted <= sample.labels.items())


def _lines_of(text: str, name: str) -> Iterator[str]:
    begins = re.compile(re.escape(name) + r"[{ \t]")
    taken = 0
    for line in text.split("\n"):
        if not begins.match(line):
            continue
        taken += 1
        if taken > MAX_LINES or len(line) > MAX_LINE_CHARACTERS:
            raise Unreadable("The metric has too many or too long lines.")
        yield line


def _count(samples: tuple[Sample, ...]) -> tuple[int, int | None]:
    """Return requests and failed requests; the latter only where a label tells them."""
    if not samples:
        raise Unreadable("The endpoint has no such metric with these labels.")
    requests, errors, told = 0, 0, False
    for sample in samples:
        value = float(sample.value)
        if not math.isfinite(value) or not 0 <= value <= MAX_COUNT:
            raise Unreadable("The metric does not count.")
        requests += int(value)
        status = next((sample.labels[key] for key in STATUS_LABELS if key in sample.labels), None)
        told = told or status is not None
        errors += int(value) if status is not None and status.startswith("5") else 0
    return requests, errors if told else None
