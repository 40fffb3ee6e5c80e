"""All of Suture on one machine: Temporal, gateway with console, workers, each with its context."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI
from temporalio.client import Client

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
from workers.engine import Engine, reach
from workers.parts import Parts
from workers.temporal_server import ServerPlan, free_port, running_server

if TYPE_CHECKING:
    from workers.health.tracing import Tracing

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


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
