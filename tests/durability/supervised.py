"""Processes that die in the middle of their work, and a supervisor that starts them again.

Run as a program it is the supervisor: it loads everything once and forks a worker or gateway,
so that the next one stands ready at once. What to do comes as JSON in the first argument.
"""

import asyncio
import contextlib
import gc
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from suture.domain.value import Value
from suture.settings import GatewaySettings, ServiceSettings, Settings, TemporalSettings
from tests.builders.interceptors import Disturbing, Moment

ROOT = Path(__file__).parents[2]
HEARTBEAT_SECONDS = 1.5


class Orders(Value):
    """What a supervised process does, and when it dies."""

    role: str
    """`worker` or `gateway`."""
    directory: Path
    repository: Path
    address: str
    queue: str
    moment: Moment
    ingest_key: str = ""
    port: int = 0

    @property
    def graves(self) -> Path:
        """Where each death leaves a file, so that it happens once."""
        return self.directory / f"graves-{self.role}"

    def settings(self) -> Settings:
        service = ServiceSettings.model_validate(
            {"repository": str(self.repository), "ingest_key": self.ingest_key or None}
        )
        return Settings(
            state_dir=self.directory / "state",
            temporal=TemporalSettings(address=self.address, task_queue=self.queue),
            gateway=GatewaySettings(port=self.port, commit_timeout_seconds=60.0),
            services={"shop": service},
        )

    def die_once(self, name: str, moment: Moment) -> None:
        """Die by SIGKILL at the ordered moment, unless this death was died before."""
        if moment is not self.moment:
            return
        try:
            os.close(os.open(self.graves / name, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return
        os.kill(os.getpid(), signal.SIGKILL)


class Dying(Disturbing):
    """Kills its own process once at every activity."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    async def strike(self, name: str, moment: Moment) -> None:
        self._orders.die_once(name, moment)


@contextlib.contextmanager
def supervised(orders: Orders) -> Iterator[None]:
    """Keep a process at work while the context is open, however often it dies."""
    orders.graves.mkdir(parents=True, exist_ok=True)
    supervisor = subprocess.Popen(
        [sys.executable, "-m", "tests.durability.supervised", orders.model_dump_json()],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        supervisor.terminate()
        supervisor.wait()


def supervise(orders: Orders) -> None:
    """Fork the process, and again each time that it is killed."""
    from tests.durability import processes  # noqa: PLC0415 -- loaded before the first fork

    gc.freeze()
    child = 0

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        if child:
            os.kill(child, signal.SIGKILL)
        os._exit(0)

    while True:
        child = os.fork()
        if child == 0:
            asyncio.run(processes.ROLES[orders.role](orders))
            os._exit(0)
        signal.signal(signal.SIGTERM, stop)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            time.sleep(0.5)


if __name__ == "__main__":
    supervise(Orders.model_validate_json(sys.argv[1]))
