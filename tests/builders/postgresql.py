"""Starts a real PostgreSQL on a socket in a directory of its own, where its programs exist."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

UNPRIVILEGED = "nobody"
"""PostgreSQL refuses to run as root."""


def find_programs() -> Path | None:
    """Return the directory of `postgres` and `initdb`, if this machine has them."""
    found = shutil.which("postgres")
    if found is None:
        return None
    directory = Path(found).resolve().parent
    return directory if (directory / "initdb").exists() else None


@contextmanager
def running_postgresql(programs: Path) -> Iterator[str]:
    """Give the URL of an empty server, without durability: tests do not cut the power."""
    user = UNPRIVILEGED if os.geteuid() == 0 else None
    # Not pytest's directory: its parents are closed to other users.
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        if user is not None:
            shutil.chown(name, user)
        data = str(Path(name) / "data")
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", "suture", "--auth=trust", "-N", "-E", "UTF8"],
            check=True,
            stdout=subprocess.DEVNULL,
            user=user,
            cwd=name,
        )
        control = [str(programs / "pg_ctl"), "-D", data]
        options = f"-k {name} -c listen_addresses= -c fsync=off -c shared_buffers=8MB"
        start = [*control, "-w", "-l", f"{data}/log", "-o", options, "start"]
        subprocess.run(start, check=True, stdout=subprocess.DEVNULL, user=user, cwd=name)
        try:
            yield f"postgresql://suture@/postgres?host={name}"
        finally:
            stop = [*control, "-m", "immediate", "stop"]
            subprocess.run(stop, check=True, stdout=subprocess.DEVNULL, user=user, cwd=name)
