"""`suture fix` on a Temporal server that already runs."""

import asyncio
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio.client import Client, WorkflowExecutionStatus
from typer.testing import CliRunner

from apps.cli.exits import ExitCode
from apps.cli.fixing import MAX_EVENT_BYTES, FixOrder, fix, read_event
from apps.cli.incidents import list_incidents
from apps.cli.main import app
from apps.cli.repository import open_repository
from evals.seeded import BuiltCase, build_repository, load_case
from suture.arrival import arrival_of
from suture.domain.report import IncidentReport
from suture.errors import Conflict, InvalidInput
from suture.settings import Settings, TemporalSettings
from suture.traces.detect import parse_report
from tests.builders import temporal
from tests.builders.cases import capture_event
from tests.cli.everything import git
from workers.connecting import connect
from workers.starting import start_incident

PATIENCE_SECONDS = 100.0
QUICK_CASE = "missing-setting"
"""Triage ends it before anything is installed."""
STARTED = 3
"""Events of a workflow that nobody has worked on: its start, its alert, its first task."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with temporal.temporal_address() as reached:
        yield reached


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BuiltCase:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return build_repository(load_case(QUICK_CASE), tmp_path / f"repo-{uuid4().hex[:8]}")


def order_for(built: BuiltCase) -> FixOrder:
    repository = open_repository(built.path)
    event = capture_event(built)
    text = event if isinstance(event, str) else json.dumps(event)
    return FixOrder(repository=repository, event=text, service=repository.name)


def settings_for(address: str, directory: Path) -> Settings:
    return Settings(state_dir=directory / "state", temporal=TemporalSettings(address=address))


class Still:
    """Looks on, and says when there was something to see."""

    def __init__(self) -> None:
        self.seen = asyncio.Event()

    def update(self, report: IncidentReport) -> None:
        del report
        self.seen.set()


async def until_open(client: Client, service: str, *, wanted: bool) -> None:
    """Wait until Temporal lists an open workflow of a service, or none any more."""
    query = f"WorkflowId STARTS_WITH 'incident-v1-{service}-' AND ExecutionStatus = 'Running'"
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            if bool([one async for one in client.list_workflows(query)]) is wanted:
                return
            await asyncio.sleep(0.02)


@pytest.fixture
def _log_is_closed() -> Iterator[None]:
    """Close the log of a command that ran in here: it is its process's, and ends with that."""
    yield
    for handler in logging.getLogger().handlers:
        stream = handler.stream if isinstance(handler, logging.StreamHandler) else None
        if stream is not None and str(getattr(stream, "name", "")).endswith("fix.log"):
            stream.close()


@pytest.mark.usefixtures("_log_is_closed")
def test_the_server_that_answers_is_used_and_the_state_is_kept_where_it_is_asked(
    address: str, built: BuiltCase, tmp_path: Path
) -> None:
    order = order_for(built)
    (tmp_path / "event").write_text(order.event)
    kept = tmp_path / "kept"
    result = CliRunner(env={"SUTURE_TEMPORAL__ADDRESS": address}).invoke(
        app,
        ["fix", "--repo", str(built.path), "--event", "-", "--keep-state", str(kept)],
        input=order.event,
    )
    assert result.exit_code == ExitCode.NO_FIX, result.output
    assert "No fix: " in result.stdout
    assert {"fix.log", "artifacts"} <= {path.name for path in kept.iterdir()}

    async def until_listed() -> None:
        client = await connect(TemporalSettings(address=address))
        listed: set[str] = set()
        # Lists lag behind.
        while order.service not in listed:
            listed = {one.service for one in await list_incidents(client)}

    asyncio.run(until_listed())


async def test_an_incident_that_somebody_works_on_is_left_to_them(
    address: str, built: BuiltCase, tmp_path: Path
) -> None:
    order, settings = order_for(built), settings_for(address, tmp_path)
    client = await connect(settings.temporal)
    alert = parse_report(order.event, service=order.service, received_at=datetime.now(UTC))
    # Nobody serves this queue yet, so it is not over before we come.
    first = await start_incident(client, uuid4().hex, arrival_of(alert), None)
    with pytest.raises(Conflict, match=f"suture incidents show {first.id}"):
        await fix(settings, order, Still())
    left = await first.describe()
    assert (left.status, left.history_length) == (WorkflowExecutionStatus.RUNNING, STARTED)
    await first.terminate()


async def test_who_stops_it_leaves_no_incident_open(
    address: str, built: BuiltCase, tmp_path: Path
) -> None:
    order, settings, show = order_for(built), settings_for(address, tmp_path), Still()
    running = asyncio.create_task(fix(settings, order, show))
    async with asyncio.timeout(PATIENCE_SECONDS):
        await show.seen.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    client = await connect(settings.temporal)
    await until_open(client, order.service, wanted=False)
    assert git(built.path, "branch", "--format=%(refname:short)").split() == ["main"]


def test_an_event_is_bounded(tmp_path: Path) -> None:
    (tmp_path / "event").write_bytes(b"x" * (MAX_EVENT_BYTES + 1))
    with pytest.raises(InvalidInput, match="larger than 20 MiB"):
        read_event(str(tmp_path / "event"))
    assert read_event("-", b"caf\xc3\xa9 \xff") == "café \ufffd"
