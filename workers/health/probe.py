"""Whether what watches Suture can be reached: asked by `suture check`, never by a process."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx

from suture.domain.value import Value
from suture.errors import SettingsError
from suture.health_settings import MetricsSettings, SentrySettings, TracesSettings
from suture.settings import Settings, telemetry_variables
from workers.health.reporting import own_service

TIMEOUT_SECONDS = 5.0
UNANSWERED = (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError)
"""A name that cannot be looked up, and a header that cannot be sent, are errors of values."""
REFUSED = frozenset({401, 403})
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Finding(Value):
    """One thing that was looked at."""

    name: str
    ok: bool
    detail: str
    mend: str = ""
    required: bool = False


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at what is set; what is not set is off, which is no fault."""
    health = settings.health
    if health.sentry is not None:
        yield _reports(health.sentry, own_service(health.sentry, settings.services))
    yield from _traces(health.traces)
    yield from _metrics(health.metrics)


def _reports(settings: SentrySettings, own: str | None) -> Finding:
    parts = urlsplit(settings.dsn.get_secret_value())
    host = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    if ":" in (parts.hostname or ""):
        # sentry-sdk leaves the brackets out.
        detail, mend = f"Sentry's client sends nothing to {host}", "Give that host a name."
        return Finding(name="error reports", ok=False, detail=detail, mend=mend)
    try:
        # Any answer will do: only an event would show whether the key is known.
        httpx.get(f"{host}/", timeout=TIMEOUT_SECONDS)
    except UNANSWERED as error:
        detail, ok = f"{host} does not answer: {type(error).__name__}", False
    else:
        detail, ok = f"to {host}", True
    if own is not None:
        detail += f", as alerts of {own}; what goes wrong with those is not reported"
    return Finding(name="error reports", ok=ok, detail=detail, mend="Mend health.sentry.dsn.")


def _traces(settings: TracesSettings) -> Iterator[Finding]:
    mend = "Mend [health.traces], or OpenTelemetry's variables."
    try:
        traces = settings.completed(telemetry_variables())
    except SettingsError as error:
        yield Finding(name="traces", ok=False, detail=str(error), mend=mend)
        return
    if traces.endpoint is None:
        return
    headers = {name: value.get_secret_value() for name, value in traces.headers.items()}
    headers["Content-Type"] = "application/x-protobuf"
    try:
        # Without spans a request of OTLP is empty, and a collector says yes to it.
        status = httpx.post(
            traces.endpoint, content=b"", headers=headers, timeout=TIMEOUT_SECONDS
        ).status_code
    except UNANSWERED as error:
        detail = f"{traces.endpoint} does not answer: {type(error).__name__}"
        yield Finding(name="traces", ok=False, detail=detail, mend=mend)
        return
    if status in REFUSED:
        mend = "Mend health.traces.headers: the collector wants another key."
    detail = f"{traces.endpoint} answers {status}"
    yield Finding(name="traces", ok=httpx.codes.is_success(status), detail=detail, mend=mend)


def _metrics(settings: MetricsSettings) -> Iterator[Finding]:
    ports = [str(port) for port in (settings.port, settings.temporal_port) if port is not None]
    if not ports:
        return
    open_to_all = settings.host not in LOOPBACK
    detail = f"of workers at {settings.host}, port {' and '.join(ports)}"
    if open_to_all:
        detail += ", for whoever reaches it"
    yield Finding(name="metrics", ok=True, detail=detail)
