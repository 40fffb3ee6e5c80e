"""Watches a run for tests, and can stop it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from evals.store import Result


@dataclass
class Witness:
    """Keeps what it was told."""

    on_start: Callable[[str], None] = lambda _: None
    known: int = 0
    started_names: list[str] = field(default_factory=list)
    ended_names: list[str] = field(default_factory=list)

    def begin(self, total: int, known: int, directory: Path) -> None:
        del total, directory
        self.known = known

    def started(self, name: str) -> None:
        self.started_names.append(name)
        self.on_start(name)

    def ended(self, result: Result) -> None:
        self.ended_names.append(result.name)


async def stopped_at(name: str, run: Callable[[Witness], asyncio.Task[object]]) -> Witness:
    """Run, and cancel a moment after a case has started."""
    reached = asyncio.Event()
    witness = Witness(on_start=lambda started: reached.set() if started == name else None)
    task = run(witness)
    waiting = asyncio.create_task(reached.wait())
    await asyncio.wait({waiting, task}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    return witness
