"""Sentry's ingest protocol, so that any app's DSN can point here.

https://develop.sentry.dev/sdk/data-model/envelopes/ and, for the older store endpoint,
https://develop.sentry.dev/sdk/foundations/transport/authentication/
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request
from pydantic import BaseModel, JsonValue

from apps.gateway.decompression import decoder
from apps.gateway.gate import Gate
from apps.gateway.ingest_keys import IngestKeys
from integrations.sentry.envelope import (
    EVENT,
    Envelope,
    Item,
    key_of_auth_header,
    parse_envelope,
)
from suture.arrival import Arrival, arrival_of
from suture.hostile_json import parse_object
from suture.traces.sentry import parse_event

ENVELOPE = {
    "requestBody": {
        "required": True,
        "description": "An envelope; `Content-Encoding` may be gzip, deflate or br.",
        "content": {"application/x-sentry-envelope": {"schema": {"type": "string"}}},
    }
}
EVENT_BODY = {
    "requestBody": {
        "required": True,
        "description": "One event; `Content-Encoding` may be gzip, deflate or br.",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
}


class EventAccepted(BaseModel):
    """The answer that Sentry's SDKs expect."""

    id: str | None = None
    """The event's id; absent when the request held no event."""


@dataclass(frozen=True, kw_only=True)
class _Delivery:
    """One request, understood."""

    service: str
    envelope: Envelope
    arrivals: tuple[Arrival, ...]


def sentry_routes(gate: Gate) -> APIRouter:
    """Return the routes that an SDK calls."""
    router = APIRouter(tags=["sentry"])
    ingest = _Ingest(gate)

    @router.post(
        "/api/{project}/envelope/", openapi_extra=ENVELOPE, response_model_exclude_none=True
    )
    @router.post(
        "/api/{project}/envelope", include_in_schema=False, response_model_exclude_none=True
    )
    async def receive_envelope(project: str, request: Request) -> EventAccepted:
        """Take an envelope; its events are alerts, other items are counted and dropped."""
        return await ingest.answer(project, request, parse_envelope)

    @router.post(
        "/api/{project}/store/", openapi_extra=EVENT_BODY, response_model_exclude_none=True
    )
    @router.post("/api/{project}/store", include_in_schema=False, response_model_exclude_none=True)
    async def receive_event(project: str, request: Request) -> EventAccepted:
        """Take a single event, as older SDKs send it."""
        return await ingest.answer(project, request, _as_envelope)

    return router


class _Ingest:
    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        settings = gate.parts.settings
        self._keys = IngestKeys(gate.parts.services, spotlight=settings.spotlight)
        self._limit = settings.max_decompressed_bytes

    async def answer(
        self, project: str, request: Request, read: Callable[[bytes], Envelope]
    ) -> EventAccepted:
        key = _key_of(request)
        known = self._keys.by_key(project, key) if key is not None else None
        if known is not None:
            self._gate.rates.take(known)
        self._gate.intake.commits.check_room()
        undo = decoder(request.headers.get("content-encoding", ""))
        body = await self._gate.bodies.read(request)
        received_at = self._gate.parts.clock()

        def understand() -> _Delivery:
            envelope = read(undo(body, self._limit))
            service = known or self._keys.late(project, envelope.key)
            events = [_alert(item, service, received_at) for item in envelope.events]
            return _Delivery(service=service, envelope=envelope, arrivals=tuple(events))

        delivery = await self._gate.intake.parse(understand)
        if known is None:
            self._gate.rates.take(delivery.service)
        for item in delivery.envelope.items:
            self._gate.telemetry.item_received(item.type)
        await self._gate.intake.accept(delivery.arrivals)
        return EventAccepted(id=_event_id(delivery))


def _key_of(request: Request) -> str | None:
    """Return the key that header or query hold; an unreadable header counts as a wrong key."""
    for name in ("x-sentry-auth", "authorization"):
        header = request.headers.get(name)
        if header is not None:
            return key_of_auth_header(header) or ""
    return request.query_params.get("sentry_key")


def _alert(item: Item, service: str, received_at: datetime) -> Arrival:
    event = parse_object(item.payload, what="event")
    return arrival_of(parse_event(event, service=service, received_at=received_at))


def _as_envelope(body: bytes) -> Envelope:
    event: dict[str, JsonValue] = parse_object(body, what="event")
    event_id = event.get("event_id")
    return Envelope(
        event_id=event_id if isinstance(event_id, str) else None,
        items=(Item(type=EVENT, payload=body),),
    )


def _event_id(delivery: _Delivery) -> str | None:
    first = delivery.arrivals[0].notice.alert_id if delivery.arrivals else None
    return delivery.envelope.event_id or first
