"""The real Prometheus and the real Alertmanager, with the configuration that the how-to shows."""

import asyncio
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

from apps.cli.incidents import find_incident
from apps.cli.stack import running_gateway
from suture.audit.events import LedgerEvent
from suture.domain.alert import Severity
from suture.domain.report import IncidentReport
from suture.errors import NotFound
from suture.settings import Settings
from tests.builders.incident import asking_again
from tests.builders.monitoring import (
    AMTOOL,
    EXAMPLE,
    PROMTOOL,
    Release,
    logs_in,
    monitored,
    needs_programs,
    released,
)
from tests.builders.ports import on_quiet_port
from tests.builders.temporal import temporal_address
from tests.vendors.deliveries import ROOT, SECRET
from workers.connecting import connect
from workers.parts import build_parts
from workers.worker import running_workers
from workflows.incident import IncidentWorkflow

HOW_TO = ROOT / "docs" / "how-to" / "alertmanager-alerts.md"
PATIENCE_SECONDS = 120.0
LOOK_SECONDS = 0.2


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with temporal_address() as reached:
        yield reached


def settings_for(directory: Path, address: str, release: Release) -> Settings:
    settings = {
        "state_dir": directory / "state",
        "temporal": {"address": address, "task_queue": "alertmanager"},
        "webhooks": {"alertmanager": {"secrets": [SECRET]}},
        "services": {"shop": {"repository": str(release.origin), "environment": "live"}},
    }
    return on_quiet_port(Settings.model_validate(settings))


async def seen(client: Client, holds: Callable[[IncidentReport], object]) -> IncidentReport:
    """Look at the shop's incident until something holds of it."""
    while True:
        try:
            handle = await find_incident(client, "incident-v1-shop")
            with asking_again():
                report = await handle.query(IncidentWorkflow.show_report)
                if holds(report):
                    return report
        except NotFound:
            pass
        await asyncio.sleep(LOOK_SECONDS)


def is_resolved(report: IncidentReport) -> bool:
    return any(entry.event == LedgerEvent.ALERT_RESOLVED for entry in report.timeline)


@needs_programs
async def test_errors_of_a_real_service_open_an_incident_and_their_end_is_told_to_it(
    tmp_path: Path, address: str
) -> None:
    with released(tmp_path / "shop") as release:
        settings = settings_for(tmp_path, address, release)
        gateway = settings.gateway.public_url
        with monitored(tmp_path, release, gateway, SECRET), closing(build_parts(settings)) as parts:
            client = await connect(settings.temporal)
            async with running_workers(client, parts), running_gateway(client, parts):
                try:
                    async with asyncio.timeout(PATIENCE_SECONDS):
                        raised = await seen(client, lambda report: report.ticket)
                        assert not is_resolved(raised)
                        await asyncio.to_thread(release.mend)
                        ended = await seen(client, is_resolved)
                except TimeoutError:
                    pytest.fail("Nothing arrived.\n" + logs_in(tmp_path))
                [ticket] = parts.embedded.tracker.list_tickets()
    summary = raised.summary
    assert summary.title == "HighErrorRate: More than 5% of the requests to shop fail"
    assert summary.severity is Severity.CRITICAL
    assert ended.summary.run_id == summary.run_id
    assert "More than 5% of the requests" in ticket.content.title


@needs_programs
@pytest.mark.parametrize(
    "command",
    [
        (PROMTOOL, "check", "config", "--lint-fatal", "prometheus.yml"),
        (AMTOOL, "check-config", "alertmanager.yml"),
    ],
    ids=["prometheus", "alertmanager"],
)
def test_their_own_checkers_find_nothing_wrong_with_the_example(command: tuple[Any, ...]) -> None:
    ran = subprocess.run(command, cwd=EXAMPLE, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_how_to_shows_what_is_in_the_example() -> None:
    shown = re.findall(r"^```yaml\n(.*?)^```", HOW_TO.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert len(shown) == 2
    for part in shown:
        assert any(part in path.read_text("utf-8") for path in EXAMPLE.glob("*.yml"))
