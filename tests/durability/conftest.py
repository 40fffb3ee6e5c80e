from collections.abc import Iterator

import pytest

from tests.builders import temporal


@pytest.fixture(scope="module")
def temporal_address() -> Iterator[str]:
    with temporal.temporal_address() as address:
        yield address
