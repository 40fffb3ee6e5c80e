"""One Temporal server and one service for the whole folder: what a repair needs is built once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders import temporal
from tests.model.stage import Shop, build_shop


@pytest.fixture(scope="session")
def engine_address() -> Iterator[str]:
    with temporal.temporal_address() as address:
        yield address


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory, engine_address: str) -> Shop:
    return build_shop(Path(tmp_path_factory.mktemp("shop")), engine_address)
