"""Laid into each case of QuixBugs: what its test files ask of their conftest, and a limit."""

import signal
from collections.abc import Iterator
from types import FrameType

import pytest

SECONDS = float("LIMIT_SECONDS")
"""Processor time of one test: a right program needs less, and a wrong one may never end."""

for _name in ("use_correct", "run_slow"):
    setattr(pytest, _name, False)


def _end(_number: int, _frame: FrameType | None) -> None:
    pytest.fail(f"The test did not end within {SECONDS:g} s.")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call() -> Iterator[None]:
    """Let no test run for ever."""
    before = signal.signal(signal.SIGVTALRM, _end)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    yield
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, before)
