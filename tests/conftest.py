"""What every test shares."""

import asyncio
import gc
import logging
import os
import signal
from collections.abc import Generator, Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings

from tests.builders.command import Commands, running_commands

# An example that a busy machine kept waiting says nothing of the code.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


def pytest_configure() -> None:
    """Set up what holds for every test.

    There is no event loop but those that tests run: whoever asks for one must not make it. And
    Temporal's servers live for seconds: what they no longer need may stay where it is. A shell's
    background job is deaf to interrupts, and would have its children deaf, too.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    asyncio.set_event_loop(None)
    os.environ.setdefault("GOGC", "400")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look no more for garbage in what is collected: nearly all of it stays to the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let people ask for the tests that need the network."""
    parser.addoption("--internet", action="store_true", help="run tests marked with `internet`")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave tests that need the network out unless they are asked for, and begin with the longest.

    Those that kill processes mostly wait: begun last, they would hold up the end.
    """
    left_out = pytest.mark.skip(reason="needs the network: runs with --internet only")
    for item in items if not config.getoption("--internet") else ():
        if item.get_closest_marker("internet"):
            item.add_marker(left_out)
    items.sort(key=lambda item: item.get_closest_marker("durability") is None)


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """Take back what a command under test set up for its whole process."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="session")
def commands() -> Iterator[Commands]:
    """Commands that load nothing anew."""
    with running_commands() as ready:
        yield ready
