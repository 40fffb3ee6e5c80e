import gzip
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import jsonschema
import pytest

from benchmarks.envelopes import NOW
from tests.gateway.harness import SECRET, World, client_of, signed

PATH = "/webhooks/generic?service=shop"
BODY = json.dumps({"title": "Queue is stuck", "id": "delivery-1"}).encode()


@pytest.fixture
async def world() -> World:
    return World()


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(world.app(max_body_bytes=4_096)) as client:
        yield client


async def test_a_signed_alert_is_committed(world: World, client: httpx.AsyncClient) -> None:
    answer = await client.post(PATH, content=BODY, headers=signed(BODY))
    assert answer.status_code == 200, answer.text
    [(key, batch)] = world.starter.batches
    assert answer.json() == {
        "alert_id": batch.notices[0].alert_id,
        "incident_id": key.incident_id,
    }


async def test_the_signature_covers_the_body_as_it_travels(
    client: httpx.AsyncClient,
) -> None:
    body = gzip.compress(BODY)
    headers = {**signed(body), "Content-Encoding": "gzip"}
    assert (await client.post(PATH, content=body, headers=headers)).status_code == 200
    headers = {**signed(BODY), "Content-Encoding": "gzip"}
    assert (await client.post(PATH, content=body, headers=headers)).status_code == 401


async def test_a_replay_is_answered_but_not_counted(
    world: World, client: httpx.AsyncClient
) -> None:
    for _ in range(3):
        assert (await client.post(PATH, content=BODY, headers=signed(BODY))).status_code == 200
    assert sum(world.starter.alerts.values()) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Suture-Signature": "nonsense"},
        signed(BODY, secret="another secret"),
        signed(BODY + b" "),
        signed(BODY, at=NOW - timedelta(minutes=6)),
        signed(BODY, at=NOW + timedelta(minutes=6)),
        {"Authorization": f"Bearer {SECRET}"},
    ],
)
async def test_a_forged_or_stale_request_starts_nothing(
    world: World, client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    answer = await client.post(PATH, content=BODY, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (401, "unauthenticated")
    assert world.untouched


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        (PATH, b"{", (400, "malformed")),
        (PATH, b"[]", (400, "malformed")),
        (PATH, b"{}", (422, "invalid")),
        (PATH, b'{"title": 7}', (422, "invalid")),
        (PATH, b'{"title": "' + b"x" * 5_000 + b'"}', (413, "too_large")),
        ("/webhooks/generic", BODY, (422, "invalid")),
        ("/webhooks/generic?service=unknown", BODY, (404, "not_found")),
    ],
)
async def test_a_wrong_request_is_refused_with_a_reason(
    world: World, client: httpx.AsyncClient, path: str, body: bytes, expected: tuple[int, str]
) -> None:
    answer = await client.post(path, content=body, headers=signed(body))
    assert (answer.status_code, answer.json()["error"]) == expected
    assert len(answer.json()["reason"]) > 10
    assert world.untouched


async def test_without_a_secret_the_webhook_is_not_served(world: World) -> None:
    async with client_of(world.app(webhook_secret=None)) as client:
        answer = await client.post(PATH, content=BODY, headers=signed(BODY, secret=""))
    assert (answer.status_code, answer.json()["error"]) == (404, "not_configured")
    assert "webhook_secret" in answer.json()["reason"]


async def test_the_webhook_is_rate_limited(world: World) -> None:
    async with client_of(world.app(rate_per_second=0.001, rate_burst=1)) as client:
        forged = await client.post(PATH, content=BODY, headers=signed(BODY, secret="x"))
        first = await client.post(PATH, content=BODY, headers=signed(BODY))
        second = await client.post(PATH, content=BODY, headers=signed(BODY))
    assert [forged.status_code, first.status_code, second.status_code] == [401, 200, 429]


async def test_the_published_schema_accepts_what_the_webhook_accepts(
    client: httpx.AsyncClient,
) -> None:
    schema = (await client.get("/webhooks/generic/schema")).json()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate({"title": "Queue is stuck"}, schema)
