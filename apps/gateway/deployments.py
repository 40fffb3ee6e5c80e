"""Deployments as a pipeline reports them; Suture itself never deploys."""

import asyncio
from datetime import datetime, timedelta

from fastapi import APIRouter, Request
from pydantic import Field, ValidationError

from apps.gateway.announcing import Announcements
from apps.gateway.authentication import WebhookAuthentication
from apps.gateway.bodies import json_body
from apps.gateway.decompression import decoder
from apps.gateway.gate import Gate
from apps.gateway.refusals import Code, Refusal
from suture.canonical import digest_of
from suture.domain.rollout import Deployment, DeploymentStatus
from suture.domain.value import CommitSha, Instant, Slug, Value
from suture.hostile_json import parse_object
from suture.ports.deployments import Deployments

RATE_KEY = "deployments"
MAX_CLOCK_SKEW = timedelta(minutes=5)


class DeploymentReport(Value):
    """What a pipeline tells: only service and commit are needed."""

    service: Slug
    commit: CommitSha
    environment: str | None = Field(default=None, min_length=1, max_length=100)
    """Unset: the service's own."""
    release: str | None = Field(default=None, max_length=200)
    status: DeploymentStatus = DeploymentStatus.SUCCEEDED
    at: Instant | None = None
    """Unset: now."""
    deployment_id: str | None = Field(default=None, min_length=1, max_length=200)
    """Unset: derived from the content and from the deployment before it."""


class DeploymentAccepted(Value):
    """The deployment is on record."""

    deployment_id: str
    recorded: bool
    """False when this deployment was on record already."""


def deployment_routes(gate: Gate, announcements: Announcements) -> APIRouter:
    """Return the deploy hook."""
    router = APIRouter(tags=["deployments"])
    parts = gate.parts
    authentication = WebhookAuthentication(parts.settings.webhook_secret, parts.clock)
    described = json_body(DeploymentReport.model_json_schema())

    @router.post("/deployments", openapi_extra=described)
    async def record_deployment(request: Request) -> DeploymentAccepted:
        """Record a deployment; needs `X-Suture-Signature` or the secret as bearer token."""
        authentication.check_headers(request, bearer=True)
        undo = decoder(request.headers.get("content-encoding", ""))
        body = await gate.bodies.read(request)
        authentication.check_body(request, body, bearer=True)
        gate.rates.take(RATE_KEY)
        report = _parse(undo(body, parts.settings.max_body_bytes))
        if report.service not in parts.services:
            raise Refusal(Code.NOT_FOUND, "No service of this name is configured.")
        environment = report.environment or parts.services[report.service].environment
        deployment, recorded = await asyncio.to_thread(
            _record, parts.deployments, report, environment, parts.clock()
        )
        announcements.announce(deployment)
        return DeploymentAccepted(deployment_id=deployment.deployment_id, recorded=recorded)

    return router


def _parse(body: bytes) -> DeploymentReport:
    payload = parse_object(body)
    try:
        return DeploymentReport.model_validate(payload)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(map(str, first["loc"]))
        raise Refusal(Code.INVALID, f"{field}: {first['msg']}") from error


def _record(
    deployments: Deployments, report: DeploymentReport, environment: str, now: datetime
) -> tuple[Deployment, bool]:
    at = report.at or now
    if at > now + MAX_CLOCK_SKEW:
        raise Refusal(Code.INVALID, "at: lies in the future.")
    before = deployments.running(report.service, environment, now)
    deployment = Deployment(
        deployment_id=report.deployment_id or _derived_id(report, environment, before),
        service=report.service,
        environment=environment,
        commit=report.commit,
        release=report.release,
        status=report.status,
        at=at,
    )
    return deployment, deployments.record(deployment)


def _derived_id(report: DeploymentReport, environment: str, before: Deployment | None) -> str:
    """Repeat the id for a repeated report, but not when the same commit returns after another."""
    told = (report.commit, report.release, report.status)
    if before is not None and (before.commit, before.release, before.status) == told:
        return before.deployment_id
    content = report.model_dump(mode="json", exclude={"deployment_id"})
    previous = before.deployment_id if before is not None else None
    return digest_of({**content, "environment": environment, "previous": previous})
