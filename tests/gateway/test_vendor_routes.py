"""Vendors' webhooks over HTTP: served with a secret, routed, committed, and ended alerts told."""

import gzip
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from suture.domain.alert import AlertSource
from suture.errors import Unreachable
from suture.routing import Route, RoutingTable
from suture.settings import WebhookSettings
from tests.gateway.harness import World, client_of
from tests.vendors import jenkins_samples
from tests.vendors.alertmanager_samples import alert, notification
from tests.vendors.deliveries import SECRET

PATH = "/webhooks/alertmanager"
BEARER = {"Authorization": f"Bearer {SECRET}"}


@pytest.fixture
async def world() -> World:
    return World(webhooks={"alertmanager": WebhookSettings(secrets=(SecretStr(SECRET),))})


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(world.app()) as client:
        yield client


async def post(client: httpx.AsyncClient, body: dict[str, Any], query: str = "") -> httpx.Response:
    return await client.post(PATH + query, json=body, headers=BEARER)


async def test_raised_alerts_are_committed_and_ended_ones_told(
    world: World, client: httpx.AsyncClient
) -> None:
    answer = await post(client, notification(alert(), alert("resolved", alertname="SlowAnswers")))
    assert answer.json() == {"raised": 1, "resolved": 1, "unrouted": 0, "news": 0}
    [(key, batch)] = world.starter.batches
    [(ended, notice)] = world.starter.resolved
    assert key.service == ended.service == "shop"
    assert key != ended
    assert batch.notices[0].source is notice.source is AlertSource.ALERTMANAGER
    assert world.artifacts.get(notice.event)


async def test_the_end_of_an_alert_reaches_the_incident_that_it_began(
    world: World, client: httpx.AsyncClient
) -> None:
    await post(client, notification(alert()))
    await post(client, notification(alert("resolved")))
    assert world.starter.resolved[0][0] == world.starter.batches[0][0]


async def test_a_delivery_that_comes_again_counts_once(
    world: World, client: httpx.AsyncClient
) -> None:
    for _ in range(3):
        assert (await post(client, notification())).status_code == 200
    assert sum(world.starter.alerts.values()) == 1


async def test_a_compressed_delivery_is_read(world: World, client: httpx.AsyncClient) -> None:
    body = gzip.compress(json.dumps(notification()).encode())
    headers = {**BEARER, "Content-Encoding": "gzip"}
    assert (await client.post(PATH, content=body, headers=headers)).status_code == 200
    assert world.starter.batches


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer other"}])
async def test_who_does_not_know_the_secret_changes_nothing(
    world: World, client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    answer = await client.post(PATH, json=notification(), headers=headers)
    assert answer.status_code == 401
    assert world.untouched


@pytest.mark.parametrize("vendor", ["grafana", "nobody", "generic/schema"])
async def test_a_vendor_without_a_secret_is_not_served(
    world: World, client: httpx.AsyncClient, vendor: str
) -> None:
    answer = await client.post(f"/webhooks/{vendor}", json=notification(), headers=BEARER)
    assert answer.status_code in {404, 405}
    assert world.untouched


async def test_an_empty_secret_is_none(world: World) -> None:
    world.webhooks["alertmanager"] = WebhookSettings(secrets=(SecretStr(""),))
    async with client_of(world.app()) as client:
        headers = {"Authorization": "Bearer "}
        answer = await client.post(PATH, json=notification(), headers=headers)
    assert answer.status_code == 404
    assert answer.json()["error"] == "not_configured"


async def test_an_alert_that_no_service_takes_is_counted_and_told_the_sender(
    world: World, client: httpx.AsyncClient
) -> None:
    answer = await post(client, notification(alert(service="bakery")))
    assert answer.json() == {"raised": 0, "resolved": 0, "unrouted": 1, "news": 0}
    assert world.untouched
    metrics = (await client.get("/metrics")).text
    assert 'suture_gateway_alerts_unrouted_total{source="alertmanager"} 1.0' in metrics


async def test_what_some_service_takes_is_taken(world: World, client: httpx.AsyncClient) -> None:
    answer = await post(client, notification(alert(service="bakery"), alert()))
    assert answer.json() == {"raised": 1, "resolved": 0, "unrouted": 1, "news": 0}
    assert len(world.starter.batches) == 1


async def test_routes_and_the_url_name_the_service(world: World) -> None:
    world.routing = RoutingTable(
        routes=(Route(service="till", match={"alertname": "Slow*"}),), fallback=None
    )
    async with client_of(world.app()) as client:
        await post(client, notification(alert(service="x", alertname="SlowAnswers")))
        await post(client, notification(alert(service="x")), "?service=shop")
    assert [key.service for key, _ in world.starter.batches] == ["till", "shop"]


async def test_a_body_that_is_none_of_the_vendors_is_refused(
    world: World, client: httpx.AsyncClient
) -> None:
    for content in (b"", b"[]", b"nonsense", b'{"version": "4"}', b"\xff" * 9):
        answer = await client.post(PATH, content=content, headers=BEARER)
        assert answer.status_code in {400, 422}
        assert answer.json()["reason"]
    assert world.untouched


async def test_while_temporal_is_away_the_sender_is_asked_to_come_again(
    world: World, client: httpx.AsyncClient
) -> None:
    world.starter.failures.append(Unreachable("Temporal does not answer."))
    answer = await post(client, notification(alert("resolved")))
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers
    assert (await post(client, notification(alert("resolved")))).status_code == 200


async def test_the_end_of_a_problem_reaches_what_its_evidence_made_of_it(world: World) -> None:
    world.webhooks["jenkins"] = world.webhooks["alertmanager"]
    failed = jenkins_samples.notification(log=jenkins_samples.LOG)
    passed = jenkins_samples.notification("SUCCESS")
    async with client_of(world.app()) as client:
        for body in (failed, passed):
            path = "/webhooks/jenkins?service=shop"
            answer = await client.post(path, json=body, headers=BEARER)
            assert answer.status_code == 200, answer.text
    [(key, _)] = world.starter.batches
    told = [of for of, _ in world.starter.resolved]
    assert key in told
    assert len(told) == len(set(told)) == 2
