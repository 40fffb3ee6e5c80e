"""Puts the gateway together. Other routers, the console's among them, may be included in it."""

import contextlib
from collections.abc import AsyncIterator, Sequence

from fastapi import APIRouter, FastAPI

from apps.gateway.announcing import Announcements
from apps.gateway.answering import Edge, answer_errors
from apps.gateway.deployments import deployment_routes
from apps.gateway.gate import build_gate
from apps.gateway.health import health_routes
from apps.gateway.parts import GatewayParts
from apps.gateway.refusals import RefusalBody
from apps.gateway.sentry import sentry_routes
from apps.gateway.vendors import vendor_routes
from apps.gateway.webhooks import generic_routes

REFUSALS: dict[int | str, dict[str, object]] = {
    "4XX": {"model": RefusalBody, "description": "Refused; the body says why."},
    "503": {"model": RefusalBody, "description": "Not now; try again after `Retry-After`."},
}


def create_gateway(parts: GatewayParts, routers: Sequence[APIRouter] = ()) -> FastAPI:
    """Return the application; when it shuts down, it commits what it has taken in."""
    gate = build_gate(parts)
    announcements = Announcements(gate)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await gate.intake.commits.close()
        await announcements.close()

    app = FastAPI(
        title="Suture gateway",
        description="Takes alerts and deployments in. A 2xx means that Temporal has it.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.include_router(sentry_routes(gate), responses=REFUSALS)
    app.include_router(generic_routes(gate), responses=REFUSALS)
    app.include_router(vendor_routes(gate, announcements), responses=REFUSALS)
    app.include_router(deployment_routes(gate, announcements), responses=REFUSALS)
    app.include_router(health_routes(gate))
    for router in routers:
        app.include_router(router, responses=REFUSALS)
    answer_errors(app, gate.telemetry)
    app.add_middleware(Edge, telemetry=gate.telemetry)
    return app
