"""What every test shares."""

import asyncio
import logging
from collections.abc import Iterator

import pytest
import structlog


def pytest_configure() -> None:
    """Have no event loop but those that tests run: whoever asks for one must not make it."""
    asyncio.set_event_loop(None)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let people ask for the tests that need the network."""
    parser.addoption("--internet", action="store_true", help="run tests marked with `internet`")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave tests that need the network out unless they are asked for."""
    left_out = pytest.mark.skip(reason="needs the network: runs with --internet only")
    for item in items if not config.getoption("--internet") else ():
        if item.get_closest_marker("internet"):
            item.add_marker(left_out)


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """Take back what a command under test set up for its whole process."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)
