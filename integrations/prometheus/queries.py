"""Counts a service's requests and errors by queries to a Prometheus server.

https://prometheus.io/docs/prometheus/latest/querying/api/. A count is an instant query at the
window's end; a rate is a range query over the window. What the server warns about is no data: an
answer that lacks a part of the series would look like health.
"""

import base64
import math
from collections.abc import Iterator

import structlog
from pydantic import JsonValue

from integrations.json_api import JsonApi, Vendor, objects, part
from integrations.metric_queries import (
    Finding,
    clock_finding,
    count_of,
    filled,
    number_of,
    queries_of,
    service_findings,
)
from suture.domain.service import Service
from suture.errors import SutureError
from suture.metrics_settings import known_secrets
from suture.ports.metrics import MetricsQuery, ServiceCounters
from suture.prometheus_settings import PrometheusSettings

MAX_POINTS = 1_000
"""Of one series in a range; the server's own limit is 11,000."""
STEP_SECONDS = 15
NEEDED_SHARE = 0.5
"""Of a range's points; a rate that is mostly missing tells nothing of the whole."""
INFORMATION = "PromQL info"
PAIR = 2

log = structlog.get_logger()


class PrometheusQueries:
    """Implements `suture.ports.metrics.ServiceMetrics`."""

    def __init__(self, settings: PrometheusSettings) -> None:
        self._settings = settings
        self._api = JsonApi(_vendor(settings))

    def read(self, query: MetricsQuery) -> ServiceCounters:
        """Count over the window.

        Raises:
            RateLimited, Unreachable, NotAuthorised, NotFound, PermanentError: as it is answered.
        """
        if query.seconds < 1:
            return ServiceCounters(at=query.until, windowed=True)
        queries = queries_of(query.service, self._settings.services, self._settings)
        return ServiceCounters(
            at=query.until,
            requests=self._count(queries.requests, query),
            errors=self._count(queries.errors, query) if queries.errors else None,
            windowed=True,
        )

    def findings(self, services: tuple[Service, ...]) -> Iterator[Finding]:
        """Look whether it can be asked, changing nothing."""
        try:
            answer = self._api.get("/api/v1/query", {"query": "time()"})
        except SutureError as error:
            mend = "Correct [prometheus] url and credentials, or let this machine reach it."
            yield Finding(name="Prometheus", ok=False, detail=str(error), mend=mend)
            return
        yield Finding(name="Prometheus", ok=True, detail=f"answers at {self._settings.url}")
        yield clock_finding("Prometheus", answer.at())
        yield from service_findings("Prometheus", self, services, "Correct its queries.")

    def _count(self, template: str, query: MetricsQuery) -> int | None:
        asked = filled(template, query, f"{math.ceil(query.seconds)}s")
        if asked is None:
            return None
        if self._settings.per_second:
            return count_of(self._over_range(asked, query))
        return count_of(self._at_end(asked, query))

    def _at_end(self, asked: str, query: MetricsQuery) -> float | None:
        at = f"{query.until.timestamp():.3f}"
        answer = self._api.get("/api/v1/query", {"query": asked, "time": at})
        data = self._data(answer.body, query)
        if part(data, "resultType") == "scalar":
            return _value(part(data, "result"))
        found = [_value(one.get("value")) for one in objects(part(data, "result"))]
        return _sum(found)

    def _over_range(self, asked: str, query: MetricsQuery) -> float | None:
        step = max(STEP_SECONDS, math.ceil(query.seconds / MAX_POINTS))
        points = int(query.seconds // step)
        if points == 0:
            return None
        end = query.until.timestamp()
        span = {"start": f"{end - (points - 1) * step:.3f}", "end": f"{end:.3f}"}
        answer = self._api.get("/api/v1/query_range", {"query": asked, "step": step, **span})
        found = []
        for one in objects(part(self._data(answer.body, query), "result")):
            values = one.get("values")
            told = [_value(pair) for pair in values] if isinstance(values, list) else []
            if len(told) < NEEDED_SHARE * points:
                return None
            found.extend(told)
        total = _sum(found)
        return None if total is None else total * step

    def _data(self, body: JsonValue, query: MetricsQuery) -> JsonValue:
        """Return the data of an answer that is whole."""
        given = part(body, "warnings")
        warnings = given if isinstance(given, list) else []
        serious = [one for one in warnings if not str(one).startswith(INFORMATION)]
        if serious:
            reason = str(serious[0])[:200]
            log.warning("metrics.incomplete", service=query.service.name, reason=reason)
            return None
        return part(body, "data")


def _vendor(settings: PrometheusSettings) -> Vendor:
    headers = {}
    if settings.token is not None:
        headers["authorization"] = f"Bearer {settings.token.get_secret_value()}"
    if settings.username is not None and settings.password is not None:
        pair = f"{settings.username}:{settings.password.get_secret_value()}"
        headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    if settings.tenant is not None:
        headers["x-scope-orgid"] = settings.tenant
    return Vendor(
        name="Prometheus",
        url=settings.url,
        headers=headers,
        secrets=known_secrets(settings.token, settings.password),
        timeout_seconds=settings.timeout_seconds,
    )


def _value(pair: JsonValue) -> float:
    """Return the number of a time and a number; NaN if there is none."""
    return number_of(pair[1]) if isinstance(pair, list) and len(pair) == PAIR else math.nan


def _sum(found: list[float]) -> float | None:
    """Add up all series; None if there is none, or one is no number."""
    return sum(found) if found and all(map(math.isfinite, found)) else None
