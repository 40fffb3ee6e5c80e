from collections.abc import Iterator

import pytest

from tests.peers.emulate import running
from tests.slack.workspace import SEED, Workspace


@pytest.fixture(scope="module")
def workspace() -> Iterator[Workspace]:
    with running("slack", SEED) as url:
        yield Workspace(url)
