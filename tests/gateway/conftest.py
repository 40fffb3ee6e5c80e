"""A real Temporal server, one for all gateway tests that need it."""

import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.common import SearchAttributeKey
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from tests.gateway.counting import counting_worker

TEMPORAL = shutil.which("temporal", path=str(Path(sys.executable).parent))
SERVICE = SearchAttributeKey.for_keyword("SutureService")
TICKET = SearchAttributeKey.for_keyword("SutureTicket")


@pytest.fixture
async def temporal() -> AsyncIterator[Client]:
    environment = await WorkflowEnvironment.start_local(
        dev_server_existing_path=TEMPORAL,
        data_converter=pydantic_data_converter,
        search_attributes=[SERVICE, TICKET],
        dev_server_log_level="never",
    )
    async with environment, counting_worker(environment.client):
        yield environment.client
