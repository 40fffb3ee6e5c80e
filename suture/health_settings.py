"""What an operator sets to watch Suture itself: its errors, traces, metrics and log.

OpenTelemetry's standard variables fill in what is not set here:
https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Self
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from suture.errors import SettingsError

PROTOCOL = "http/protobuf"
LONGEST_SECONDS = 60
SAMPLE_ALL = {"always_on", "parentbased_always_on"}
SAMPLE_NONE = {"always_off", "parentbased_always_off"}
SAMPLE_SOME = {"traceidratio", "parentbased_traceidratio"}


class LogFormat(StrEnum):
    """How lines of the log look."""

    JSON = "json"
    CONSOLE = "console"


class SentrySettings(BaseModel):
    """Where Suture's own errors go. Secrets, local variables and requests never go with them."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    dsn: SecretStr
    """DSN of a project at Sentry, or at this very Suture: of a service of its own."""
    environment: str = "production"
    release: str | None = None
    """Unset: `suture@VERSION`."""
    sample_rate: float = Field(default=1.0, gt=0, le=1)
    """Share of the errors that is sent."""
    per_hour: int = Field(default=30, ge=1, le=1_000)
    """The most errors that one process sends in an hour."""

    @model_validator(mode="after")
    def _is_dsn(self) -> Self:
        key, project = self.ingest
        if not key or not project:
            raise ValueError("dsn must look like https://KEY@HOST/PROJECT")
        return self

    @property
    def ingest(self) -> tuple[str, str]:
        """Return the DSN's key and project, whose events they are wherever they arrive."""
        try:
            parts = urlsplit(self.dsn.get_secret_value())
            reachable = bool(parts.hostname) and parts.port != 0
        except ValueError:
            return "", ""
        known = parts.scheme in {"http", "https"} and reachable
        return (parts.username or "", parts.path.rpartition("/")[2]) if known else ("", "")


class TracesSettings(BaseModel):
    """Where traces of incidents go, in OTLP over HTTP."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    endpoint: str | None = Field(default=None, pattern=r"^https?://[^\s@?#]+$")
    """Takes the traces, such as `http://127.0.0.1:4318/v1/traces`; unset: no traces."""
    headers: dict[str, SecretStr] = Field(default_factory=dict)
    """Sent with them, for a collector that asks for a key."""
    service_name: str | None = None
    """Unset: `suture`."""
    resource: dict[str, str] = Field(default_factory=dict)
    """More attributes of the resource, such as `deployment.environment.name`."""
    sample_ratio: float | None = Field(default=None, ge=0, le=1)
    """Share of the traces that is kept, unless the caller's `traceparent` decides. Unset: all."""
    timeout_seconds: float | None = Field(default=None, gt=0, le=LONGEST_SECONDS)
    """How long one delivery may take. Unset: 10."""

    def completed(self, standard: Mapping[str, str]) -> "TracesSettings":
        """Fill in from OpenTelemetry's variables what is not set.

        Raises:
            SettingsError: a variable asks for what Suture does not have, or is malformed.
        """
        given = {name: value.strip() for name, value in standard.items() if value.strip()}
        if self.endpoint is None and _refused(given):
            return self
        found = {"endpoint": _endpoint(given), **_details(given)}
        kept = {name: value for name, value in self if value not in (None, {})}
        try:
            return TracesSettings.model_validate({**found, **kept})
        except ValidationError as error:
            wrong = ", ".join(str(one["loc"][0]) for one in error.errors(include_input=False))
            raise SettingsError(f"OpenTelemetry's variables give no valid {wrong}.") from None


class MetricsSettings(BaseModel):
    """Metrics of the workers. The gateway's are at its own `/metrics`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    host: str = "127.0.0.1"
    """Where both ports listen; nothing asks who reads them."""
    port: int | None = Field(default=None, ge=1, le=65_535)
    """`/metrics` of stages, activities, vendors, models and budgets; unset: not served."""
    temporal_port: int | None = Field(default=None, ge=1, le=65_535)
    """`/metrics` of Temporal's client: task queues, slots, latencies; unset: not served."""


class HealthSettings(BaseModel):
    """Suture's own health."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    sentry: SentrySettings | None = None
    traces: TracesSettings = TracesSettings()
    metrics: MetricsSettings = MetricsSettings()


def _refused(given: Mapping[str, str]) -> bool:
    off = given.get("OTEL_SDK_DISABLED", "").lower() == "true"
    return off or given.get("OTEL_TRACES_EXPORTER") == "none"


def _endpoint(given: Mapping[str, str]) -> str | None:
    exact = given.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    shared = given.get("OTEL_EXPORTER_OTLP_ENDPOINT")
    if exact is None and shared is None:
        return None
    protocol = _of_traces(given, "PROTOCOL") or PROTOCOL
    if protocol != PROTOCOL:
        raise SettingsError(
            f"OpenTelemetry's variables ask for {protocol[:40]!r}; Suture has {PROTOCOL} only."
            " Set OTEL_EXPORTER_OTLP_TRACES_PROTOCOL and the endpoint that takes it,"
            " or OTEL_TRACES_EXPORTER=none."
        )
    return exact or f"{(shared or '').rstrip('/')}/v1/traces"


def _details(given: Mapping[str, str]) -> dict[str, object]:
    found: dict[str, object] = {
        "headers": _pairs(_of_traces(given, "HEADERS") or ""),
        "resource": _pairs(given.get("OTEL_RESOURCE_ATTRIBUTES", "")),
        "service_name": given.get("OTEL_SERVICE_NAME"),
        "sample_ratio": _ratio(given),
    }
    timeout = _of_traces(given, "TIMEOUT")
    return found if timeout is None else {**found, "timeout_seconds": _seconds(timeout)}


def _seconds(timeout: str) -> object:
    """The specification means milliseconds, OpenTelemetry for Python seconds: size tells."""
    number = int(timeout) if timeout.isdecimal() else None
    return number / 1_000 if number is not None and number > LONGEST_SECONDS else timeout


def _of_traces(given: Mapping[str, str], name: str) -> str | None:
    return given.get(f"OTEL_EXPORTER_OTLP_TRACES_{name}") or given.get(f"OTEL_EXPORTER_OTLP_{name}")


def _pairs(text: str) -> dict[str, str]:
    """Read `key=value,key2=value2`, whose values are percent-encoded."""
    pairs = (pair.partition("=") for pair in text.split(","))
    return {name.strip(): unquote(value.strip()) for name, sign, value in pairs if sign}


def _ratio(given: Mapping[str, str]) -> object:
    sampler = given.get("OTEL_TRACES_SAMPLER")
    if sampler is None or sampler in SAMPLE_ALL:
        return None
    if sampler in SAMPLE_NONE:
        return 0.0
    if sampler in SAMPLE_SOME:
        return given.get("OTEL_TRACES_SAMPLER_ARG", 1.0)
    raise SettingsError(f"OTEL_TRACES_SAMPLER names {sampler[:40]!r}, which Suture does not have.")
