"""What serves until a signal: all of it, or one part; and what is said when it cannot."""

import asyncio
import signal
from collections.abc import Coroutine, Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from apps.cli import serving
from apps.cli.exits import ExitCode
from apps.cli.main import app
from suture.errors import SettingsError
from suture.settings import GatewaySettings, Settings, TemporalSettings
from tests.builders import temporal
from tests.builders.ports import quiet_port
from workers.worker import Role

HOST = "127.0.0.1"
PATIENCE_SECONDS = 100.0


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with temporal.temporal_address() as reached:
        yield reached


def settings_for(directory: Path, address: str) -> Settings:
    port = quiet_port()
    return Settings(
        state_dir=directory / "state",
        temporal=TemporalSettings(address=address, ui_url=f"http://{HOST}:{quiet_port()}"),
        gateway=GatewaySettings(port=port, public_url=f"http://{HOST}:{port}"),
    )


async def said_until(
    capsys: pytest.CaptureFixture[str], serve: Coroutine[None, None, None], end: str
) -> str:
    """Serve until a line is said, look whether it answers, and send SIGTERM; return all lines."""
    task, said = asyncio.create_task(serve), ""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while end not in said:
            if task.done():
                await task
                # The signal would end this process.
                pytest.fail(f"It ended by itself: {said}")
            await asyncio.sleep(0.05)
            said += capsys.readouterr().out
        signal.raise_signal(signal.SIGTERM)
        await task
    return said + capsys.readouterr().out


async def test_everything_serves_on_an_own_temporal_and_stops(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_for(tmp_path, f"localhost:{quiet_port()}")
    said = await said_until(capsys, serving._everything(settings), "Ctrl-C stops everything.")
    assert f"Console      {settings.gateway.public_url}/console" in said
    assert f"Temporal UI  {settings.temporal.ui_url}" in said
    assert said.endswith("Stopping.\n")
    assert (settings.state_dir / "temporal.db").exists()


async def test_a_gateway_alone_takes_requests_until_a_signal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], address: str
) -> None:
    settings = settings_for(tmp_path, address)
    async with httpx.AsyncClient(base_url=settings.gateway.public_url) as http:
        said = await said_until(capsys, serving._gateway(settings), "Gateway http")
        assert settings.gateway.public_url in said
        with pytest.raises(httpx.ConnectError):
            await http.get("/healthz")


async def test_workers_alone_say_what_they_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], address: str
) -> None:
    settings = settings_for(tmp_path, address)
    roles = (Role.MODEL, Role.SANDBOX)
    said = await said_until(capsys, serving._workers(settings, roles), "Working")
    assert said == "Working: model, sandbox\n"


def test_a_port_that_is_taken_is_a_wrong_setting(tmp_path: Path, address: str) -> None:
    settings = settings_for(tmp_path, address)
    taken = settings.gateway.model_copy(update={"port": int(address.rpartition(":")[2])})
    with pytest.raises(SettingsError, match="Choose another"):
        serving.run_gateway(settings.model_copy(update={"gateway": taken}))


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """Somebody on a machine where no Temporal answers, and it is not for us to start one."""
    monkeypatch.chdir(tmp_path)
    nowhere = f"127.0.0.2:{quiet_port()}"
    return CliRunner(
        env={"SUTURE_TEMPORAL__ADDRESS": nowhere, "SUTURE_STATE_DIR": str(tmp_path / "state")}
    )


@pytest.mark.parametrize(
    "command",
    [
        "up",
        "gateway",
        "worker --role model",
        "incidents list --json",
        "incidents show incident-v1-shop",
        "incidents watch incident-v1-shop",
        "audit replay incident-v1-shop",
    ],
)
def test_a_temporal_that_does_not_answer_is_told_in_one_line(
    runner: CliRunner, command: str
) -> None:
    result = runner.invoke(app, command.split())
    assert result.exit_code == ExitCode.NOT_READY, result.output
    assert result.stderr.startswith("suture: Temporal does not answer at 127.0.0.2:")
    assert len(result.stderr.splitlines()) == 1


def test_deciding_without_temporal_is_told_as_well(runner: CliRunner, tmp_path: Path) -> None:
    runner.invoke(app, ["up"])
    token = (tmp_path / "state" / "admin-token").read_text().strip()
    arguments = ["approve", "incident-v1-shop", "--as", "admin"]
    result = runner.invoke(app, arguments, env={"SUTURE_TOKEN": token})
    assert result.exit_code == ExitCode.NOT_READY
    assert "Temporal does not answer" in result.stderr


def test_the_first_start_says_where_the_token_is_and_not_what_it_is(
    runner: CliRunner, tmp_path: Path
) -> None:
    first, second = runner.invoke(app, ["up"]), runner.invoke(app, ["up"])
    path = tmp_path / "state" / "admin-token"
    assert f"Log in with the token in {path}" in first.stdout
    assert path.read_text().strip() not in first.output
    assert second.stdout == ""


@pytest.mark.parametrize("command", ["up", "gateway", "worker", "check", "incidents list"])
def test_a_wrong_setting_is_named_by_every_command(runner: CliRunner, command: str) -> None:
    result = runner.invoke(app, command.split(), env={"SUTURE_GATEWAY__PORT": "no port"})
    assert result.exit_code == ExitCode.NOT_READY
    assert "gateway.port" in result.stderr
    assert "Traceback" not in result.output


def test_a_role_that_does_not_exist_is_wrong_usage(runner: CliRunner) -> None:
    assert runner.invoke(app, ["worker", "--role", "cook"]).exit_code == ExitCode.USAGE


def test_an_address_that_is_none_is_told(runner: CliRunner) -> None:
    result = runner.invoke(app, ["up"], env={"SUTURE_TEMPORAL__ADDRESS": "127.0.0.1"})
    assert result.exit_code == ExitCode.NOT_READY
    assert "host:port" in result.stderr
