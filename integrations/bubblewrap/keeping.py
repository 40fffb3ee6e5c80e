"""Which environments of a host are kept: those used last, and a bounded number of them.

Each change of a lock file makes one, so that a host that watches busy repositories would
otherwise run out of disk.
"""

import contextlib
import fcntl
import os
import secrets
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import structlog

KEPT = 50
SPARED_SECONDS = 12 * 3600.0
"""Nothing that was asked for so lately goes: work may still run in it."""
BUILDING = ".building-"
WAIT_SECONDS = 0.1
log = structlog.get_logger()


def building_place(place: Path) -> Path:
    """Return a new place beside an environment's own; what is there may go at any time."""
    return place.with_name(f"{BUILDING}{place.name}-{secrets.token_hex(4)}")


def lock_of(place: Path) -> Path:
    """Return the lock of whoever builds or removes this environment."""
    return place.with_name(f".{place.name}.lock")


def mark_used(place: Path) -> bool:
    """Say that the environment is needed now. False: there is none."""
    try:
        os.utime(place)
    except FileNotFoundError:
        return False
    return True


def make_room(folder: Path, on_progress: Callable[[], None]) -> None:
    """Remove the environments that were used least lately, beyond the number that is kept."""
    for place in sorted(folder.glob("[!.]*"), key=last_use, reverse=True)[KEPT:]:
        on_progress()
        # Another process may be at the same; what somebody holds is in use.
        with (
            contextlib.suppress(BlockingIOError),
            lock_of(place).open("w", encoding="ascii") as file,
        ):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if 0 < last_use(place) < time.time() - SPARED_SECONDS:
                going = building_place(place)
                place.rename(going)
                remove(going)
                log.info("environment.removed", key=place.name)


def last_use(place: Path) -> float:
    """Return when the environment was asked for last, in seconds since 1970; 0: it is gone."""
    try:
        return place.stat().st_mtime
    except FileNotFoundError:
        return 0.0


@contextlib.contextmanager
def held(path: Path, on_progress: Callable[[], None]) -> Iterator[None]:
    """Hold a lock among the threads and processes of this host."""
    with path.open("w", encoding="ascii") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                on_progress()
                time.sleep(WAIT_SECONDS)
        yield


def remove(path: Path) -> None:
    """Remove a directory that untrusted code has written, whatever rights and depth it has.

    The system's own programs do it: Python's recurse, and a tree can be deeper than that.
    """
    if os.path.lexists(path):
        for command in (("chmod", "-R", "u+rwX"), ("rm", "-rf")):
            subprocess.run([*command, "--", str(path)], check=False, capture_output=True)
