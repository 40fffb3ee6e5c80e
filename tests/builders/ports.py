"""Ports for a test's own servers, which nobody else takes by chance.

What the kernel chooses for one program, and has back at once, it may choose for the next one before
the first has started: several tests run at a time, and a server's start takes seconds. So these are
below the range that the kernel chooses from. Nobody's outgoing connection is there, either.
"""

import random
import socket

FIRST, END = 20_000, 32_768
"""Linux chooses from 32,768 on, all others from higher up."""
CHANCE = random.SystemRandom()
"""Several processes choose, and a test may have seeded the usual one."""


def quiet_port(host: str = "127.0.0.1") -> int:
    """Return a port that nobody uses, and that nobody is given who asks for any."""
    while True:
        port = CHANCE.randrange(FIRST, END)
        try:
            socket.create_server((host, port)).close()
        except OSError:
            continue
        return port
