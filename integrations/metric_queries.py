"""What queries of the operator's own have in common, whichever system answers them."""

import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from string import Template

import structlog
from pydantic import JsonValue

from suture.domain.service import Service
from suture.domain.value import Value
from suture.errors import NotAuthorised, RateLimited, SutureError
from suture.metrics_settings import MetricQueries
from suture.ports.metrics import MetricsQuery, ServiceCounters, ServiceMetrics

HARMLESS = re.compile(r"[\w.:/@+-]{1,200}", re.ASCII)
"""What may be put into a query: nothing that could end a quoted text in it."""
MAX_COUNT = 1 << 53
"""Values are floating-point numbers; beyond this they cannot count."""
MAX_SKEW_SECONDS = 60.0
PROBED_MINUTES = 15
PROBED_RELEASE = "suture-check"
"""Nothing has it; a query by release is tried all the same."""

log = structlog.get_logger()


class Finding(Value):
    """One thing that `suture check` looked at."""

    name: str
    ok: bool
    detail: str
    mend: str = ""
    required: bool = True


def queries_of(
    service: Service, own: Mapping[str, MetricQueries], others: MetricQueries
) -> MetricQueries:
    """Return a service's own queries, else those for services without."""
    return own.get(service.name, others)


def filled(template: str, query: MetricsQuery, window: str) -> str | None:
    """Return a query with its placeholders filled in; None if a value is missing or unfit."""
    values = {
        "service": query.service.name,
        "environment": query.service.environment,
        "release": query.release or "",
        "window": window,
    }
    parsed = Template(template)
    for name in parsed.get_identifiers():
        if not HARMLESS.fullmatch(values[name]):
            log.warning("metrics.unasked", service=query.service.name, placeholder=name)
            return None
    return parsed.substitute(values)


def number_of(value: JsonValue) -> float:
    """Return a number as it is told in JSON, or in a text; NaN if it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return math.nan
    try:
        return float(value)
    except (ValueError, OverflowError):
        return math.nan


def count_of(value: float | None) -> int | None:
    """Return a value as a count; None if it cannot be one."""
    if value is None or not math.isfinite(value) or not 0 <= value <= MAX_COUNT:
        return None
    return round(value)


def clock_finding(vendor: str, theirs: datetime | None) -> Finding:
    """Say whether the clocks agree: windows are asked for by this machine's."""
    skew = abs((datetime.now(UTC) - theirs).total_seconds()) if theirs else 0.0
    return Finding(
        name=f"clock against {vendor}'s",
        ok=skew <= MAX_SKEW_SECONDS,
        detail=f"{skew:.0f} s apart",
        mend="Let this machine keep its time by NTP.",
    )


def service_findings(
    vendor: str, metrics: ServiceMetrics, services: tuple[Service, ...], mend: str
) -> Iterator[Finding]:
    """Ask for each service's last minutes as a watch would; `mend` is for what has no data."""
    now = datetime.now(UTC)
    since = now - timedelta(minutes=PROBED_MINUTES)
    for service in services:
        query = MetricsQuery(service=service, since=since, until=now, release=PROBED_RELEASE)
        name = f"{vendor} metrics of {service.name}"
        try:
            counters = metrics.read(query)
        except SutureError as error:
            yield Finding(name=name, ok=False, detail=str(error), mend=_mend(vendor, error, mend))
            continue
        yield _finding(name, counters, mend)


def _finding(name: str, counters: ServiceCounters, mend: str) -> Finding:
    told = [
        f"{'no data on' if count is None else count} {what}"
        for what, count in (("requests", counters.requests), ("errors", counters.errors))
    ]
    span = f"in {PROBED_MINUTES} minutes" if counters.windowed else "since it started"
    return Finding(
        name=name,
        ok=counters.requests is not None,
        detail=f"{', '.join(told)} {span}",
        mend=f"{mend} Or nobody uses it now.",
        required=False,
    )


def _mend(vendor: str, error: SutureError, mend: str) -> str:
    if isinstance(error, NotAuthorised):
        return f"Give {vendor} other credentials, or the credentials more rights."
    if isinstance(error, RateLimited):
        return "Try again later."
    return mend
