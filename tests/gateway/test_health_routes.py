from collections.abc import AsyncIterator

import httpx
import pytest
import structlog
from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from apps.gateway.app import create_gateway
from benchmarks.envelopes import AUTH, event_envelope
from suture.errors import NotFound, PermanentError, Unreachable
from tests.gateway.harness import World, client_of


async def test_the_gateway_is_alive_and_ready() -> None:
    async with client_of(World().app()) as client:
        assert (await client.get("/healthz")).json() == {"status": "ok"}
        answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "problems": []})


async def test_it_is_alive_but_not_ready_without_temporal() -> None:
    world = World()
    world.starter.failures.append(Unreachable("10.0.0.7 does not answer."))
    async with client_of(world.app()) as client:
        answer = await client.get("/readyz")
        assert (await client.get("/healthz")).status_code == 200
    assert answer.status_code == 503
    assert [problem["part"] for problem in answer.json()["problems"]] == ["temporal"]
    assert "10.0.0.7" not in answer.text


async def test_it_is_not_ready_when_temporal_hangs() -> None:
    world = World()
    world.starter.open.clear()
    async with client_of(world.app(commit_timeout_seconds=0.02)) as client:
        answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert "in time" in answer.json()["problems"][0]["reason"]


async def test_it_is_not_ready_when_artifacts_are_lost() -> None:
    class Losing:
        def put(self, content: bytes) -> str:
            return f"{len(content):064x}"

        def get(self, digest: str) -> bytes:
            raise NotFound(digest)

    world = World()
    world.artifacts = Losing()  # type: ignore[assignment]
    async with client_of(world.app()) as client:
        answer = await client.get("/readyz")
    assert [problem["part"] for problem in answer.json()["problems"]] == ["artifacts"]


async def test_metrics_tell_what_happened() -> None:
    async with client_of(World().app()) as client:
        await client.post("/api/7/envelope/", content=event_envelope(), headers=AUTH)
        await client.post("/api/7/envelope/", content=b"", headers=AUTH)
        await client.get("/no/such/page")
        text = (await client.get("/metrics")).text
    for line in (
        'suture_gateway_requests_total{route="/api/{project}/envelope/",status="200"} 1.0',
        'suture_gateway_requests_total{route="/api/{project}/envelope/",status="400"} 1.0',
        'suture_gateway_requests_total{route="unmatched",status="404"} 1.0',
        'suture_gateway_alerts_accepted_total{service="shop",source="sentry"} 1.0',
        'suture_gateway_refused_total{reason="malformed"} 1.0',
        "suture_gateway_batch_alerts_sum 1.0",
        "suture_gateway_waiting_alerts 0.0",
    ):
        assert line in text


async def test_unknown_routes_and_methods_are_refused_in_the_same_shape() -> None:
    async with client_of(World().app()) as client:
        missing = await client.get("/no/such/page")
        wrong = await client.get("/deployments")
    assert (missing.status_code, missing.json()["error"]) == (404, "not_found")
    assert (wrong.status_code, wrong.json()["error"]) == (405, "method_not_allowed")


async def test_a_bug_is_a_bare_500_and_the_gateway_lives_on() -> None:
    router = APIRouter()

    @router.get("/bug")
    async def bug() -> None:
        raise ZeroDivisionError("a secret detail")

    @router.get("/misconfigured")
    async def misconfigured() -> None:
        raise PermanentError("another secret detail")

    with structlog.testing.capture_logs() as logs:
        async with client_of(create_gateway(World().parts(), [router])) as client:
            await check_bare_500s(client)
    assert [entry["route"] for entry in logs] == ["/bug", "/misconfigured"]


async def check_bare_500s(client: httpx.AsyncClient) -> None:
    for path in ("/bug", "/misconfigured"):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()["error"]) == (500, "internal")
        assert "secret" not in answer.text
    assert (await client.get("/healthz")).status_code == 200


async def test_an_answer_that_breaks_off_is_not_answered_twice() -> None:
    router = APIRouter()

    @router.get("/stream")
    async def stream() -> StreamingResponse:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"some"
            raise ZeroDivisionError

        return StreamingResponse(pieces())

    with structlog.testing.capture_logs():
        async with client_of(create_gateway(World().parts(), [router])) as client:
            with pytest.raises(ZeroDivisionError):
                await client.get("/stream")


async def test_the_api_describes_itself() -> None:
    async with client_of(World().app()) as client:
        paths = (await client.get("/openapi.json")).json()["paths"]
    assert set(paths) == {
        "/api/{project}/envelope/",
        "/api/{project}/store/",
        "/webhooks/generic",
        "/webhooks/{vendor}",
        "/webhooks/generic/schema",
        "/deployments",
        "/healthz",
        "/readyz",
        "/metrics",
    }
    generic = paths["/webhooks/generic"]["post"]
    assert "application/json" in generic["requestBody"]["content"]
    assert "RefusalBody" in str(generic["responses"])
