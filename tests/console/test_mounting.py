"""The console in the gateway over a real socket, and under an address of the operator's."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from apps.console.router import console_router
from apps.decisions import token_digest
from apps.gateway.app import create_gateway
from apps.gateway.server import running
from suture.domain.approval import Role
from suture.settings import UserSettings
from tests.console.visiting import World, settings_in
from tests.gateway.harness import World as Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_gateway_serves_the_console(lonely_world: World) -> None:
    parts = Gateway().parts()
    app = create_gateway(parts, [console_router(lonely_world.parts, lonely_world.client)])
    async with (
        running(app, parts.settings) as url,
        httpx.AsyncClient(base_url=url, timeout=60.0) as http,
    ):
        assert (await http.get("/console")).headers["location"] == "/console/"
        page = await http.get("/console/login")
        assert page.status_code == 200
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        style = await http.get("/console/static/console.css")
        assert style.headers["content-type"].startswith("text/css")
        assert "/console" not in (await http.get("/openapi.json")).text


async def test_links_and_cookies_follow_the_public_address(
    lonely_world: World, tmp_path: Path
) -> None:
    settings = settings_in(tmp_path, "https://suture.example/on-call/")
    parts = dataclasses.replace(lonely_world.parts, settings=settings)
    app = FastAPI()
    app.include_router(console_router(parts, lonely_world.client))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="https://suture.example") as http:
        page = await http.get("/on-call/console/login")
        assert 'href="/on-call/console/static/console.css"' in page.text
        cookie = page.headers["set-cookie"]
        assert "Path=/on-call/console" in cookie
        assert "Secure" in cookie
        sent = await http.get("/on-call/console/tickets")
        assert sent.headers["location"] == "/on-call/console/login?next=/tickets"


async def test_a_form_that_does_not_arrive_is_given_up(lonely_world: World, tmp_path: Path) -> None:
    settings = settings_in(tmp_path, body_timeout_seconds=0.05)
    parts = dataclasses.replace(lonely_world.parts, settings=settings)

    async def stalled() -> AsyncIterator[bytes]:
        yield b"token="
        await asyncio.Event().wait()

    async with World(client=lonely_world.client, parts=parts).visitor() as visitor:
        headers = {"content-type": "application/x-www-form-urlencoded"}
        answer = await visitor.http.post("/console/login", content=stalled(), headers=headers)
    assert answer.status_code == 400
    assert "took too long" in answer.text


async def test_broken_settings_are_an_answer_of_their_own(lonely_world: World) -> None:
    lonely_world.parts.settings.users["No Name"] = UserSettings(
        role=Role.ADMIN, token_sha256=token_digest("no-name")
    )
    async with lonely_world.visitor() as visitor:
        page = await visitor.log_in("no-name")
    assert page.response.status_code == 500
    assert "needs an id of small letters" in page.text
