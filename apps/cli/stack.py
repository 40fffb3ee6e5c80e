"""All of Suture on one machine: Temporal, gateway with console, workers, each with its context."""

import contextlib
from collections.abc import AsyncIterator, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from apps.console.router import console_router
from apps.gateway import completing
from apps.gateway.app import create_gateway
from apps.gateway.parts import GatewayParts
from apps.gateway.server import running
from apps.gateway.slack import slack_routes
from apps.gateway.slack_delivery import Deliveries
from apps.gateway.slack_desk import TemporalDesk, TemporalReading
from apps.gateway.slack_intake import SlackIntake
from apps.gateway.temporal import TemporalStarter
from apps.gateway.tracing import TracedRequests
from integrations.inbound import Completion
from integrations.sentry.backfill import SentryBackfill
from integrations.slack.presses import SlackPresses
from suture.domain.alert import AlertSource
from suture.errors import SettingsError, Unreachable
from suture.settings import Settings
from workers.connecting import UNWATCHED, Connection, connect
from workers.parts import Parts
from workers.temporal_server import ServerPlan, free_port, running_server
from workflows.chronicle import SEARCH_ATTRIBUTES

if TYPE_CHECKING:
    from workers.health.tracing import Tracing

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, kw_only=True)
class Engine:
    """Temporal, reached."""

    client: Client
    settings: Settings
    """With the addresses that really hold."""
    embedded: bool


@contextlib.asynccontextmanager
async def reached_or_embedded(
    settings: Settings, watched: Connection = UNWATCHED
) -> AsyncIterator[Engine]:
    """Use the server at the configured address, or run one there that keeps its histories.

    Raises:
        Unreachable: nobody answers at an address that is not this machine's.
    """
    client = await reach(settings, watched)
    if client is not None:
        yield Engine(client=client, settings=settings, embedded=False)
        return
    plan = plan_for(settings)
    async with running_server(plan) as server:
        client = await connect(settings.temporal, watched)
        ui = settings.temporal.model_copy(update={"ui_url": server.ui_url})
        yield Engine(
            client=client, settings=settings.model_copy(update={"temporal": ui}), embedded=True
        )


@contextlib.asynccontextmanager
async def embedded_in_memory(settings: Settings) -> AsyncIterator[Engine]:
    """Run a server of one's own on free ports; it forgets everything when it ends."""
    plan = ServerPlan(namespace=settings.temporal.namespace)
    async with running_server(plan) as server:
        temporal = settings.temporal.model_copy(
            update={
                "address": server.address,
                "ui_url": server.ui_url,
                "api_key": None,
                "tls": False,
                "certificates": None,
            }
        )
        own = settings.model_copy(update={"temporal": temporal})
        yield Engine(client=await connect(temporal), settings=own, embedded=True)


async def reach(settings: Settings, watched: Connection = UNWATCHED) -> Client | None:
    """Connect to the configured server and make sure that it knows our search attributes."""
    try:
        client = await connect(settings.temporal, watched)
    except Unreachable:
        return None
    await ensure_search_attributes(client)
    return client


async def ensure_search_attributes(client: Client) -> None:
    """Add the search attributes that incidents set. Repeatable.

    Raises:
        SettingsError: the server does not let us.
    """
    wanted = {key.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD for key in SEARCH_ATTRIBUTES}
    request = AddSearchAttributesRequest(namespace=client.namespace, search_attributes=wanted)
    try:
        await client.operator_service.add_search_attributes(request)
    except RPCError as error:
        if error.status is RPCStatusCode.ALREADY_EXISTS or await _knows(client, wanted):
            return
        names = ", ".join(wanted)
        raise SettingsError(
            f"Temporal does not let us add its search attributes. Add {names} as Keyword."
        ) from error


async def _knows(client: Client, names: Collection[str]) -> bool:
    """Whether they are there already, where adding them is somebody else's: Temporal Cloud."""
    try:
        await client.count_workflows(" AND ".join(f"{name} = 'none'" for name in names))
    except RPCError:
        return False
    return True


def plan_for(settings: Settings) -> ServerPlan:
    """Return the server that the settings expect on this machine.

    Raises:
        Unreachable: the address is another machine's.
        SettingsError: the address cannot be understood.
    """
    temporal = settings.temporal
    host, _, port = temporal.address.rpartition(":")
    if not port.isdigit():
        raise SettingsError(f"temporal.address must be host:port, not {temporal.address[:100]!r}.")
    if host not in LOOPBACK:
        raise Unreachable(f"Temporal does not answer at {temporal.address}.")
    return ServerPlan(
        host="127.0.0.1" if host == "localhost" else host,
        port=int(port),
        ui_port=urlsplit(temporal.ui_url).port or 0,
        database=settings.state_dir.absolute() / "temporal.db",
        namespace=temporal.namespace,
    )


def on_free_port(settings: Settings) -> Settings:
    """Return the settings with a gateway on a port that nobody uses, and links that fit."""
    host = settings.gateway.host
    port = free_port(host)
    gateway = {"port": port, "public_url": f"http://{host}:{port}"}
    return settings.model_copy(update={"gateway": settings.gateway.model_copy(update=gateway)})


@contextlib.asynccontextmanager
async def running_gateway(
    client: Client, parts: Parts, tracing: "Tracing | None" = None
) -> AsyncIterator[str]:
    """Serve gateway and console in one server and yield its base URL."""
    app = complete_app(client, parts)
    if tracing is not None:
        app.add_middleware(TracedRequests, tracing=tracing)
    async with running(app, parts.settings.gateway) as url:
        yield url


def complete_app(client: Client, parts: Parts) -> FastAPI:
    """Return all that is served: webhooks, deployments, Slack's requests and the console."""
    routers = [console_router(parts, client), *_slack_routers(client, parts)]
    return create_gateway(gateway_parts(client, parts), routers)


def _slack_routers(client: Client, parts: Parts) -> Iterator[APIRouter]:
    slack = parts.settings.slack
    if slack is not None and slack.has_buttons:
        desk = TemporalDesk(client, parts.decision_key)
        deliveries = Deliveries(parts.settings, SlackPresses(parts.engine), desk)
        reading = TemporalReading(client, parts.console_url, parts.artifacts)
        yield slack_routes(SlackIntake(parts.settings, deliveries, reading))


def gateway_parts(client: Client, parts: Parts) -> GatewayParts:
    """Return what the gateway needs of the parts."""
    settings = parts.settings
    return GatewayParts(
        settings=settings.gateway,
        services=settings.services,
        webhooks=settings.webhooks,
        routing=settings.routing(),
        starter=TemporalStarter(
            client,
            task_queue=settings.temporal.task_queue,
            timeout_seconds=settings.gateway.commit_timeout_seconds,
        ),
        artifacts=parts.artifacts,
        problems=parts.problems,
        event_metrics=parts.event_metrics,
        deployments=parts.deployments,
        completions=_completions(settings),
    )


def _completions(settings: Settings) -> dict[str, Completion]:
    sentry = settings.sentry
    if sentry is None or not sentry.complete_issues:
        return {}
    hurried = sentry.model_copy(update={"timeout_seconds": completing.SECONDS})
    return {AlertSource.SENTRY.value: SentryBackfill(hurried).complete}


def cache_directory() -> Path:
    """Return where environments and mirrors are kept between runs for this person."""
    return Path.home() / ".cache" / "suture"
