"""Alerts a second through the gateway, against bare signal-with-start on the same server.

Both sides send alerts of the same incidents to the same Temporal by turns, no worker running. The
gateway answers an alert only after Temporal has it; the bare side awaits each call. Everything
runs in this one process and the server beside it, load generator included, so the figures are
about ratios on one machine, not about capacity.

An incident whose burst is used up is told once a second. Each sender waits for its answer before
it sends again, so in a storm there are as many alerts a second as there are senders: that ratio
says what the pace costs them, and the signals say what it spares the workflow.
"""

import asyncio
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import structlog
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from apps.gateway.app import create_gateway
from apps.gateway.commit import COMMIT_INTERVAL_SECONDS
from apps.gateway.parts import GatewayParts
from apps.gateway.server import running
from apps.gateway.temporal import TemporalStarter
from benchmarks.envelopes import AUTH, NOW, SERVICES, event_envelope
from benchmarks.wire import post_all_timed
from integrations.database import open_database
from integrations.filesystem.artifacts import DirectoryArtifacts
from integrations.local.deployments import LocalDeployments
from integrations.local.event_metrics import LocalEventMetrics
from integrations.local.problems import LocalProblems
from suture.canonical import sha256
from suture.domain.alert import AlertBatch, AlertNotice, AlertSource, Severity
from suture.domain.incident import IncidentKey
from suture.domain.value import Line
from suture.settings import GatewaySettings

ROUNDS = 3
ALERTS = 600
SENDERS = 128
BARE_CONCURRENCY = 16
"""More in flight is slower on the bare side."""
TASK_QUEUE = "nobody-listens"
PATH = "/api/7/envelope/"
WARM_UP = 1_000_000
"""Numbers of alerts from here on are not measured."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """What the alerts are about."""

    name: str
    incidents: int
    storm: bool = False
    """Every incident has used up its burst before."""


CASES = (
    Case(name="1, its burst", incidents=1),
    Case(name="1, in a storm", incidents=1, storm=True),
    Case(name="200", incidents=200),
)


@dataclass(frozen=True, kw_only=True)
class Turn:
    """What one side did with one turn's alerts."""

    per_second: float
    answer_ms: float
    """Median of what a sender waits."""
    signals: float
    """Sent to Temporal."""


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """Medians over the rounds."""

    case: Case
    bare: Turn
    gateway: Turn

    @property
    def ratio(self) -> float:
        """How many times as many alerts pass through the gateway."""
        return self.gateway.per_second / self.bare.per_second


class CountingStarter(TemporalStarter):
    """Counts the signals that it sends."""

    signals = 0

    async def commit(
        self, key: IncidentKey, title: Line, batch: AlertBatch, *, environment: str
    ) -> None:
        """Signal the incident."""
        self.signals += 1
        await super().commit(key, title, batch, environment=environment)


async def measure(case: Case, alerts: int = ALERTS, rounds: int = ROUNDS) -> Measurement:
    """Send alerts of the case's incidents, bare and through the gateway by turns."""
    bare, through = [], []
    with tempfile.TemporaryDirectory() as folder:
        async with await _server(Path(folder)) as environment:
            starter = CountingStarter(
                environment.client, task_queue=TASK_QUEUE, timeout_seconds=30.0
            )
            parts = _parts(starter, Path(folder))
            async with running(create_gateway(parts), parts.settings) as url:
                for turn in range(rounds):
                    first = turn * alerts
                    names = [f"Error{turn}x{each % case.incidents}" for each in range(alerts)]
                    bodies = [
                        event_envelope(first + each, error=name) for each, name in enumerate(names)
                    ]
                    bare.append(await _bare(starter, names))
                    if case.storm:
                        await _use_up_burst(url, first, names[0])
                    through.append(await _gateway(starter, url, bodies))
    return Measurement(case=case, bare=_median(bare), gateway=_median(through))


def main() -> None:
    """Print the table."""
    structlog.configure(processors=[_silence])
    print(f"{ALERTS} alerts; {SENDERS} senders through the gateway, {BARE_CONCURRENCY} bare calls")
    head = ("bare /s", "gateway /s", "ratio", "bare ms", "gateway ms", "signals")
    print(f"{'incidents':<16}" + "".join(f"{each:>12}" for each in head))
    for case in CASES:
        found = asyncio.run(measure(case))
        bare, gateway = found.bare, found.gateway
        print(
            f"{case.name:<16}{bare.per_second:>12.0f}{gateway.per_second:>12.0f}"
            f"{found.ratio:>12.2f}{bare.answer_ms:>12.0f}{gateway.answer_ms:>12.0f}"
            f"{gateway.signals:>12.0f}"
        )


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


def _parts(starter: TemporalStarter, folder: Path) -> GatewayParts:
    engine = open_database(f"sqlite:///{folder / 'suture.db'}")
    return GatewayParts(
        settings=GatewaySettings(port=0, commit_timeout_seconds=30.0, rate_burst=1_000_000),
        services=SERVICES,
        problems=LocalProblems(engine),
        starter=starter,
        artifacts=DirectoryArtifacts(folder / "artifacts"),
        event_metrics=LocalEventMetrics(engine),
        deployments=LocalDeployments(engine),
    )


async def _post(url: str, bodies: list[bytes], senders: int = 1) -> list[float]:
    """Return what each alert's sender waited, in seconds."""
    answers = await post_all_timed(url, PATH, bodies, AUTH, connections=senders)
    refused = [answer.status for answer, _ in answers if answer.status != 200]  # noqa: PLR2004
    if refused:
        raise RuntimeError(f"{len(refused)} alerts were refused: {refused[0]}")
    return [seconds for _, seconds in answers]


async def _use_up_burst(url: str, first: int, name: str) -> None:
    """Send one alert after the other until one had to wait for its incident's pace."""
    number = WARM_UP + first
    while max(await _post(url, [event_envelope(number, error=name)])) < COMMIT_INTERVAL_SECONDS / 2:
        number += 1


async def _gateway(starter: CountingStarter, url: str, bodies: list[bytes]) -> Turn:
    before, started = starter.signals, time.perf_counter()
    waits = await _post(url, bodies, SENDERS)
    return _turn(waits, time.perf_counter() - started, starter.signals - before)


async def _bare(starter: CountingStarter, names: list[str]) -> Turn:
    """Commit one alert a call, without any storage: the least that an acknowledgement can cost."""
    waiting = iter(enumerate(names))
    waits = []

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
            asked = time.perf_counter()
            await starter.commit(key, name, batch, environment="production")
            waits.append(time.perf_counter() - asked)

    before, started = starter.signals, time.perf_counter()
    await asyncio.gather(*(work() for _ in range(BARE_CONCURRENCY)))
    return _turn(waits, time.perf_counter() - started, starter.signals - before)


def _turn(waits: list[float], seconds: float, signals: int) -> Turn:
    return Turn(
        per_second=len(waits) / seconds,
        answer_ms=statistics.median(waits) * 1_000,
        signals=signals,
    )


def _median(turns: list[Turn]) -> Turn:
    return Turn(
        per_second=statistics.median(turn.per_second for turn in turns),
        answer_ms=statistics.median(turn.answer_ms for turn in turns),
        signals=statistics.median(turn.signals for turn in turns),
    )


def _silence(*_: object) -> str:
    raise structlog.DropEvent


if __name__ == "__main__":
    main()
