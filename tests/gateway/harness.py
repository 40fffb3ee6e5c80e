"""A gateway made of fakes, and clients for it."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime

import httpx
from fastapi import FastAPI

from apps.gateway.app import create_gateway
from apps.gateway.parts import GatewayParts
from benchmarks.envelopes import NOW, SERVICES
from integrations.generic import signature
from suture.routing import RoutingTable
from suture.settings import GatewaySettings, WebhookSettings
from tests.fakes.artifacts import FakeArtifacts
from tests.fakes.deployments import FakeDeployments
from tests.fakes.incident_starter import FakeStarter
from tests.fakes.metrics import FakeEventMetrics
from tests.fakes.problems import FakeProblems

SECRET = "an-hmac-secret-of-the-tests"


@dataclass
class World:
    """The fakes around one gateway."""

    starter: FakeStarter = field(default_factory=FakeStarter)
    artifacts: FakeArtifacts = field(default_factory=FakeArtifacts)
    metrics: FakeEventMetrics = field(default_factory=FakeEventMetrics)
    deployments: FakeDeployments = field(default_factory=FakeDeployments)
    problems: FakeProblems = field(default_factory=FakeProblems)
    webhooks: dict[str, WebhookSettings] = field(default_factory=dict)
    routing: RoutingTable = field(default_factory=RoutingTable)
    now: datetime = NOW

    def parts(self, **settings: object) -> GatewayParts:
        return GatewayParts(
            settings=gateway_settings(**settings),
            services=SERVICES,
            problems=self.problems,
            webhooks=self.webhooks,
            routing=self.routing,
            starter=self.starter,
            artifacts=self.artifacts,
            event_metrics=self.metrics,
            deployments=self.deployments,
            clock=lambda: self.now,
        )

    def app(self, **settings: object) -> FastAPI:
        return create_gateway(self.parts(**settings))

    @property
    def untouched(self) -> bool:
        """Nothing was stored, counted or started."""
        return not (self.starter.batches or self.artifacts.contents or self.metrics.counts)


def gateway_settings(**settings: object) -> GatewaySettings:
    return GatewaySettings.model_validate(
        {"port": 0, "webhook_secret": SECRET, "commit_timeout_seconds": 60.0, **settings}
    )


@contextlib.asynccontextmanager
async def client_of(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client that speaks to the application, which starts and stops around it."""
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://gateway") as client,
    ):
        yield client


def signed(body: bytes, *, at: datetime = NOW, secret: str = SECRET) -> dict[str, str]:
    return {signature.HEADER: signature.sign(secret, body, int(at.timestamp()))}
