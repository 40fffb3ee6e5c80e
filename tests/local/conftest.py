"""A code host on a real repository and a database in a file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations.database import open_database
from tests.builders.code_host import Workshop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workshop]:
    engine = open_database(f"sqlite:///{tmp_path}/suture.db")
    yield Workshop(tmp_path, engine)
    engine.dispose()
