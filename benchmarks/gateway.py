"""Alerts a second through the gateway, against bare signal-with-start on the same server.

Both sides send alerts of the same incidents to the same Temporal by turns, no worker running. The
gateway answers an alert only after Temporal has it; the bare side awaits each call. Everything
runs in this one process and the server beside it, load generator included, so the figures are
about ratios on one machine, not about capacity.
"""

import asyncio
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path

import structlog
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from apps.gateway.app import create_gateway
from apps.gateway.parts import GatewayParts
from apps.gateway.server import running
from apps.gateway.temporal import TemporalStarter
from integrations.database import open_database
from integrations.filesystem.artifacts import DirectoryArtifacts
from integrations.local.deployments import LocalDeployments
from integrations.local.event_metrics import LocalEventMetrics
from suture.canonical import sha256
from suture.domain.alert import AlertBatch, AlertNotice, AlertSource, Severity
from suture.domain.incident import IncidentKey
from tests.gateway.harness import AUTH, NOW, SERVICES, event_envelope, gateway_settings
from tests.gateway.raw_http import post_all

ROUNDS = 3
ALERTS = 600
SENDERS = 128
BARE_CONCURRENCY = 16
"""More in flight is slower on the bare side."""
TASK_QUEUE = "nobody-listens"


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """Medians over the rounds, in alerts a second."""

    incidents: int
    bare: float
    gateway: float

    @property
    def ratio(self) -> float:
        """How many times as many alerts pass through the gateway."""
        return self.gateway / self.bare


async def measure(incidents: int, alerts: int = ALERTS, rounds: int = ROUNDS) -> Measurement:
    """Send alerts of so many incidents, bare and through the gateway by turns."""
    bare, through = [], []
    with tempfile.TemporaryDirectory() as folder:
        async with await _server(Path(folder)) as environment:
            parts = _parts(environment.client, Path(folder))
            async with running(create_gateway(parts), parts.settings) as url:
                for turn in range(rounds):
                    numbers = range(turn * alerts, (turn + 1) * alerts)
                    names = [f"Error{turn}x{number % incidents}" for number in numbers]
                    bodies = [
                        event_envelope(number, error=name)
                        for number, name in zip(numbers, names, strict=True)
                    ]
                    bare.append(alerts / await _seconds(_bare(parts, names)))
                    through.append(alerts / await _seconds(_gateway(url, bodies)))
    return Measurement(
        incidents=incidents, bare=statistics.median(bare), gateway=statistics.median(through)
    )


def main() -> None:
    """Print the table."""
    structlog.configure(processors=[_silence])
    results = [asyncio.run(measure(incidents)) for incidents in (1, 200)]
    print(f"{'incidents':>10}{'bare /s':>10}{'gateway /s':>12}{'ratio':>8}")
    for each in results:
        print(f"{each.incidents:>10}{each.bare:>10.0f}{each.gateway:>12.0f}{each.ratio:>8.2f}")


async def _server(folder: Path) -> WorkflowEnvironment:
    """Start Temporal as `suture up` does: on a file, so that it could keep its word."""
    pragmas = ("journal_mode=wal", "synchronous=normal")
    return await WorkflowEnvironment.start_local(
        dev_server_existing_path=shutil.which("temporal", path=str(Path(sys.executable).parent)),
        dev_server_database_filename=str(folder / "temporal.db"),
        dev_server_extra_args=[part for each in pragmas for part in ("--sqlite-pragma", each)],
        dev_server_log_level="never",
        data_converter=pydantic_data_converter,
    )


def _parts(client: Client, folder: Path) -> GatewayParts:
    engine = open_database(f"sqlite:///{folder / 'suture.db'}")
    return GatewayParts(
        settings=gateway_settings(commit_timeout_seconds=30.0, rate_burst=1_000_000),
        services=SERVICES,
        starter=TemporalStarter(client, task_queue=TASK_QUEUE, timeout_seconds=30.0),
        artifacts=DirectoryArtifacts(folder / "artifacts"),
        event_metrics=LocalEventMetrics(engine),
        deployments=LocalDeployments(engine),
    )


async def _gateway(url: str, bodies: list[bytes]) -> None:
    answers = await post_all(url, "/api/7/envelope/", bodies, AUTH, connections=SENDERS)
    refused = [answer.status for answer in answers if answer.status != 200]  # noqa: PLR2004
    if refused:
        raise RuntimeError(f"{len(refused)} alerts were refused: {refused[0]}")


async def _bare(parts: GatewayParts, names: list[str]) -> None:
    """Commit one alert a call, without any storage: the least that an acknowledgement can cost."""
    waiting = iter(enumerate(names))

    async def work() -> None:
        for number, name in waiting:
            key = IncidentKey(service="till", fingerprint=sha256(name.encode()))
            notice = AlertNotice(
                alert_id=f"{name}-{number}",
                source=AlertSource.SENTRY,
                severity=Severity.HIGH,
                occurred_at=NOW,
                event=key.fingerprint,
            )
            batch = AlertBatch(batch_id=f"{name}-{number}", count=1, notices=(notice,))
            await parts.starter.commit(key, name, batch, environment="production")

    await asyncio.gather(*(work() for _ in range(BARE_CONCURRENCY)))


async def _seconds(work: Awaitable[None]) -> float:
    started = time.perf_counter()
    await work
    return time.perf_counter() - started


def _silence(*_: object) -> str:
    raise structlog.DropEvent


if __name__ == "__main__":
    main()
