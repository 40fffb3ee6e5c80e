from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from integrations.database import open_database
from tests.peers.emulate import running
from tests.slack.ear import Ear, listening_ear
from tests.slack.workspace import SEED, Workspace


@pytest.fixture(scope="module")
def workspace() -> Iterator[Workspace]:
    with running("slack", SEED) as url:
        yield Workspace(url)


@pytest.fixture
def ear() -> Iterator[Ear]:
    with listening_ear() as running:
        yield running


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = open_database(f"sqlite:///{tmp_path}/suture.db")
    yield opened
    opened.dispose()
