"""A process for each candidate, within bounds: standard library only, Python 3.8 and later.

Laid into the tree beside `screen_server` by `activities.screening`.
"""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import time
from typing import Any, Callable, Dict, Iterator, List, Tuple  # noqa: UP035 (3.8 runs it)

SLOW = "slow"
LOOK_SECONDS = 0.02
PATIENCE, GRACE_SECONDS = 4.0, 1.0
"""Wall time for each second of processor time, on a machine that does other things, too."""
MEMORY = 512 << 20
"""What a child may take beyond what it starts with."""
MAX_SAID = 1 << 20

Work = Callable[[int], str]
"""What a child does; it gets a pipe to write to, and what it returns is written there last."""


class Child:
    """A forked process with a bounded life, and what it says."""

    def __init__(self, number: int, work: Work, seconds: float, shut: List[int]) -> None:  # noqa: UP006 (3.8 runs it)
        self.number, self.seconds = number, seconds
        self.started = time.monotonic()
        self.said = b""
        self.pipe, ours = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.pipe)
            for channel in shut:
                with contextlib.suppress(OSError):
                    os.close(channel)
            _become(work, ours, seconds)
        os.close(ours)

    def read(self) -> bool:
        """Take what there is; tell whether that was all."""
        chunk = os.read(self.pipe, 1 << 16)
        self.said += chunk
        return not chunk or chunk.endswith(b"\0") or len(self.said) > MAX_SAID

    def is_over(self) -> bool:
        """Whether its time is: processor time counts, unless far more than that went by."""
        wall = time.monotonic() - self.started
        if wall <= self.seconds:
            return False
        most = GRACE_SECONDS + PATIENCE * self.seconds
        return wall > most or _processor_seconds(self.pid) > self.seconds

    def end(self) -> Tuple[str, float]:  # noqa: UP006 (3.8 runs it)
        """Return what it said and its processor time; nothing of its group goes on."""
        seconds = _processor_seconds(self.pid)
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(OSError):
                kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.pipe)
        return self.said.decode("utf-8", "replace").rstrip("\0"), seconds


def fan(
    numbers: Iterator[int],
    prepare: Callable[[int], Any],
    told: Callable[[int, str, float], None],
    bounds: Tuple[float, int, List[int]],  # noqa: UP006 (3.8 runs it)
) -> None:
    """Fork for each number, a few at a time; `bounds` are seconds, processes, channels to shut.

    `prepare` gives the child's work, or the answer itself where no child is needed. A child whose
    time is over says `slow`, after what it may have said before.
    """
    seconds, jobs, shut = bounds
    running: Dict[int, Child] = {}  # noqa: UP006 (3.8 runs it)
    waiting = True
    while waiting or running:
        while waiting and len(running) < jobs:
            number = next(numbers, None)
            if number is None:
                waiting = False
                break
            work = prepare(number)
            if isinstance(work, str):
                told(number, work, 0.0)
                continue
            child = Child(number, work, seconds, shut)
            running[child.pipe] = child
        ready, _, _ = select.select(list(running), [], [], LOOK_SECONDS)
        for pipe, child in list(running.items()):
            done = pipe in ready and child.read()
            over = not done and child.is_over()
            if done or over:
                del running[pipe]
                said, spent = child.end()
                told(child.number, said + SLOW if over else said, spent)


def _become(work: Work, pipe: int, seconds: float) -> None:
    """Be the child; never return."""
    try:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(nothing, number)
        _bound(seconds)
        os.write(pipe, work(pipe).encode() + b"\0")
    except BaseException:  # noqa: BLE001, S110 (whatever it is, this candidate does not stand)
        pass
    finally:
        os._exit(0)


def _bound(seconds: float) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    wanted = int(seconds * PATIENCE) + 2
    if most == resource.RLIM_INFINITY or wanted < most:
        resource.setrlimit(resource.RLIMIT_CPU, (wanted, most))
    with contextlib.suppress(OSError, ValueError, IndexError):
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 (nothing else is there)
            wanted = int(file.read().split()[0]) * resource.getpagesize() + MEMORY
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        if most == resource.RLIM_INFINITY or wanted < most:
            resource.setrlimit(resource.RLIMIT_AS, (wanted, most))


def _processor_seconds(pid: int) -> float:
    """Return the processor time of a process; none where nobody can tell."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:  # noqa: PTH123 (nothing else is there)
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return 0.0
