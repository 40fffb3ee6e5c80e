"""The vendor-neutral webhook: anything that can send JSON can raise an alert."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, JsonValue

from apps.gateway.authentication import WebhookAuthentication
from apps.gateway.bodies import json_body
from apps.gateway.decompression import decoder
from apps.gateway.gate import Gate
from apps.gateway.refusals import Code, Refusal
from suture.arrival import Arrival, arrival_of
from suture.errors import InvalidInput
from suture.hostile_json import parse_object
from suture.traces.generic import generic_schema, parse_generic

RATE_KEY = "webhooks/generic"


class AlertAccepted(BaseModel):
    """Temporal has the alert."""

    alert_id: str
    incident_id: str


def generic_routes(gate: Gate) -> APIRouter:
    """Return the generic webhook and its schema."""
    router = APIRouter(tags=["webhooks"])
    settings = gate.parts.settings
    authentication = WebhookAuthentication(settings.webhook_secret, gate.parts.clock)
    described = json_body(generic_schema())

    @router.post("/webhooks/generic", openapi_extra=described)
    async def receive_alert(
        request: Request, service: Annotated[str, Query(max_length=63)]
    ) -> AlertAccepted:
        """Take one alert; needs `X-Suture-Signature`."""
        authentication.check_headers(request)
        gate.intake.commits.check_room()
        undo = decoder(request.headers.get("content-encoding", ""))
        body = await gate.bodies.read(request)
        authentication.check_body(request, body)
        gate.rates.take(RATE_KEY)
        if service not in gate.parts.services:
            raise Refusal(Code.NOT_FOUND, "No service of this name is configured.")
        received_at = gate.parts.clock()

        def understand() -> Arrival:
            payload = parse_object(undo(body, settings.max_decompressed_bytes))
            try:
                alert = parse_generic(payload, service=service, received_at=received_at)
            except InvalidInput as error:
                raise Refusal(Code.INVALID, str(error)) from error
            return arrival_of(alert)

        arrival = await gate.intake.parse(understand)
        await gate.intake.accept([arrival])
        return AlertAccepted(alert_id=arrival.notice.alert_id, incident_id=arrival.key.incident_id)

    @router.get("/webhooks/generic/schema")
    async def generic_webhook_schema() -> dict[str, JsonValue]:
        """Return the JSON Schema of the generic webhook's body."""
        return generic_schema()

    return router
