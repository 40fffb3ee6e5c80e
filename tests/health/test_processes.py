"""What serving processes load, log and pass on."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import structlog

from apps.cli import serving
from apps.logging import configure_logging
from benchmarks.envelopes import KEY
from suture.domain.alert import AlertBatch
from suture.domain.incident import IncidentKey
from suture.domain.value import Line
from suture.health_settings import HealthSettings, LogFormat, MetricsSettings
from tests.builders.ports import quiet_port
from tests.cli.test_logging import logged
from tests.cli.test_serving import settings_for
from tests.fakes.incident_starter import FakeStarter
from tests.gateway.harness import World, client_of
from tests.health.samples import Exported
from workers.worker import Role

QUIET = "import apps.cli.serving, sys; print([m for m in sys.modules if m.startswith({})])"
PATIENCE_SECONDS = 100.0
HEAVY = ("opentelemetry.sdk", "opentelemetry.exporter", "sentry_sdk", "litellm")


def test_what_is_off_is_not_loaded() -> None:
    code = QUIET.format(HEAVY)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


async def test_a_worker_is_watched_from_the_command_line(
    tmp_path: Path, temporal_address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_for(tmp_path, temporal_address)
    port = quiet_port()
    health = HealthSettings(metrics=MetricsSettings(port=port))
    watched = settings.model_copy(update={"health": health})
    serve = asyncio.create_task(serving._workers(watched, (Role.ORCHESTRATION,)))
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        httpx.AsyncClient(timeout=PATIENCE_SECONDS) as http,
    ):
        # What it says on its output is all there is to wait for.
        while "Working" not in capsys.readouterr().out:
            if serve.done():
                await serve
                # The signal would end this process.
                pytest.fail("It ended by itself.")
            await asyncio.sleep(0.05)
        answer = await http.get(f"http://127.0.0.1:{port}/metrics")
        signal.raise_signal(signal.SIGTERM)
        await serve
        with pytest.raises(httpx.ConnectError):
            await http.get(f"http://127.0.0.1:{port}/metrics", headers={"Connection": "close"})
    assert Exported(answer.text).value("suture_budget_day_left_usd", repository="*") == 100.0


class SpeakingStarter(FakeStarter):
    """Logs what it does, as a library beneath it would: without a word on the incident."""

    async def commit(
        self, key: IncidentKey, title: Line, batch: AlertBatch, *, environment: str
    ) -> None:
        structlog.get_logger().info("starter.called")
        await super().commit(key, title, batch, environment=environment)


async def test_what_the_gateway_logs_beneath_a_commit_names_the_incident(tmp_path: Path) -> None:
    configure_logging("info", tmp_path / "log", form=LogFormat.JSON)
    world = World(starter=SpeakingStarter())
    auth = {"X-Sentry-Auth": f"Sentry sentry_key={KEY}, sentry_version=7"}
    event = {"event_id": "a" * 32, "message": "It failed"}
    async with client_of(world.app()) as client:
        assert (await client.post("/api/7/store/", json=event, headers=auth)).status_code == 200
    [(key, _)] = world.starter.batches
    [line] = [one for one in logged(tmp_path / "log") if one["event"] == "starter.called"]
    assert line["incident_id"] == key.incident_id
