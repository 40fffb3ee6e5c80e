"""Reads all of a commit's source into the code index, as a process of its own in the background.

The next question about that commit is then answered by look-up. It yields to everything else on
the host, one runs for a mirror at a time, and it ends by itself or with its process's workers.
"""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import structlog

from integrations.git.objects import ObjectReader
from suture.domain.value import CommitSha

log = structlog.get_logger()

NICENESS = 15
CPU_SECONDS = 900
PACKAGES = Path(__file__).parents[2]

_running: list[subprocess.Popen[bytes]] = []


def start_indexing(mirror: Path, sha: CommitSha) -> None:
    """Begin to read a commit's source, unless this process has begun something already."""
    _running[:] = [process for process in _running if process.poll() is None]
    if _running:
        return
    command = [sys.executable, "-P", "-m", "integrations.git.indexing", str(mirror), sha]
    environment = {"PATH": os.defpath, "PYTHONPATH": str(PACKAGES)}
    _running.append(
        subprocess.Popen(
            command,
            cwd=mirror,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    )
    log.info("symbols.indexing", mirror=mirror.name, commit=sha)


def wait_for_indexing(seconds: float) -> None:
    """Wait until what was begun here has ended."""
    for process in _running:
        process.wait(seconds)


def stop_indexing() -> None:
    """End what was begun here; what it has read by then is kept."""
    while _running:
        process = _running.pop()
        # It has a session of its own, and asks git for the blobs by a process in it.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def main(mirror: Path, sha: CommitSha) -> None:
    """Read all; leave it to another process that does so already."""
    from integrations.git.code_index import GitCodeIndex  # noqa: PLC0415 -- it starts this

    os.nice(NICENESS)
    with mirror.with_suffix(".indexing").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        objects = ObjectReader(mirror)
        GitCodeIndex(mirror, objects).fill(sha)
        objects.close()


if __name__ == "__main__":
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    main(Path(sys.argv[1]), sys.argv[2])
