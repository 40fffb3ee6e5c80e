"""Sentry's own alerts beside its ingest protocol: one incident, whichever way an event comes."""

import json

import httpx
from pydantic import SecretStr

from benchmarks.envelopes import AUTH, envelope, event, item
from integrations.inbound import hmac_hex
from suture.domain.alert import Alert
from suture.settings import WebhookSettings
from tests.gateway.harness import World, client_of
from tests.vendors.deliveries import SECRET
from tests.vendors.sentry_samples import event_alert


async def by_envelope(client: httpx.AsyncClient, number: int) -> httpx.Response:
    sent = envelope(item("event", json.dumps(event(number)).encode()))
    return await client.post("/api/7/envelope/", content=sent, headers=AUTH)


async def by_webhook(client: httpx.AsyncClient) -> httpx.Response:
    body = json.dumps(event_alert()).encode()
    headers = {
        "Sentry-Hook-Resource": "event_alert",
        "Sentry-Hook-Signature": hmac_hex(SECRET, body),
    }
    return await client.post("/webhooks/sentry", content=body, headers=headers)


def world_with_sentry() -> World:
    return World(webhooks={"sentry": WebhookSettings(secrets=(SecretStr(SECRET),))})


async def test_an_event_of_an_alert_rule_joins_the_incident_of_envelopes() -> None:
    world = world_with_sentry()
    async with client_of(world.app()) as client:
        assert (await by_envelope(client, 1)).status_code == 200
        assert (await by_webhook(client)).json() == {
            "raised": 1,
            "resolved": 0,
            "unrouted": 0,
            "news": 0,
        }
    assert len({key for key, _ in world.starter.batches}) == 1
    assert sum(world.starter.alerts.values()) == 2


async def test_an_event_that_comes_both_ways_counts_once() -> None:
    world = world_with_sentry()
    async with client_of(world.app()) as client:
        await by_envelope(client, 7)
        assert (await by_webhook(client)).status_code == 200
    assert sum(world.starter.alerts.values()) == 1


async def test_what_is_stored_holds_frames_and_locals_and_no_password() -> None:
    world = world_with_sentry()
    async with client_of(world.app()) as client:
        await by_webhook(client)
    [content] = world.artifacts.contents.values()
    alert = Alert.model_validate_json(content)
    assert alert.exceptions[0].frames[0].variables == {"total": "0", "count": "0"}
    assert alert.request is not None
    assert alert.request.method == "POST"
    assert b"hunter2" not in content
