"""Vendors' webhooks: who sends them, what they say, whose it is."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Annotated

import structlog
from fastapi import APIRouter, FastAPI, Path, Query, Request
from pydantic import BaseModel, JsonValue

from apps.gateway.announcing import Announcements
from apps.gateway.bodies import ANY_OBJECT, json_body
from apps.gateway.completing import Completions
from apps.gateway.decompression import decoder
from apps.gateway.gate import Gate
from apps.gateway.refusals import Code, Refusal
from integrations.inbound import Delivery, NewsReader, Webhook
from integrations.webhooks import NEWS, WEBHOOKS
from suture.arrival import Arrival, arrival_of
from suture.domain.alert import Alert, AlertKind
from suture.domain.inbound import Transition, VendorAlert
from suture.domain.news import News
from suture.domain.service import Service
from suture.errors import InvalidInput
from suture.hostile_json import parse_object
from suture.ports.problems import Problem
from suture.routing import RoutingTable
from suture.traces.vendor import alert_of

MAX_SERVICE_CHARACTERS = 63

log = structlog.get_logger()


class DeliveryAccepted(BaseModel):
    """Temporal has every alert of the delivery that belongs to a service."""

    raised: int = 0
    resolved: int = 0
    """Alerts that ended, told to their incidents if one is open."""
    unrouted: int = 0
    """Alerts that no service takes. See `suture route --explain`."""
    news: int = 0
    """What else it told of pull requests, tickets and deployments of Suture's services."""


class Reader:
    """Makes routed alerts of one delivery."""

    def __init__(self, gate: Gate, webhook: Webhook) -> None:
        self._services: Mapping[str, Service] = gate.parts.services
        self._table: RoutingTable = gate.parts.routing
        self._webhook = webhook
        self._news: NewsReader | None = NEWS.get(webhook.source.value)
        self.unrouted = 0
        self.news: tuple[News, ...] = ()

    def read(
        self, payload: Mapping[str, JsonValue], delivery: Delivery, named: str | None
    ) -> list[tuple[Transition, Alert]]:
        """Return what belongs to a service.

        Raises:
            Refusal: a field cannot be understood.
        """
        try:
            told = self._webhook.read(payload, delivery)
            if self._news is not None:
                self.news = self._news.read_news(payload, delivery)
            routed = [(one, self._route(one, delivery, named)) for one in told]
        except InvalidInput as error:
            raise Refusal(Code.INVALID, str(error)) from error
        return [(one.transition, alert) for one, alert in routed if alert is not None]

    def _route(self, told: VendorAlert, delivery: Delivery, named: str | None) -> Alert | None:
        routed = self._table.route(told, self._services, named)
        if routed.service is None:
            self.unrouted += not routed.foreign
            return None
        return alert_of(
            told,
            service=routed.service,
            environment=routed.environment,
            received_at=delivery.received_at,
        )


def vendor_routes(gate: Gate, announcements: Announcements) -> APIRouter:
    """Return the vendors' webhooks."""
    parts = gate.parts
    completions = Completions(parts.completions, parts.completion_seconds)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        completions.close()

    router = APIRouter(tags=["webhooks"], lifespan=lifespan)

    @router.post("/webhooks/{vendor}", openapi_extra=json_body(ANY_OBJECT))
    async def receive_delivery(
        request: Request,
        vendor: Annotated[str, Path(max_length=40)],
        service: Annotated[str | None, Query(max_length=MAX_SERVICE_CHARACTERS)] = None,
    ) -> DeliveryAccepted:
        """Take a vendor's delivery; it must prove that it knows the vendor's secret."""
        webhook, secrets = _configured(gate, vendor)
        gate.intake.commits.check_room()
        undo = decoder(request.headers.get("content-encoding", ""))
        body = await gate.bodies.read(request)
        delivery = Delivery(
            headers={key.lower(): value for key, value in request.headers.items()},
            body=body,
            received_at=parts.clock(),
        )
        webhook.authenticate(delivery, secrets)
        gate.rates.take(f"webhooks/{vendor}")
        reader = Reader(gate, webhook)
        limit = parts.settings.max_decompressed_bytes
        payload = await gate.intake.parse(lambda: parse_object(undo(body, limit)))
        told = await completions.complete(vendor, payload, delivery)
        found = await gate.intake.parse(lambda: reader.read(*told, service))
        gate.telemetry.alerts_unrouted(vendor, reader.unrouted)
        if reader.unrouted:
            # Not refused: vendors switch off webhooks whose deliveries are.
            log.warning("alerts.unrouted", vendor=vendor, alerts=reader.unrouted)
        accepted = await accept_alerts(gate, found, reader.unrouted)
        # After the alerts: a delivery that is refused is sent again, and hints cost nothing.
        return accepted.model_copy(update={"news": await announcements.take(reader.news)})

    return router


async def accept_alerts(
    gate: Gate, found: Sequence[tuple[Transition, Alert]], unrouted: int
) -> DeliveryAccepted:
    """Return once Temporal has all that was raised, and the open incidents what ended.

    Raises:
        TransientError: something is not confirmed; taking all again is safe.
    """
    arrivals = await gate.intake.parse(
        lambda: [(how, alert, arrival_of(alert)) for how, alert in found]
    )
    raised = [(alert, one) for how, alert, one in arrivals if how is Transition.RAISED]
    resolved = [(alert, one) for how, alert, one in arrivals if how is Transition.RESOLVED]
    await asyncio.to_thread(_remember, gate, raised)
    await gate.intake.accept([arrival for _, arrival in raised])
    for alert, arrival in resolved:
        await _resolve(gate, alert, arrival)
    return DeliveryAccepted(raised=len(raised), resolved=len(resolved), unrouted=unrouted)


def _remember(gate: Gate, raised: Sequence[tuple[Alert, Arrival]]) -> None:
    """Keep which incident a problem becomes where its name alone would not tell.

    That is an alert with evidence: the evidence makes its fingerprint, and its end has none.
    """
    for alert, arrival in raised:
        if alert.group and alert.kind is not AlertKind.SIGNAL:
            gate.parts.problems.remember(
                problem_of(alert), arrival.key.fingerprint, gate.parts.clock()
            )


async def _resolve(gate: Gate, alert: Alert, arrival: Arrival) -> None:
    """Tell the open incidents; what nobody looks at any more needs no telling."""
    await asyncio.to_thread(gate.parts.artifacts.put, arrival.content)
    known = await asyncio.to_thread(gate.parts.problems.find, problem_of(alert))
    for fingerprint in {arrival.key.fingerprint: None, **dict.fromkeys(known)}:
        key = arrival.key.model_copy(update={"fingerprint": fingerprint})
        await gate.parts.starter.resolve(key, arrival.notice)


def problem_of(alert: Alert) -> Problem:
    """Return the vendor's own name of what the alert is about."""
    return Problem(service=alert.service, source=alert.source, group=alert.group)


def _configured(gate: Gate, vendor: str) -> tuple[Webhook, tuple[str, ...]]:
    webhook = WEBHOOKS.get(vendor)
    if webhook is None:
        known = ", ".join(sorted(WEBHOOKS))
        raise Refusal(Code.NOT_FOUND, f"There is no such webhook. Known ones: {known}, generic.")
    settings = gate.parts.webhooks.get(vendor)
    secrets = settings.known() if settings else ()
    if not secrets:
        raise Refusal(
            Code.NOT_CONFIGURED,
            f"Set webhooks.{vendor}.secrets to make the gateway serve this.",
        )
    return webhook, secrets
