"""What every test shares."""

import asyncio
import logging
from collections.abc import Iterator

import pytest
import structlog


def pytest_configure() -> None:
    """Have no event loop but those that tests run: whoever asks for one must not make it."""
    asyncio.set_event_loop(None)


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """Take back what a command under test set up for its whole process."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)
