"""`suture backfill sentry`, with a real Temporal server and a Sentry on the loopback."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from apps.cli.backfill import KnownIncidents, moment_of
from apps.cli.exits import ExitCode
from apps.cli.main import app
from suture.domain.incident import IncidentKey
from suture.domain.resolution import ResolutionKind
from suture.errors import InvalidInput
from suture.ports.memory import PastIncident
from suture.settings import TemporalSettings
from tests.builders.temporal import temporal_address
from tests.fakes.memory import FakeMemory
from tests.fakes.sentry_server import TOKEN, FakeSentry, Issue
from tests.fakes.vendor_server import serving
from tests.vendors.sentry_exported import exported_event
from tests.vendors.sentry_samples import ISSUE
from workers.connecting import connect

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def sentry() -> Iterator[FakeSentry]:
    server = FakeSentry()
    happened = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
    server.issues[ISSUE] = Issue(ISSUE, events=[exported_event(dateCreated=happened)])
    with serving(server):
        yield server


class Command:
    """The command in a directory with settings."""

    def __init__(self, directory: Path, sentry: FakeSentry, temporal: str) -> None:
        self.temporal = temporal
        settings = f"""
            [temporal]
            address = "{temporal}"
            [sentry]
            url = "{sentry.url}"
            auth_token = "{TOKEN}"
            organisation = "acme"
            [services.shop]
            repository = "shop"
        """
        (directory / "suture.toml").write_text(settings)

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, ["backfill", "sentry", *arguments])

    def outcomes(self, *arguments: str) -> list[str]:
        result = self.run("--json", *arguments)
        assert result.exit_code == 0, result.output
        return [one["outcome"] for one in json.loads(result.stdout)]

    async def terminate(self, incident: str) -> None:
        client = await connect(TemporalSettings(address=self.temporal))
        await client.get_workflow_handle(incident).terminate()


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sentry: FakeSentry
) -> Iterator[Command]:
    monkeypatch.chdir(tmp_path)
    with temporal_address() as address:
        yield Command(tmp_path, sentry, address)


def test_a_missed_issue_starts_its_incident_once(command: Command, sentry: FakeSentry) -> None:
    assert command.outcomes("--dry-run") == ["missed"]
    shown = command.run("--since", "1d")
    assert shown.output.startswith(f"delivered   {ISSUE}  ZeroDivisionError: division by zero")
    incident = shown.output.split()[-1]
    assert command.outcomes() == ["known"]
    asyncio.run(command.terminate(incident))
    assert command.outcomes() == ["known"]
    later = datetime.now(UTC).isoformat()
    sentry.issues[ISSUE].events.append(exported_event(eventID="b" * 32, dateCreated=later))
    assert command.outcomes() == ["delivered"]
    sentry.issues.clear()
    assert "no such issue" in command.run().output


@pytest.mark.parametrize("since", ["soon", "2w", "99999d", "20d", "2099-01-01T00:00:00Z"])
def test_a_moment_that_is_none_is_wrong_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, since: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["backfill", "sentry", "--since", since])
    assert result.exit_code == ExitCode.USAGE


def test_without_settings_there_is_nobody_to_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["backfill", "sentry"])
    assert result.exit_code == ExitCode.NOT_READY
    assert "[sentry]" in result.output


@pytest.mark.parametrize(
    ("since", "at"),
    [
        ("90m", NOW - timedelta(minutes=90)),
        ("2h", NOW - timedelta(hours=2)),
        ("14d", NOW - timedelta(days=14)),
        ("2026-03-01T11:00:00Z", NOW - timedelta(hours=1)),
        ("2026-03-01T11:00:00", NOW - timedelta(hours=1)),
    ],
)
def test_a_moment_is_told_in_many_ways(since: str, at: datetime) -> None:
    assert moment_of(since, NOW) == at


def test_what_temporal_has_forgotten_is_remembered(command: Command) -> None:
    key, memory = IncidentKey(service="shop", fingerprint="a" * 64), FakeMemory()
    past = PastIncident(
        incident_id=key.incident_id,
        run_id="r",
        kind=ResolutionKind.FIXED,
        summary="Fixed.",
        closed_at=NOW,
    )
    memory.remember(key, past)

    async def ask() -> tuple[bool, bool]:
        client = await connect(TemporalSettings(address=command.temporal))
        known = KnownIncidents(client, memory)
        hour = timedelta(hours=1)
        return await known.covers(key, NOW - hour), await known.covers(key, NOW + hour)

    assert asyncio.run(ask()) == (True, False)


def test_the_time_says_what_it_can_be() -> None:
    with pytest.raises(InvalidInput, match="90m"):
        moment_of("yesterday", NOW)
