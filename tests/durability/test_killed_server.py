"""The Temporal server dies by SIGKILL in the middle of an incident, more than once."""

import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from suture.domain.resolution import ResolutionKind
from tests.builders.incident import Incident
from tests.builders.ports import quiet_port
from tests.builders.temporal import temporal_server
from workers.temporal_server import ServerPlan

pytestmark = [pytest.mark.durability, pytest.mark.timeout(400)]


class MortalServer:
    """A server that comes back on the same port with the same file."""

    def __init__(self, database: Path) -> None:
        self._plan = ServerPlan(port=quiet_port(), database=database)
        self._life = contextlib.ExitStack()

    @property
    def address(self) -> str:
        return f"{self._plan.host}:{self._plan.port}"

    def start(self) -> None:
        self._life = contextlib.ExitStack()
        self._process = self._life.enter_context(temporal_server(self._plan))

    def kill_and_start_again(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._life.close()
        self.start()

    def stop(self) -> None:
        self._life.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MortalServer]:
    mortal = MortalServer(tmp_path / "temporal" / "temporal.db")
    mortal.start()
    yield mortal
    mortal.stop()


async def test_an_incident_outlives_the_death_of_its_server(
    tmp_path: Path, server: MortalServer
) -> None:
    incident = Incident(tmp_path, server.address)
    incident.patience_seconds = 90.0
    await incident.connect()
    gate = incident.script.hold("diagnose")
    async with incident.at_work():
        await incident.alert(count=3)
        await incident.until_called("diagnose")
        server.kill_and_start_again()
        gate.set()
        target = await incident.until_asked()
        server.kill_and_start_again()
        assert await incident.until_asked() == target
        await incident.approve()
        server.kill_and_start_again()
        await incident.deploy()
        assert (await incident.resolution()).kind is ResolutionKind.FIXED
        assert (await incident.report()).summary.alerts == 3
    assert len(incident.parts.embedded.tracker.list_tickets()) == 1
    assert incident.git("rev-list", "--merges", "--count", "main") == "1"
    assert len(incident.keys()) == len(set(incident.keys()))
    assert incident.findings() == []
    incident.parts.close()
