"""Incidents that are under way survive an upgrade: old histories lead the code the same way."""

import gzip
import json
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory

from tests.builders.replay import replay

HISTORIES = sorted((Path(__file__).parents[1] / "histories").glob("*.json.gz"))


def test_there_are_histories_of_every_sort_of_end() -> None:
    assert len(HISTORIES) >= 7


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.name.removesuffix(".json.gz"))
async def test_the_code_of_today_follows_a_recorded_history(path: Path) -> None:
    assert await replay([recorded(path)]) == []


def recorded(path: Path) -> WorkflowHistory:
    """Read a history as `tests.histories.record` wrote it."""
    kept = json.loads(gzip.decompress(path.read_bytes()))
    return WorkflowHistory.from_json(kept["workflow_id"], kept["history"])
