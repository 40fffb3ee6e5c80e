"""What the processes are that a test, or whatever it looks at, has started."""

import psutil


def words_of(process: psutil.Process) -> list[str]:
    """Return its command line; nothing of one that has just ended."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []
