"""The bounds that hold for all processes of a run together, looked at from the host.

The kernel bounds each process (`guest.confine`) and each private file system (`--size`). Here
the sums are taken, several times a second. Memory is what processes really hold: resident
pages, shared ones counted once (PSS) when it matters.
"""

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from suture.ports.sandbox import LimitHit, SandboxLimits

OWN_PROCESSES = 3
"""bwrap, the first process of the namespace, and the guest."""
LOOK_SECONDS = 0.05
HOST_RESERVE_BYTES = 256 << 20
"""Of the host's memory. Below it the run is ended, whatever holds the memory."""
BYTES_PER_FILE = 4_096
LEAST_FILES = 20_000
"""Files that any run may have, however small its disk."""

SETUP_BYTES = 8 << 30
"""Of the host's disk, for one step of a set-up."""
SETUP_FILES = 1_000_000
DISK_RESERVE_BYTES = 512 << 20


def disk_guard(place: Path) -> Callable[[], bool]:
    """Return a function that tells whether a step which writes to the host's disk may go on.

    It looks at the whole file system: a set-up could hide its files from a count.
    """
    before = os.statvfs(place)

    def left() -> bool:
        now = os.statvfs(place)
        free = now.f_bavail * now.f_frsize
        used = before.f_bavail * before.f_frsize - free
        files = before.f_favail - now.f_favail
        return free > DISK_RESERVE_BYTES and used < SETUP_BYTES and files < SETUP_FILES

    return left


class Boundary:
    """Says when a run has reached one of its limits."""

    def __init__(
        self,
        limits: SandboxLimits,
        supervisor: int,
        host_disk_left: Callable[[], bool] | None = None,
    ) -> None:
        self.started = time.monotonic()
        self._limits = limits
        self._supervisor = supervisor
        self._host_disk_left = host_disk_left
        self._box: Path | None = None
        self._next_look = 0.0

    def watch_box(self, first_process: int, box: str) -> None:
        """Also look at the private file system, which exists once the guest runs."""
        self._box = Path("/proc", str(first_process), "root", box.lstrip("/"))

    def seconds(self) -> float:
        """Return the time since the start."""
        return time.monotonic() - self.started

    def reached(self) -> LimitHit | None:
        """Return the limit that is used up, if any; cheap when called often."""
        now = time.monotonic()
        if now - self.started > self._limits.wall_seconds:
            return LimitHit.TIME
        if now < self._next_look:
            return None
        self._next_look = now + LOOK_SECONDS
        return self._processes() or self._disk()

    def _processes(self) -> LimitHit | None:
        members = self._members()
        if len(members) - OWN_PROCESSES > self._limits.processes:
            return LimitHit.PROCESSES
        if sum(map(cpu_seconds, members)) > self._limits.cpu_seconds:
            return LimitHit.TIME
        limit = self._limits.memory_bytes
        if sum(map(resident_bytes, members)) > limit and sum(map(held_bytes, members)) > limit:
            return LimitHit.MEMORY
        if psutil.virtual_memory().available < HOST_RESERVE_BYTES:
            return LimitHit.MEMORY
        return None

    def _members(self) -> list[psutil.Process]:
        try:
            first = psutil.Process(self._supervisor)
            return [first, *first.children(recursive=True)]
        except psutil.Error:
            return []

    def _disk(self) -> LimitHit | None:
        if self._host_disk_left is not None and not self._host_disk_left():
            return LimitHit.DISK
        if self._box is None:
            return None
        try:
            space = os.statvfs(self._box)
        except OSError:
            # The run has just ended, or the kernel shows a person nothing of it.
            return None
        files = max(LEAST_FILES, self._limits.disk_bytes // BYTES_PER_FILE)
        full = space.f_bavail == 0 or space.f_files - space.f_ffree > files
        return LimitHit.DISK if full else None


def cpu_seconds(process: psutil.Process) -> float:
    """Return what a process and its finished children have used."""
    with contextlib.suppress(psutil.Error):
        times = process.cpu_times()
        return float(times.user + times.system + times.children_user + times.children_system)
    return 0.0


def resident_bytes(process: psutil.Process) -> int:
    """Return the pages of a process, shared ones included."""
    with contextlib.suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0


def held_bytes(process: psutil.Process) -> int:
    """Return the pages of a process with its share of the shared ones; all where unknown."""
    with contextlib.suppress(psutil.Error, OSError):
        return int(process.memory_full_info().pss)
    return resident_bytes(process)
