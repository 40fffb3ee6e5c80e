from collections.abc import Iterator

import pytest

from tests.fakes.oidc_provider import FakeProvider, running


@pytest.fixture
def fake() -> Iterator[FakeProvider]:
    with running() as provider:
        yield provider
