"""Ports for a test's own servers, which nobody else takes by chance.

What the kernel chooses for one program, and has back at once, it may choose for the next one before
the first has started: several tests run at a time, and a server's start takes seconds. So these are
below the range that the kernel chooses from. Nobody's outgoing connection is there, either.
"""

import random
import socket

from suture.settings import Settings

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


def on_quiet_port(settings: Settings) -> Settings:
    """Return the settings with a gateway on such a port, and links that fit."""
    port = quiet_port(settings.gateway.host)
    gateway = {"port": port, "public_url": f"http://{settings.gateway.host}:{port}"}
    return settings.model_copy(update={"gateway": settings.gateway.model_copy(update=gateway)})
