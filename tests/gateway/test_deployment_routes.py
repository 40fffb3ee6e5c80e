import json
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from benchmarks.envelopes import NOW
from suture.errors import Unreachable
from tests.gateway.harness import SECRET, World, client_of, signed

A, B = "a" * 40, "b" * 40
BEARER = {"Authorization": f"Bearer {SECRET}"}


@pytest.fixture
async def world() -> World:
    return World()


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(world.app()) as client:
        yield client


def report(commit: str = A, **fields: object) -> bytes:
    return json.dumps({"service": "shop", "commit": commit, **fields}).encode()


async def test_a_signed_report_is_recorded_and_announced(world: World) -> None:
    body = report(release="1.2", deployment_id="d1")
    async with client_of(world.app()) as client:
        answer = await client.post("/deployments", content=body, headers=signed(body))
    assert (answer.status_code, answer.json()) == (200, {"deployment_id": "d1", "recorded": True})
    deployment = world.deployments.recorded["d1"]
    assert (deployment.environment, deployment.release, deployment.at) == ("live", "1.2", NOW)
    assert world.starter.announced == [deployment]


async def test_a_bearer_token_will_do(client: httpx.AsyncClient) -> None:
    answer = await client.post("/deployments", content=report(), headers=BEARER)
    assert answer.json()["recorded"] is True


async def test_a_repeated_report_is_the_same_deployment(
    world: World, client: httpx.AsyncClient
) -> None:
    answers = []
    for _ in range(2):
        answers.append((await client.post("/deployments", content=report(), headers=BEARER)).json())
        world.now += timedelta(seconds=30)
    assert [answer["recorded"] for answer in answers] == [True, False]
    assert len({answer["deployment_id"] for answer in answers}) == 1


async def test_a_commit_that_comes_back_after_another_is_a_new_deployment(
    world: World, client: httpx.AsyncClient
) -> None:
    ids = []
    for commit in (A, B, A):
        body = report(commit)
        answer = await client.post("/deployments", content=body, headers=BEARER)
        ids.append(answer.json()["deployment_id"])
        world.now += timedelta(minutes=1)
    assert len(set(ids)) == 3
    running = world.deployments.running("shop", "live", world.now)
    assert running is not None
    assert running.deployment_id == ids[2]


async def test_a_failed_deployment_does_not_pass_for_the_running_one(
    world: World, client: httpx.AsyncClient
) -> None:
    for status in ("succeeded", "failed"):
        body = report(status=status)
        answer = await client.post("/deployments", content=body, headers=BEARER)
        assert answer.json()["recorded"] is True
    assert len(world.deployments.recorded) == 2


async def test_a_deployment_is_on_record_even_if_nobody_can_be_told(world: World) -> None:
    world.starter.failures.append(Unreachable("Temporal does not answer."))
    async with client_of(world.app()) as client:
        answer = await client.post("/deployments", content=report(), headers=BEARER)
    assert answer.status_code == 200
    assert len(world.deployments.recorded) == 1
    assert not world.starter.announced


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer "},
        {"Authorization": f"Basic {SECRET}"},
        signed(report(), secret="another secret"),
    ],
)
async def test_a_stranger_records_nothing(
    world: World, client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    answer = await client.post("/deployments", content=report(), headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert not world.deployments.recorded


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (b"{", 400, "malformed"),
        (report("main"), 422, "invalid"),
        (report(stauts="failed"), 422, "invalid"),
        (report(at="2026-11-21T12:00:00"), 422, "invalid"),
        (report(at=(NOW + timedelta(hours=1)).isoformat()), 422, "invalid"),
        (report(service="unknown"), 404, "not_found"),
    ],
)
async def test_a_wrong_report_is_refused_with_a_reason(
    world: World, client: httpx.AsyncClient, body: bytes, status: int, error: str
) -> None:
    answer = await client.post("/deployments", content=body, headers=BEARER)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert not world.deployments.recorded


async def test_without_a_secret_the_deploy_hook_is_not_served(world: World) -> None:
    async with client_of(world.app(webhook_secret=None)) as client:
        answer = await client.post(
            "/deployments", content=report(), headers={"Authorization": "Bearer "}
        )
    assert (answer.status_code, answer.json()["error"]) == (404, "not_configured")
