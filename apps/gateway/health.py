"""Alive, ready, and measured."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from enum import StrEnum

import structlog
from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel

from apps.gateway.gate import Gate
from suture.errors import SutureError

PROBE = b"suture readiness probe"
PROBE_DIGEST = "0" * 64
PROBE_NAME = "readiness-probe"

log = structlog.get_logger()


class Health(BaseModel):
    """The process answers."""

    status: str = "ok"


class Part(StrEnum):
    """What the gateway cannot do without."""

    TEMPORAL = "temporal"
    ARTIFACTS = "artifacts"
    DATABASE = "database"


class Problem(BaseModel):
    """One reason not to send requests here."""

    part: Part
    reason: str


class Readiness(BaseModel):
    """Whether alerts can be acknowledged now."""

    ready: bool
    problems: list[Problem]


def health_routes(gate: Gate) -> APIRouter:
    """Return the routes for those who run the gateway."""
    router = APIRouter(tags=["health"])

    @router.get("/healthz")
    async def healthz() -> Health:
        """Say that the process is alive."""
        return Health()

    @router.get("/readyz", responses={503: {"model": Readiness}})
    async def readyz(response: Response) -> Readiness:
        """Say whether everything that an acknowledgement needs is there."""
        found = await asyncio.gather(
            _probe(gate, Part.TEMPORAL, gate.parts.starter.check()),
            _probe(gate, Part.ARTIFACTS, asyncio.to_thread(_check_artifacts, gate)),
            _probe(gate, Part.DATABASE, asyncio.to_thread(_check_database, gate)),
        )
        problems = [problem for problem in found if problem is not None]
        if problems:
            response.status_code = 503
        return Readiness(ready=not problems, problems=problems)

    @router.get("/metrics", response_class=Response)
    async def metrics() -> Response:
        """Return the gateway's metrics in Prometheus' text format."""
        text = gate.telemetry.render(gate.intake.commits.waiting)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    return router


async def _probe(gate: Gate, part: Part, check: Awaitable[None]) -> Problem | None:
    try:
        async with asyncio.timeout(gate.parts.settings.commit_timeout_seconds):
            await check
    except SutureError as error:
        # The log says what exactly; this answer needs no login, so it does not.
        log.warning("readiness.refused", part=part, reason=str(error))
        return Problem(part=part, reason=f"The {part} cannot be used.")
    except TimeoutError:
        return Problem(part=part, reason=f"The {part} did not answer in time.")
    return None


def _check_artifacts(gate: Gate) -> None:
    gate.parts.artifacts.get(gate.parts.artifacts.put(PROBE))


def _check_database(gate: Gate) -> None:
    now = gate.parts.clock()
    gate.parts.deployments.running(PROBE_NAME, PROBE_NAME, now)
    gate.parts.event_metrics.count(PROBE_NAME, PROBE_DIGEST, now - timedelta(minutes=1), now)
