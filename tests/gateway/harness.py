"""A gateway made of fakes, and clients for it."""

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
from fastapi import FastAPI
from pydantic import SecretStr

from apps.gateway.app import create_gateway
from apps.gateway.parts import GatewayParts
from integrations.generic import signature
from suture.settings import GatewaySettings, ServiceSettings
from tests.fakes.artifacts import FakeArtifacts
from tests.fakes.deployments import FakeDeployments
from tests.fakes.incident_starter import FakeStarter
from tests.fakes.metrics import FakeEventMetrics

KEY = "a1b2c3d4e5f60718293a4b5c6d7e8f90"
OTHER_KEY = "00112233445566778899aabbccddeeff"
SECRET = "an-hmac-secret-of-the-tests"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
AUTH = {"X-Sentry-Auth": f"Sentry sentry_key={KEY}, sentry_version=7, sentry_client=test/1"}
SERVICES = {
    "shop": ServiceSettings(
        name="shop", repository="shop", project="7", ingest_key=SecretStr(KEY), environment="live"
    ),
    "till": ServiceSettings(
        name="till", repository="till", project="8", ingest_key=SecretStr(OTHER_KEY)
    ),
}


@dataclass
class World:
    """The fakes around one gateway."""

    starter: FakeStarter = field(default_factory=FakeStarter)
    artifacts: FakeArtifacts = field(default_factory=FakeArtifacts)
    metrics: FakeEventMetrics = field(default_factory=FakeEventMetrics)
    deployments: FakeDeployments = field(default_factory=FakeDeployments)
    now: datetime = NOW

    def parts(self, **settings: object) -> GatewayParts:
        return GatewayParts(
            settings=gateway_settings(**settings),
            services=SERVICES,
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
        {"port": 0, "webhook_secret": SECRET, "commit_timeout_seconds": 5.0, **settings}
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


def event(number: int = 1, *, error: str = "ZeroDivisionError", **fields: object) -> dict[str, Any]:
    frame = {
        "filename": "shop/cart.py",
        "abs_path": "/app/shop/cart.py",
        "function": "average",
        "module": "shop.cart",
        "lineno": 12,
        "in_app": True,
        "context_line": "    return total / count",
        "vars": {"total": "0", "count": "0"},
    }
    exception = {
        "type": error,
        "value": "division by zero",
        "stacktrace": {"frames": [frame]},
        "mechanism": {"type": "generic", "handled": False},
    }
    return {
        "event_id": f"{number:032x}",
        "timestamp": NOW.isoformat(),
        "platform": "python",
        "level": "error",
        "exception": {"values": [exception]},
        **fields,
    }


def item(kind: str, payload: bytes, *, length: bool = True) -> bytes:
    header: dict[str, Any] = {"type": kind}
    if length:
        header["length"] = len(payload)
    return json.dumps(header).encode() + b"\n" + payload + b"\n"


def envelope(*items: bytes, **headers: object) -> bytes:
    return json.dumps(headers).encode() + b"\n" + b"".join(items)


def event_envelope(number: int = 1, *, error: str = "ZeroDivisionError") -> bytes:
    body = json.dumps(event(number, error=error)).encode()
    return envelope(item("event", body), event_id=f"{number:032x}")


def signed(body: bytes, *, at: datetime = NOW, secret: str = SECRET) -> dict[str, str]:
    return {signature.HEADER: signature.sign(secret, body, int(at.timestamp()))}
