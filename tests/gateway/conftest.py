"""A real Temporal server for gateway tests that need it."""

from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client
from temporalio.common import SearchAttributeKey

from suture.settings import TemporalSettings
from tests.builders.temporal import temporal_address
from tests.gateway.counting import counting_worker
from workers.connecting import connect

SERVICE = SearchAttributeKey.for_keyword("SutureService")
TICKET = SearchAttributeKey.for_keyword("SutureTicket")


@pytest.fixture
async def temporal() -> AsyncIterator[Client]:
    with temporal_address() as address:
        client = await connect(TemporalSettings(address=address))
        async with counting_worker(client):
            yield client
