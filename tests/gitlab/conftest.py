from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders.gitlab import GitLabWorkshop, gitlab_workshop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[GitLabWorkshop]:
    with gitlab_workshop(tmp_path) as opened:
        yield opened
