"""Ends what runs in the sandbox on the harness's own account when a run is interrupted."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

from suture.errors import SutureError
from suture.ports.sandbox import Sandbox, SandboxJob, SandboxResult, SetupJob

P = ParamSpec("P")
R = TypeVar("R")

OWN_EVENT: ContextVar[threading.Event | None] = ContextVar("stopped", default=None)
"""Of the work that `in_thread` runs: what is set when it is to stop."""


class Interrupted(SutureError):
    """The run was interrupted."""


@dataclass(frozen=True, kw_only=True)
class StoppableSandbox:
    """Implements `suture.ports.sandbox.Sandbox`; every run ends soon after `stopped` is set."""

    sandbox: Sandbox
    stopped: threading.Event

    def probe(self) -> str:
        """Say what contains code here."""
        return self.sandbox.probe()

    def prepare(self, job: SetupJob, on_progress: Callable[[], None]) -> Path:
        """Return the environment of this key."""
        return self.sandbox.prepare(job, self._watched(on_progress))

    def run(self, job: SandboxJob, on_progress: Callable[[], None]) -> SandboxResult:
        """Run to the end or to a limit."""
        return self.sandbox.run(job, self._watched(on_progress))

    def _watched(self, on_progress: Callable[[], None]) -> Callable[[], None]:
        def look() -> None:
            if self.stopped.is_set():
                raise Interrupted("The run was interrupted.")
            on_progress()

        return look


def stoppable(sandbox: Sandbox) -> Sandbox:
    """Return a sandbox whose runs end when the work that this is part of is to stop."""
    stopped = OWN_EVENT.get()
    return StoppableSandbox(sandbox=sandbox, stopped=stopped) if stopped else sandbox


async def in_thread(
    stopped: threading.Event, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs
) -> R:
    """Run in a thread; when cancelled, tell it to stop and wait until it has."""
    before = OWN_EVENT.set(stopped)
    task = asyncio.ensure_future(asyncio.to_thread(function, *args, **kwargs))
    OWN_EVENT.reset(before)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        stopped.set()
        with contextlib.suppress(Exception):
            await task
        raise
