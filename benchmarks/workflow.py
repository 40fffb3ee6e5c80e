"""What an incident's workflow costs, against a bare workflow with as many no-op activities.

The real `incident` and `repair` workflows run as `suture fix` runs them, up to an open pull
request, on the real worker. Every activity answers at once from a script, so what is measured is
workflow code, payloads and Temporal itself. The bare side has one workflow and empty payloads.
"""

import asyncio
import contextlib
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import structlog
from pydantic import BaseModel
from temporalio import activity
from temporalio.client import Client
from temporalio.common import RawValue
from temporalio.worker import Worker

from benchmarks.bare import BareWorkflow
from benchmarks.script import ANSWERS, opening
from suture.domain.resolution import ResolutionKind
from suture.settings import TemporalSettings
from workers.connecting import connect
from workers.temporal_server import ServerPlan, running_server
from workers.worker import ALL_ROLES, Team, running_team
from workflows.incident import IncidentWorkflow

ROUNDS = 10
INCIDENTS = "incidents"
BARE = "bare"
THREADS = 8


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """Medians over the rounds."""

    activities: int
    bare_ms: float
    incident_ms: float

    @property
    def ratio(self) -> float:
        """How many times longer the incident takes."""
        return self.incident_ms / self.bare_ms


class Script:
    """Answers every activity at once, whatever its name, and counts them."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()

    @activity.defn(dynamic=True)
    def answer(self, arguments: Sequence[RawValue]) -> BaseModel | str | None:
        """Return what the script has for this activity."""
        del arguments
        name = activity.info().activity_type
        self.calls[name] += 1
        return ANSWERS.get(name)


async def measure(rounds: int = ROUNDS) -> Measurement:
    """Run incidents and bare workflows by turns, so that both see the same machine."""
    script = Script()
    incident, bare = [], []
    with tempfile.TemporaryDirectory() as folder:
        async with _engine(Path(folder), script) as client:
            await _incident(client, 0)
            steps = script.calls.total()
            await _bare(client, 0, steps)
            for number in range(1, rounds + 1):
                incident.append(await _incident(client, number))
                bare.append(await _bare(client, number, steps))
    return Measurement(
        activities=steps,
        bare_ms=statistics.median(bare),
        incident_ms=statistics.median(incident),
    )


def main() -> None:
    """Print the table."""
    structlog.configure(processors=[_silence])
    found = asyncio.run(measure())
    print(f"{'workflow (median)':<26}{'bare':>10}{'incident':>12}{'ratio':>9}")
    name = f"{found.activities} no-op activities"
    bare, incident = f"{found.bare_ms:.0f} ms", f"{found.incident_ms:.0f} ms"
    print(f"{name:<26}{bare:>10}{incident:>12}{found.ratio:>8.2f}x")


@contextlib.asynccontextmanager
async def _engine(folder: Path, script: Script) -> AsyncIterator[Client]:
    """Serve both sides on one server, which keeps its histories as that of `suture up` does."""
    plan = ServerPlan(database=folder / "temporal.db")
    async with running_server(plan) as server:
        client = await connect(TemporalSettings(address=server.address))
        team = Team(queue=INCIDENTS, orchestration=(script.answer,), sandbox=(script.answer,))
        with ThreadPoolExecutor(THREADS) as executor:
            bare = Worker(
                client,
                task_queue=BARE,
                workflows=[BareWorkflow],
                activities=[script.answer],
                activity_executor=executor,
            )
            async with running_team(client, team, ALL_ROLES), bare:
                yield client


async def _incident(client: Client, number: int) -> float:
    start = opening(number)
    began = time.perf_counter()
    resolution = await client.execute_workflow(
        IncidentWorkflow.run, start, id=start.key.incident_id, task_queue=INCIDENTS
    )
    took = time.perf_counter() - began
    if resolution.kind is not ResolutionKind.PULL_REQUEST_READY:
        raise RuntimeError(f"The incident ended otherwise: {resolution.explanation}")
    return took * 1_000


async def _bare(client: Client, number: int, steps: int) -> float:
    began = time.perf_counter()
    await client.execute_workflow(BareWorkflow.run, steps, id=f"bare-{number}", task_queue=BARE)
    return (time.perf_counter() - began) * 1_000


def _silence(*_: object) -> str:
    raise structlog.DropEvent


if __name__ == "__main__":
    main()
