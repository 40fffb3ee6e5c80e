import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from apps.gateway.app import create_gateway
from apps.gateway.server import running
from apps.gateway.temporal import TemporalStarter
from benchmarks.envelopes import AUTH, event_envelope
from benchmarks.wire import Answer, connected, post_all, request
from tests.builders.ports import quiet_port
from tests.gateway.counting import TASK_QUEUE, counting_worker, counts
from tests.gateway.harness import World
from workers.temporal_server import find_temporal

PATH = "/api/7/envelope/"


async def start_temporal(port: int, file: Path) -> asyncio.subprocess.Process:
    options = ["--headless", "--port", str(port), "--db-filename", str(file)]
    return await asyncio.create_subprocess_exec(
        find_temporal(), "server", "start-dev", "--log-level", "never", *options,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


async def until(ask: Callable[[], Awaitable[Answer]], status: int) -> Answer:
    """Ask again until the answer has this status; the test's own time limit ends it."""
    # The server is another process: there is no event to wait for.
    while (answer := await ask()).status != status:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    return answer


@pytest.mark.durability
async def test_an_outage_of_temporal_loses_and_doubles_nothing(tmp_path: Path) -> None:
    port = quiet_port()
    client = await Client.connect(
        f"127.0.0.1:{port}", lazy=True, data_converter=pydantic_data_converter
    )
    starter = TemporalStarter(client, task_queue=TASK_QUEUE, timeout_seconds=1.0)
    parts = dataclasses.replace(World().parts(commit_timeout_seconds=1.0), starter=starter)
    server = await start_temporal(port, tmp_path / "temporal.db")
    try:
        async with running(create_gateway(parts), parts.settings) as url:

            async def post(number: int) -> Answer:
                async with connected(url) as connection:
                    await connection.send(request(PATH, event_envelope(number), AUTH))
                    return await connection.answer()

            async def ready() -> Answer:
                async with connected(url) as connection:
                    await connection.send(b"GET /readyz HTTP/1.1\r\nHost: g\r\n\r\n")
                    return await connection.answer()

            await until(ready, 200)
            await until(lambda: post(0), 200)
            server.kill()
            await server.wait()
            refused = await post_all(
                url, PATH, [event_envelope(number) for number in range(1, 21)], AUTH
            )
            assert {answer.status for answer in refused} == {503}
            assert all("retry-after" in answer.headers for answer in refused)
            assert (await ready()).status == 503

            server = await start_temporal(port, tmp_path / "temporal.db")
            for number in range(1, 21):
                await until(lambda number=number: post(number), 200)  # type: ignore[misc]
        connected_client = await Client.connect(
            f"127.0.0.1:{port}", data_converter=pydantic_data_converter
        )
        async with counting_worker(connected_client):
            assert list((await counts(connected_client)).values()) == [21]
    finally:
        server.kill()
        await server.wait()
