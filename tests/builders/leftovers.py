"""What an incident leaves behind, for those who look through it."""

import contextlib
import logging
from collections.abc import Iterable, Iterator
from pathlib import Path

from temporalio.client import WorkflowHistory

from apps.logging import configure_logging
from suture.ports.artifacts import ArtifactStore


@contextlib.contextmanager
def logging_to(path: Path) -> Iterator[None]:
    """Send all logging to a file while the context is open."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    configure_logging("info", path)
    try:
        yield
    finally:
        for handler in root.handlers:
            assert isinstance(handler, logging.StreamHandler)
            handler.stream.close()
        root.handlers[:] = before
        root.setLevel(level)


def kept_in(state: Path, artifacts: ArtifactStore) -> Iterator[tuple[str, bytes]]:
    """Yield artifacts and databases of a state directory, each with its name."""
    for path in sorted((state / "artifacts").rglob("*")):
        if path.is_file():
            digest = path.parent.name + path.name
            yield f"artifact {digest[:12]}", artifacts.get(digest)
    for path in sorted(state.glob("suture.db*")):
        yield path.name, path.read_bytes()


def told_by(histories: Iterable[WorkflowHistory]) -> Iterator[tuple[str, bytes]]:
    """Yield everything that workflows have on record."""
    for history in histories:
        events = (event.SerializeToString() for event in history.events)
        yield f"history {history.workflow_id}", b"".join(events)
