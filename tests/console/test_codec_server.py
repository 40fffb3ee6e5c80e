"""Temporal's UI reads encrypted payloads through the console, for people who may and no others."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from google.protobuf import json_format
from pydantic import SecretStr
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.client import Client

from apps.console.router import console_router
from apps.gateway.app import create_gateway
from apps.gateway.server import running
from suture.encryption_settings import EncryptionKey, EncryptionSettings
from suture.settings import TemporalSettings
from tests.console.visiting import ORIGIN, QUEUE, TOKENS, Visitor, World, until_held_back
from tests.gateway.harness import World as Gateway
from workers.connecting import connect
from workers.encryption import EncryptingCodec
from workers.temporal_server import find_temporal

pytestmark = pytest.mark.asyncio(loop_scope="session")

KEY = EncryptionKey(id="k1", secret=SecretStr("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="))
PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'"hunter2"')
UI = "http://temporal.test:8233"
"""As `settings_in` sets it."""
EVIL = "http://evil.test"
DECODE, ENCODE = "/console/codec/decode", "/console/codec/encode"
JSON = {"Content-Type": "application/json"}


def sealed() -> Payload:
    return EncryptingCodec([KEY]).encrypt(PLAIN)


def body(*payloads: Payload) -> bytes:
    return json_format.MessageToJson(Payloads(payloads=payloads)).encode()


def read(answer: httpx.Response) -> list[Payload]:
    assert answer.status_code == 200, answer.text
    return list(json_format.Parse(answer.content, Payloads()).payloads)


def bearer(name: str) -> dict[str, str]:
    return {**JSON, "Authorization": f"Bearer {TOKENS.get(name, name)}"}


def encrypting(world: World, **changed: object) -> World:
    """Return the same world with a key."""
    encryption = EncryptionSettings.model_validate({"keys": (KEY,), **changed})
    settings = world.parts.settings
    temporal = settings.temporal.model_copy(update={"encryption": encryption})
    settings = settings.model_copy(update={"temporal": temporal})
    return World(client=world.client, parts=replace(world.parts, settings=settings))


def gateway(world: World) -> FastAPI:
    return create_gateway(Gateway().parts(), [console_router(world.parts, world.client)])


@pytest_asyncio.fixture(loop_scope="session")
async def http(lonely_world: World) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=gateway(encrypting(lonely_world)))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        yield client


async def test_an_approver_reads_and_writes_payloads_by_token(http: httpx.AsyncClient) -> None:
    answer = await http.post(DECODE, content=body(sealed(), PLAIN), headers=bearer("anna"))
    assert read(answer) == [PLAIN, PLAIN]
    [written] = read(await http.post(ENCODE, content=body(PLAIN), headers=bearer("anna")))
    assert EncryptingCodec([KEY]).decrypt(written) == PLAIN != written
    assert read(await http.post(DECODE, content=b"{}", headers=bearer("root"))) == []


async def test_temporals_ui_reads_with_the_consoles_session(http: httpx.AsyncClient) -> None:
    await Visitor(http).log_in("anna")
    asked = await http.options(
        DECODE, headers={"Origin": UI, "Access-Control-Request-Method": "POST"}
    )
    assert asked.status_code == 204
    assert "X-Namespace" in asked.headers["access-control-allow-headers"]
    headers = {**JSON, "Origin": UI, "X-Namespace": "default"}
    answer = await http.post(DECODE, content=body(sealed()), headers=headers)
    assert read(answer) == [PLAIN]
    for each in (asked, answer):
        assert each.headers["access-control-allow-origin"] == UI
        assert each.headers["access-control-allow-credentials"] == "true"
        assert each.headers["vary"] == "Origin"
    assert answer.headers["cache-control"] == "no-store"


async def test_other_pages_read_nothing_whoever_is_logged_in(http: httpx.AsyncClient) -> None:
    await Visitor(http).log_in("root")
    for origin in (EVIL, "null", f"{UI}.evil.test", ORIGIN):
        asked = await http.options(DECODE, headers={"Origin": origin})
        answer = await http.post(DECODE, content=body(sealed()), headers={**JSON, "Origin": origin})
        assert (asked.status_code, answer.status_code) == (403, 403)
        for each in (asked, answer):
            assert "access-control-allow-origin" not in each.headers
            assert "hunter2" not in each.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (JSON, 401),
        ({**JSON, "Cookie": "suture_session=forged.0"}, 401),
        (bearer("nobody"), 401),
        (bearer("vera"), 403),
    ],
)
async def test_who_may_not_read_is_told_so(
    http: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    answer = await http.post(DECODE, content=body(sealed()), headers={**headers, "Origin": UI})
    assert answer.status_code == status
    assert answer.headers["access-control-allow-origin"] == UI
    assert "hunter2" not in answer.text


async def test_a_logged_in_viewer_may_read_if_the_settings_say_so(lonely_world: World) -> None:
    world = encrypting(lonely_world, codec_role="viewer")
    async with world.visitor("vera") as visitor:
        assert read(await visitor.http.post(DECODE, content=body(sealed()), headers=JSON))


async def test_guessing_tokens_is_held_back_and_asking_often_is_not(
    http: httpx.AsyncClient,
) -> None:
    for _ in range(15):
        read(await http.post(DECODE, content=b"{}", headers=bearer("anna")))
    *refused, held = await until_held_back(
        lambda: http.post(DECODE, content=b"{}", headers=bearer("x"))
    )
    assert len(refused) >= 10
    assert {answer.status_code for answer in refused} == {401}
    assert int(held.headers["retry-after"]) >= 1


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"[]", {}, 400),
        (b'{"payloads": 1}', {}, 422),
        (b'{"payloads": [{"data": 1}]}', {}, 422),
        (b'{"payloads":' + b"[" * 100_000, {}, 400),
        (b"\xff\xfe", {}, 400),
        (b'{"payloads": [' + b"{}," * 2_000 + b"{}]}", {}, 413),
        (b"{}" + b" " * (3 << 20), {}, 413),
        (b"{}", {"Content-Type": "text/plain"}, 400),
        (b"{}", {"X-Namespace": "somebody-elses"}, 404),
    ],
)
async def test_what_is_malformed_or_too_large_is_refused(
    http: httpx.AsyncClient, content: bytes, headers: dict[str, str], status: int
) -> None:
    answer = await http.post(DECODE, content=content, headers={**bearer("anna"), **headers})
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"error", "reason"}


async def test_a_payload_that_was_changed_or_whose_key_is_gone_says_so(
    http: httpx.AsyncClient,
) -> None:
    changed, foreign = sealed(), sealed()
    changed.data = changed.data[:-1]
    foreign.metadata["encryption-key-id"] = b"k0"
    for payload, said in ((changed, "was changed"), (foreign, "the key 'k0', which is not in")):
        answer = await http.post(DECODE, content=body(payload), headers=bearer("anna"))
        assert answer.status_code in {400, 422}
        assert said in answer.json()["reason"]


async def test_without_a_key_there_is_no_codec_server(lonely_world: World) -> None:
    async with lonely_world.visitor("root") as visitor:
        answer = await visitor.http.post(DECODE, content=body(PLAIN), headers=JSON)
        assert answer.status_code == 405


async def test_temporals_own_command_line_reads_through_it(
    temporal: Client, lonely_world: World
) -> None:
    world = encrypting(lonely_world)
    address = temporal.service_client.config.target_host
    encryption = world.parts.settings.temporal.encryption
    client = await connect(TemporalSettings(address=address, encryption=encryption))
    name = f"secretive-{uuid4().hex}"
    handle = await client.start_workflow("nobody-runs-it", "hunter2", id=name, task_queue=QUEUE[1:])

    async def show(*options: str) -> str:
        command = ("workflow", "show", "--workflow-id", name, "--output", "json")
        process = await asyncio.create_subprocess_exec(
            *(find_temporal(), *command, "--address", address, *options),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        printed, _ = await process.communicate()
        return printed.decode()

    parts = Gateway().parts()
    async with running(gateway(world), parts.settings) as url:
        codec = ("--codec-endpoint", f"{url}/console/codec")
        shown = await show(*codec, "--codec-auth", f"Bearer {TOKENS['anna']}")
    await handle.terminate()
    [event] = [one for one in json.loads(shown)["events"] if one["eventId"] == "1"]
    [shown_input] = event["workflowExecutionStartedEventAttributes"]["input"]["payloads"]
    assert base64.b64decode(shown_input["data"]) == b'"hunter2"'
