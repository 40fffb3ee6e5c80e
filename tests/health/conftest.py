from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.builders import temporal
from tests.builders.incident import Incident
from tests.builders.replay import histories_of, replay


@pytest.fixture(scope="session")
def temporal_address() -> Iterator[str]:
    with temporal.temporal_address() as address:
        yield address


@pytest.fixture
async def incident(tmp_path: Path, temporal_address: str) -> AsyncIterator[Incident]:
    """An incident that nobody works on yet; what came of it must replay without any watching."""
    staged = Incident(tmp_path, temporal_address)
    await staged.connect()
    yield staged
    staged.parts.close()
    assert await replay(await histories_of(staged.client, staged.key.incident_id)) == []
