import asyncio
import signal
from collections.abc import AsyncIterator

import httpx
import pytest

from apps.gateway.server import running, serve
from benchmarks.envelopes import AUTH, event_envelope
from benchmarks.wire import Answer, connected, post_all, request
from suture.errors import SettingsError
from tests.gateway.harness import World

PATH = "/api/7/envelope/"
HEAD = f"POST {PATH} HTTP/1.1\r\nHost: g\r\nX-Sentry-Auth: {AUTH['X-Sentry-Auth']}\r\n"


@pytest.fixture
async def world() -> World:
    return World()


@pytest.fixture
async def url(world: World) -> AsyncIterator[str]:
    parts = world.parts(max_body_bytes=4_096, body_timeout_seconds=0.2)
    async with running(world.app(**parts.settings.model_dump()), parts.settings) as url:
        yield url


async def ask(url: str, content: bytes) -> Answer:
    async with connected(url) as connection:
        await connection.send(content)
        return await connection.answer()


async def is_alive(url: str, world: World) -> bool:
    """A good event still gets through, and it is the first that does."""
    if not world.untouched:
        return False
    return (await ask(url, request(PATH, event_envelope(), AUTH))).status == 200


async def test_a_body_that_declares_too_much_is_refused_unread(url: str, world: World) -> None:
    answer = await ask(url, f"{HEAD}Content-Length: 999999999999\r\n\r\n".encode())
    assert answer.status == 413
    assert await is_alive(url, world)


async def test_a_chunked_body_is_cut_off_at_the_limit(url: str, world: World) -> None:
    chunk = b"400\r\n" + b"x" * 1_024 + b"\r\n"
    async with connected(url) as connection:
        await connection.send(f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode() + chunk * 5)
        answer = await connection.answer()
    assert answer.status == 413
    assert await is_alive(url, world)


async def test_a_chunked_envelope_is_accepted(url: str, world: World) -> None:
    body = event_envelope()
    chunks = b"".join(
        f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in (body[:99], body[99:], b"")
    )
    answer = await ask(url, f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode() + chunks)
    assert answer.status == 200
    assert sum(world.starter.alerts.values()) == 1


async def test_a_body_longer_than_declared_starts_nothing(url: str, world: World) -> None:
    content = f"{HEAD}Content-Length: 10\r\n\r\n".encode() + event_envelope()
    assert (await ask(url, content)).status == 400
    assert await is_alive(url, world)


async def test_a_slow_body_is_given_up(url: str, world: World) -> None:
    async with connected(url) as connection:
        await connection.send(f"{HEAD}Content-Length: 100\r\n\r\n".encode() + b"{}")
        answer = await connection.answer()
    assert answer.status == 408
    assert await is_alive(url, world)


async def test_a_sender_that_hangs_up_in_mid_body_starts_nothing(url: str, world: World) -> None:
    async with connected(url) as connection:
        await connection.send(f"{HEAD}Content-Length: 1000\r\n\r\n".encode() + b"{}")
    assert await is_alive(url, world)


async def test_a_sender_that_hangs_up_while_waiting_does_not_lose_the_alert_of_others(
    url: str, world: World
) -> None:
    world.starter.open.clear()
    async with connected(url) as stays:
        async with connected(url) as leaves:
            await leaves.send(request(PATH, event_envelope(1), AUTH))
            await world.starter.entered.wait()
            await stays.send(request(PATH, event_envelope(2), AUTH))
        world.starter.open.set()
        assert (await stays.answer()).status == 200
    assert sum(world.starter.alerts.values()) == 2


@pytest.mark.parametrize(
    "content",
    [
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET\r\n\r\n",
        b"POST /api/7/envelope/ HTTP/1.1\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
        b"POST /api/7/envelope/ HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/7/envelope/ HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    ],
)
async def test_what_is_no_http_leaves_the_gateway_alive(
    url: str, world: World, content: bytes
) -> None:
    async with connected(url) as connection:
        try:
            await connection.send(content + b"\r\n\r\n")
            assert 400 <= (await connection.answer()).status < 500
        except ConnectionError:
            pass
    assert await is_alive(url, world)


async def test_too_many_large_bodies_at_once_are_refused(world: World) -> None:
    size = 1_024
    parts = world.parts(max_body_bytes=size, body_timeout_seconds=60.0)
    refused = asyncio.Event()
    async with running(world.app(**parts.settings.model_dump()), parts.settings) as url:
        async with asyncio.TaskGroup() as group:
            senders = [group.create_task(hold_a_body(url, size, refused)) for _ in range(65)]
        statuses = [sender.result() for sender in senders]
    assert statuses.count(429) >= 1
    assert set(statuses) <= {429, 400}


async def hold_a_body(url: str, size: int, refused: asyncio.Event) -> int:
    """Send all of a body but its end, and that once somebody's was too much."""
    async with connected(url) as connection:
        await connection.send(f"{HEAD}Content-Length: {size}\r\n\r\n".encode() + b"x" * (size - 8))
        answering = asyncio.create_task(connection.answer())
        refusal = asyncio.create_task(refused.wait())
        await asyncio.wait({answering, refusal}, return_when=asyncio.FIRST_COMPLETED)
        refusal.cancel()
        if not answering.done():
            await connection.send(b"x" * 8)
        answer = await answering
        if answer.status == httpx.codes.TOO_MANY_REQUESTS:
            refused.set()
        return answer.status


async def test_stopping_answers_what_is_under_way(world: World) -> None:
    parts = world.parts()
    world.starter.open.clear()
    # Of two incidents: neither waits for the other.
    bodies = [event_envelope(1), event_envelope(2, error="KeyError")]
    world.starter.crowd = len(bodies)
    async with running(world.app(), parts.settings) as url:
        posting = asyncio.create_task(post_all(url, PATH, bodies, AUTH, connections=2))
        await world.starter.crowded.wait()
        asyncio.get_running_loop().call_later(0.1, world.starter.open.set)
    assert [answer.status for answer in await posting] == [200, 200]
    assert sum(world.starter.alerts.values()) == 2


async def test_a_port_that_is_taken_is_named(url: str, world: World) -> None:
    port = int(url.rpartition(":")[2])
    with pytest.raises(SettingsError, match=f"cannot listen on 127.0.0.1:{port}"):
        async with running(world.app(), world.parts(port=port).settings):
            pass


async def test_serving_ends_with_sigterm(world: World) -> None:
    serving = asyncio.create_task(serve(world.parts()))
    await asyncio.sleep(0)
    signal.raise_signal(signal.SIGTERM)
    await serving
