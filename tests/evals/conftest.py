"""Where environments are kept from test to test: building one takes seconds."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Environments, as on a person's machine."""
    return tmp_path_factory.mktemp("cache")
