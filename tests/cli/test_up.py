"""`suture up` as people run it: a process, an app that fails, the console, and an end."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from apps.cli.exits import ExitCode
from suture.settings import TemporalSettings
from tests.builders.command import Commands
from tests.builders.temporal import temporal_server
from tests.cli.everything import HOST, START_SECONDS, Everything
from tests.console.visiting import Visitor
from workers.connecting import connect
from workers.temporal_server import BOUND, ServerPlan

pytestmark = pytest.mark.timeout(500)


@pytest.fixture
def everything(tmp_path: Path, commands: Commands) -> Iterator[Everything]:
    with Everything(tmp_path, commands) as machine:
        yield machine


async def page_of(everything: Everything, incident: str) -> str:
    """Log in to the console with the first administrator's token, and read a page."""
    async with httpx.AsyncClient(base_url=everything.url, timeout=START_SECONDS) as http:
        visitor = Visitor(http)
        arrived = await visitor.log_in(everything.token, f"/incidents/{incident}")
        assert arrived.response.status_code == 303
        page = await visitor.get(f"/incidents/{incident}")
        assert page.response.status_code == 200
        return page.text


async def test_an_error_of_a_real_app_is_an_incident_that_outlives_an_orderly_end(
    everything: Everything,
) -> None:
    everything.start()
    everything.fail_once()
    (incident,) = everything.incidents()
    assert incident["service"] == "till"
    assert incident["title"].startswith("ZeroDivisionError")
    assert "ZeroDivisionError" in await page_of(everything, incident["incident_id"])

    code, said, left = everything.end(signal.SIGTERM)

    assert (code, left) == (ExitCode.DONE, []), said
    assert "Log in with the token in" in said
    assert everything.url in said
    assert everything.token not in said
    everything.start()
    (again,) = everything.incidents()
    assert again["run_id"] == incident["run_id"]
    assert "ZeroDivisionError" in await page_of(everything, incident["incident_id"])


def test_a_killed_one_leaves_no_process_and_starts_again_with_its_incidents(
    everything: Everything,
) -> None:
    everything.start()
    everything.fail_once()
    (incident,) = everything.incidents()

    code, _, left = everything.end(signal.SIGKILL)

    assert (code, left) == (-signal.SIGKILL, [])
    everything.start()
    assert [one["run_id"] for one in everything.incidents()] == [incident["run_id"]]


def test_a_second_one_on_the_same_port_is_told_and_the_first_goes_on(
    everything: Everything,
) -> None:
    everything.start()
    second = everything.begin()
    _, complaint = second.communicate(timeout=START_SECONDS)
    assert second.returncode == ExitCode.NOT_READY
    assert "Choose another gateway.port." in complaint
    assert "Traceback" not in complaint
    assert everything.ready()


def test_a_temporal_server_that_answers_is_used_and_left_alone(everything: Everything) -> None:
    plan = ServerPlan(port=everything.ports["temporal"])
    with temporal_server(plan):
        everything.start()
        assert "temporal" not in [process.name() for process in everything.family()]
        assert everything.end(signal.SIGINT)[0] == ExitCode.DONE
        asyncio.run(connect(TemporalSettings(address=f"{HOST}:{plan.port}")))


def test_a_program_whose_parent_is_gone_does_not_begin() -> None:
    program = [sys.executable, "-I", "-S", str(BOUND), str(os.getppid()), sys.executable, "-V"]
    ran = subprocess.run(program, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "gone" in ran.stderr
