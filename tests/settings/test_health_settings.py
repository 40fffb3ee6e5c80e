"""Where errors and traces go: by Suture's settings, completed by OpenTelemetry's variables."""

import pytest
from pydantic import SecretStr, ValidationError

from suture.errors import SettingsError
from suture.health_settings import SentrySettings, TracesSettings
from suture.settings import load_settings, telemetry_variables

BASE = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318/"}


def completed(**variables: str) -> TracesSettings:
    return TracesSettings().completed(BASE | variables)


@pytest.mark.parametrize(
    ("dsn", "ingest"),
    [
        ("https://abc@o1.ingest.sentry.io/42", ("abc", "42")),
        ("http://key@127.0.0.1:8700/1", ("key", "1")),
        ("https://key@sentry.example/prefix/7", ("key", "7")),
    ],
)
def test_a_dsn_says_whose_events_they_are(dsn: str, ingest: tuple[str, str]) -> None:
    assert SentrySettings(dsn=SecretStr(dsn)).ingest == ingest


@pytest.mark.parametrize(
    "dsn",
    [
        "",
        "abc",
        "https://host/1",
        "https://key@host/",
        "ftp://key@host/1",
        "http://[::1/1",
        "http://key@host:http/1",
        "http://key@host:99999/1",
    ],
)
def test_what_is_no_dsn_is_refused_without_repeating_it(dsn: str) -> None:
    with pytest.raises(ValidationError, match="dsn must look like") as raised:
        SentrySettings(dsn=SecretStr(dsn))
    assert not dsn or f"'{dsn}'" not in str(raised.value)


def test_without_an_endpoint_there_are_no_traces() -> None:
    assert TracesSettings().completed({}).endpoint is None


def test_the_standard_variables_name_a_collector() -> None:
    assert completed().endpoint == "http://collector:4318/v1/traces"
    exact = completed(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT="http://other:1/traces")
    assert exact.endpoint == "http://other:1/traces"


def test_what_is_set_here_outranks_the_variables() -> None:
    own = TracesSettings(endpoint="http://own:4318/v1/traces", service_name="healer")
    found = own.completed(BASE | {"OTEL_SERVICE_NAME": "x", "OTEL_SDK_DISABLED": "true"})
    assert (found.endpoint, found.service_name) == ("http://own:4318/v1/traces", "healer")


@pytest.mark.parametrize("off", [("SDK_DISABLED", "TRUE"), ("TRACES_EXPORTER", "none")])
def test_the_variables_can_turn_traces_off(off: tuple[str, str]) -> None:
    assert completed(**{f"OTEL_{off[0]}": off[1]}).endpoint is None


def test_the_variables_say_how_to_deliver() -> None:
    found = completed(
        OTEL_EXPORTER_OTLP_HEADERS="api-key=a%20key, broken",
        OTEL_RESOURCE_ATTRIBUTES="deployment.environment.name=live,team=pay",
        OTEL_SERVICE_NAME="healer",
        OTEL_EXPORTER_OTLP_TIMEOUT="7",
    )
    assert {name: value.get_secret_value() for name, value in found.headers.items()} == {
        "api-key": "a key"
    }
    assert found.resource == {"deployment.environment.name": "live", "team": "pay"}
    assert (found.service_name, found.timeout_seconds) == ("healer", 7.0)
    assert completed(OTEL_EXPORTER_OTLP_TRACES_TIMEOUT="10000").timeout_seconds == 10.0


@pytest.mark.parametrize(
    ("sampler", "argument", "ratio"),
    [
        ("always_on", "", None),
        ("parentbased_always_off", "", 0.0),
        ("traceidratio", "0.25", 0.25),
        ("parentbased_traceidratio", "", 1.0),
    ],
)
def test_the_variables_say_how_much_is_kept(
    sampler: str, argument: str, ratio: float | None
) -> None:
    found = completed(OTEL_TRACES_SAMPLER=sampler, OTEL_TRACES_SAMPLER_ARG=argument)
    assert found.sample_ratio == ratio


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("TRACES_SAMPLER", "jaeger_remote", "OTEL_TRACES_SAMPLER names 'jaeger_remote'"),
        ("EXPORTER_OTLP_PROTOCOL", "grpc", "ask for 'grpc'; Suture has http/protobuf only"),
        ("EXPORTER_OTLP_TIMEOUT", "soon", "no valid timeout_seconds"),
        ("EXPORTER_OTLP_TRACES_ENDPOINT", "collector:4318", "no valid endpoint"),
    ],
)
def test_what_suture_does_not_have_is_said(name: str, value: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        completed(**{f"OTEL_{name}": value})


def test_only_the_standard_variables_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "healer")
    monkeypatch.setenv("SUTURE_HEALTH__METRICS__PORT", "9464")
    monkeypatch.setenv("SUTURE_HEALTH__TRACES__HEADERS", '{"api-key": "a-key"}')
    assert telemetry_variables()["OTEL_SERVICE_NAME"] == "healer"
    assert "SUTURE_HEALTH__METRICS__PORT" not in telemetry_variables()
    health = load_settings().health
    assert health.metrics.port == 9464
    assert "a-key" not in repr(health)
