"""`suture check` says whether reports, traces and metrics arrive, and what to mend."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from suture.health_settings import HealthSettings, MetricsSettings, SentrySettings, TracesSettings
from suture.settings import ServiceSettings, Settings
from tests.builders.ports import quiet_port
from tests.health.collector import collecting
from workers.health.probe import Finding, examine

KEY = "a-key-that-nobody-may-read"


def found(directory: Path, **health: object) -> list[Finding]:
    service = ServiceSettings(repository="suture.git", ingest_key=SecretStr(KEY))
    settings = Settings(
        state_dir=directory,
        services={"suture": service},
        health=HealthSettings.model_validate(health),
    )
    return list(examine(settings))


def test_what_is_not_set_is_no_finding(tmp_path: Path) -> None:
    assert found(tmp_path) == []


def test_reports_say_where_they_go_and_whose_alerts_they_are(tmp_path: Path) -> None:
    with collecting(404) as collector:
        address = collector.address
        own = SentrySettings(dsn=SecretStr(f"http://{KEY}@{address}/1"))
        [finding] = found(tmp_path, sentry=own)
        assert finding.ok
        assert finding.detail.startswith(f"to http://{address}, as alerts of suture;")
        other = SentrySettings(dsn=SecretStr(f"http://{KEY}@{address}/2"))
        [finding] = found(tmp_path, sentry=other)
        assert finding.detail == f"to http://{address}"


def test_reports_that_nobody_takes_are_said_without_the_key(tmp_path: Path) -> None:
    dsn = SecretStr(f"http://{KEY}@127.0.0.1:{quiet_port()}/2")
    [finding] = found(tmp_path, sentry=SentrySettings(dsn=dsn))
    assert not finding.ok
    assert "does not answer: ConnectError" in finding.detail
    assert KEY not in repr(finding)


def test_reports_to_an_address_that_sentrys_client_cannot_write_are_said(tmp_path: Path) -> None:
    dsn = SecretStr(f"http://{KEY}@[::1]:9000/2")
    [finding] = found(tmp_path, sentry=SentrySettings(dsn=dsn))
    assert (finding.ok, finding.mend) == (False, "Give that host a name.")
    assert finding.detail == "Sentry's client sends nothing to http://[::1]:9000"


@pytest.mark.parametrize("host", ["a" * 70, "xn--", "x@xn--"])
def test_reports_to_what_is_no_host_are_said_without_the_key(tmp_path: Path, host: str) -> None:
    dsn = SecretStr(f"http://{KEY}@{host}/2")
    [finding] = found(tmp_path, sentry=SentrySettings(dsn=dsn))
    assert not finding.ok
    assert "does not answer: " in finding.detail
    assert KEY not in repr(finding)


@pytest.mark.parametrize("host", ["::1", "[::1", "[zz]", "collector:http", "a" * 70, "xn--"])
def test_traces_to_what_is_no_host_are_said(tmp_path: Path, host: str) -> None:
    [finding] = found(tmp_path, traces=TracesSettings(endpoint=f"http://{host}/v1/traces"))
    assert not finding.ok
    assert finding.detail.startswith(f"http://{host}/v1/traces does not answer: ")


def test_traces_with_a_key_that_no_header_holds_are_said_without_it(tmp_path: Path) -> None:
    with collecting() as collector:
        headers = {"api-key": SecretStr(f"{KEY}\u2026")}
        traces = TracesSettings(endpoint=collector.endpoint, headers=headers)
        [finding] = found(tmp_path, traces=traces)
    assert finding.detail == f"{collector.endpoint} does not answer: UnicodeEncodeError"
    assert KEY not in repr(finding)


def test_a_collector_is_asked_with_its_headers(tmp_path: Path) -> None:
    with collecting() as collector:
        traces = TracesSettings(endpoint=collector.endpoint, headers={"api-key": SecretStr(KEY)})
        [finding] = found(tmp_path, traces=traces)
    assert (finding.ok, finding.detail) == (True, f"{collector.endpoint} answers 200")
    assert collector.headers[0]["api-key"] == KEY


@pytest.mark.parametrize(
    ("status", "mend"), [(401, "wants another key"), (404, "Mend [health.traces]")]
)
def test_a_collector_that_refuses_is_said(tmp_path: Path, status: int, mend: str) -> None:
    with collecting(status) as collector:
        [finding] = found(tmp_path, traces=TracesSettings(endpoint=collector.endpoint))
    assert not finding.ok
    assert mend in finding.mend


def test_a_collector_that_is_not_there_is_said(tmp_path: Path) -> None:
    endpoint = f"http://127.0.0.1:{quiet_port()}/v1/traces"
    [finding] = found(tmp_path, traces=TracesSettings(endpoint=endpoint))
    assert finding.detail == f"{endpoint} does not answer: ConnectError"


def test_variables_that_suture_cannot_follow_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4317")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    [finding] = found(tmp_path)
    assert not finding.ok
    assert "http/protobuf only" in finding.detail


def test_metrics_say_who_may_read_them(tmp_path: Path) -> None:
    [finding] = found(tmp_path, metrics=MetricsSettings(port=9464))
    assert finding.detail == "of workers at 127.0.0.1, port 9464"
    [finding] = found(tmp_path, metrics=MetricsSettings(host="::", port=9464, temporal_port=9465))
    assert finding.detail == "of workers at ::, port 9464 and 9465, for whoever reaches it"
