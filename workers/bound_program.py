"""Runs a program that dies with whoever started it, however that one dies: `PARENT PROGRAM ...`.

A server has a session of its own, so that Ctrl-C does not end it too early. Then nothing ends it
when its parent is killed, unless the kernel does: PR_SET_PDEATHSIG, in prctl(2). A script, and
not a `preexec_fn`, because that is unsafe in a process with threads.
"""

import ctypes
import os
import signal
import sys

SET_PARENT_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG; exec keeps it."""


def become(parent: int, program: str, *arguments: str) -> None:
    """Turn this process into the program, if the parent still lives."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        # What has a file to keep must survive a SIGKILL anyway, and it is over at once.
        libc.prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("Whoever started this is gone.")
    os.execv(program, [program, *arguments])  # noqa: S606 -- no shell is the point


if __name__ == "__main__":
    become(int(sys.argv[1]), *sys.argv[2:])
