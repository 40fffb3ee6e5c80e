from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders.github import GitHubWorkshop, github_workshop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[GitHubWorkshop]:
    with github_workshop(tmp_path) as opened:
        yield opened
