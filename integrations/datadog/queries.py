"""Counts a service's requests and errors by queries to Datadog.

https://docs.datadoghq.com/api/latest/metrics/query-timeseries-points/. The points of a count are
what each interval counted: added up they are the window's count. Only intervals that lie in the
window whole are taken.
"""

import math
from collections.abc import Iterator

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
from suture.datadog_settings import DatadogSettings
from suture.domain.service import Service
from suture.errors import PermanentError, SutureError
from suture.metrics_settings import known_secrets
from suture.ports.metrics import MetricsQuery, ServiceCounters

PAIR = 2


class DatadogQueries:
    """Implements `suture.ports.metrics.ServiceMetrics`."""

    def __init__(self, settings: DatadogSettings) -> None:
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
        requests = self._count(queries.requests, query)
        known = requests is not None and self._settings.errors_without_data
        nothing = 0 if known else None
        errors = self._count(queries.errors, query, nothing) if queries.errors else None
        return ServiceCounters(at=query.until, requests=requests, errors=errors, windowed=True)

    def findings(self, services: tuple[Service, ...]) -> Iterator[Finding]:
        """Look whether it can be asked, changing nothing."""
        try:
            answer = self._api.get("/api/v2/validate_keys")
        except SutureError as error:
            mend = "Set both keys of [datadog], and the site that they are of."
            yield Finding(name="Datadog", ok=False, detail=str(error), mend=mend)
            return
        detail = f"both keys are valid at {self._settings.api_url}"
        yield Finding(name="Datadog", ok=True, detail=detail)
        yield clock_finding("Datadog", answer.at())
        yield from service_findings("Datadog", self, services, "Correct its queries.")

    def _count(self, template: str, query: MetricsQuery, nothing: int | None = None) -> int | None:
        """Return the count, or what it means that there is no point at all."""
        asked = filled(template, query, str(math.ceil(query.seconds)))
        if asked is None:
            return None
        since, until = math.ceil(query.since.timestamp()), math.floor(query.until.timestamp())
        answer = self._api.get("/api/v1/query", {"from": since, "to": until, "query": asked})
        if part(answer.body, "status") != "ok":
            raise PermanentError(f"Datadog refuses the query: {part(answer.body, 'error')!s:.300}")
        points = [
            value
            for series in objects(part(answer.body, "series"))
            for value in _points(series, since * 1_000, until * 1_000)
        ]
        return count_of(sum(points)) if points else nothing


def _vendor(settings: DatadogSettings) -> Vendor:
    return Vendor(
        name="Datadog",
        url=settings.api_url,
        headers={
            "dd-api-key": settings.api_key.get_secret_value(),
            "dd-application-key": settings.application_key.get_secret_value(),
        },
        secrets=known_secrets(settings.api_key, settings.application_key),
        timeout_seconds=settings.timeout_seconds,
        reset_header="x-ratelimit-reset",
    )


def _points(series: dict[str, JsonValue], since: float, until: float) -> Iterator[float]:
    """Yield what each interval inside the window counted; null is an interval without data.

    Times are in milliseconds since 1970.
    """
    given, length = series.get("pointlist"), number_of(series.get("interval")) * 1_000
    for pair in given if isinstance(given, list) else []:
        if not isinstance(pair, list) or len(pair) != PAIR:
            yield math.nan
        elif pair[1] is not None:
            at = number_of(pair[0])
            if not math.isfinite(at + length):
                yield math.nan
            elif since <= at and at + length <= until:
                yield number_of(pair[1]) if not isinstance(pair[1], str) else math.nan
