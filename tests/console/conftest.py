"""A console over embedded parts and one real Temporal server for all its tests."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from suture.settings import TemporalSettings
from tests.builders.reports import artifacts
from tests.builders.temporal import temporal_address
from tests.console.canned import CannedIncident
from tests.console.visiting import QUEUE, World, settings_in
from workers.connecting import connect
from workers.parts import Parts, build_parts


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    made = build_parts(settings_in(tmp_path))
    for content in artifacts():
        made.artifacts.put(content)
    yield made
    made.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def temporal() -> AsyncIterator[Client]:
    with temporal_address() as address:
        client = await connect(TemporalSettings(address=address))
        async with Worker(
            client,
            task_queue=QUEUE,
            workflows=[CannedIncident],
            workflow_runner=UnsandboxedWorkflowRunner(),
        ):
            yield client


@pytest_asyncio.fixture(loop_scope="session")
async def world(temporal: Client, parts: Parts) -> AsyncIterator[World]:
    world = World(client=temporal, parts=parts)
    yield world
    await world.close()


@pytest_asyncio.fixture(loop_scope="session")
async def lonely_world(parts: Parts) -> World:
    """A console whose Temporal does not answer."""
    client = await Client.connect("127.0.0.1:1", lazy=True, data_converter=pydantic_data_converter)
    return World(client=client, parts=parts)
