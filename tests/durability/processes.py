"""What a supervised process does until it dies: a worker, or a gateway."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from apps.cli.stack import gateway_parts
from apps.gateway.app import create_gateway
from apps.gateway.server import running
from apps.gateway.temporal import TemporalStarter
from suture.domain.alert import AlertBatch
from suture.domain.incident import IncidentKey
from suture.domain.value import Digest, Instant, Line
from suture.ports.deployments import Deployments
from suture.ports.metrics import MetricsQuery, ServiceCounters
from tests.builders.incident import QUICK
from tests.builders.interceptors import Moment
from tests.builders.traffic import ScriptedTraffic
from tests.durability.supervised import HEARTBEAT_SECONDS, Dying, Orders
from tests.fakes.fixing import FixingScript, ScriptedFixing
from workers.connecting import connect
from workers.parts import build_parts
from workers.worker import ALL_ROLES, Team, orchestration_activities, running_team

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
REQUESTS_PER_SECOND = 400


class DeployedTraffic(ScriptedTraffic):
    """Traffic whose errors end with the first deployment, whichever process sees it."""

    def __init__(self, deployments: Deployments) -> None:
        super().__init__()
        self._deployments = deployments

    def count(self, service: str, fingerprint: Digest, since: Instant, until: Instant) -> int:
        self.deployed = bool(self._deployments.history(service, "production"))
        return super().count(service, fingerprint, since, until)

    def read(self, query: MetricsQuery) -> ServiceCounters:
        """Return counters of a service that lives on while its watchers die."""
        del query
        now = datetime.now(UTC)
        requests = int((now - EPOCH).total_seconds() * REQUESTS_PER_SECOND)
        return ServiceCounters(at=now, requests=requests, errors=0)


async def work(orders: Orders) -> None:
    """Serve all task queues, and die once at every activity."""
    settings = orders.settings()
    built = build_parts(settings)
    traffic = DeployedTraffic(built.deployments)
    timing = QUICK.timing.model_copy(update={"heartbeat_seconds": HEARTBEAT_SECONDS})
    # Looks are lost with the worker that took them: the window outlasts its deaths.
    watch = QUICK.watch.model_copy(update={"window_seconds": 120.0})
    parts = replace(
        built,
        policy=QUICK.model_copy(update={"timing": timing, "watch": watch}),
        event_metrics=traffic,
        service_metrics=traffic,
    )
    source = parts.sources.open(str(orders.repository))
    team = Team(
        queue=orders.queue,
        orchestration=orchestration_activities(parts),
        sandbox=ScriptedFixing(FixingScript(), parts.artifacts, source).activities,
        interceptors=[Dying(orders)],
    )
    async with running_team(await connect(settings.temporal), team, ALL_ROLES):
        await asyncio.Event().wait()


class DyingStarter(TemporalStarter):
    """Dies before or after it has handed an alert to Temporal."""

    orders: Orders

    async def commit(
        self, key: IncidentKey, title: Line, batch: AlertBatch, *, environment: str
    ) -> None:
        self.orders.die_once("commit", Moment.BEFORE)
        await super().commit(key, title, batch, environment=environment)
        self.orders.die_once("commit", Moment.AFTER)


async def serve(orders: Orders) -> None:
    """Take alerts in, and die once with one in hand."""
    settings = orders.settings()
    client = await connect(settings.temporal)
    starter = DyingStarter(client, task_queue=orders.queue, timeout_seconds=60.0)
    starter.orders = orders
    parts = replace(gateway_parts(client, build_parts(settings)), starter=starter)
    async with running(create_gateway(parts), settings.gateway):
        await asyncio.Event().wait()


ROLES: Mapping[str, Callable[[Orders], Coroutine[None, None, None]]] = {
    "worker": work,
    "gateway": serve,
}
