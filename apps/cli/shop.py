"""The demo's service as it really runs: its history, its deploy hook and its customers.

Each program runs in a process group of its own and ends with its context.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from suture.errors import PermanentError, SettingsError
from suture.settings import child_environment

EXAMPLE = Path(__file__).parents[2] / "examples" / "shop"
START_SECONDS = 30.0
STOP_SECONDS = 8.0
TRAFFIC_SECONDS = "600"
REQUESTS_PER_SECOND = "25"


@dataclass(frozen=True, kw_only=True)
class ShopPlan:
    """Where the shop lives and whom it tells."""

    directory: Path
    port: int
    gateway: str
    dsn: str
    deploy_secret: str

    @property
    def origin(self) -> Path:
        """The bare repository."""
        return self.directory / "origin.git"

    @property
    def url(self) -> str:
        """Where the shop answers."""
        return f"http://127.0.0.1:{self.port}"


def require_example() -> None:
    """Return if the example is there.

    Raises:
        SettingsError: this installation has none.
    """
    if not (EXAMPLE / "history.py").is_file():
        raise SettingsError(
            "The demo's shop is not part of the installed package. Clone Suture's repository,"
            " and run there: make demo"
        )


async def make_history(origin: Path) -> None:
    """Make the shop's repository.

    Raises:
        PermanentError: git could not.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(EXAMPLE / "history.py"),
        str(origin),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    if process.returncode != 0:
        raise PermanentError(f"The shop's history cannot be made: {said.decode()[-500:]}")


@contextlib.asynccontextmanager
async def running_shop(plan: ShopPlan) -> AsyncIterator[None]:
    """Run the deploy hook, and the shop as its child, with customers at the door.

    Raises:
        PermanentError: the shop does not start.
    """
    secrets = {"SHOP_DSN": plan.dsn, "SHOP_DEPLOY_SECRET": plan.deploy_secret}
    hook = [str(EXAMPLE / "deploy.py"), "--origin", str(plan.origin)]
    hook += ["--directory", str(plan.directory / "run"), "--port", str(plan.port)]
    hook += ["--gateway", plan.gateway]
    traffic = [str(EXAMPLE / "traffic.py"), "--url", plan.url]
    traffic += ["--seconds", TRAFFIC_SECONDS, "--rate", REQUESTS_PER_SECOND]
    async with _running(hook, secrets) as deployed:
        await _first_line(deployed)
        async with _running(traffic, {}):
            yield


async def _first_line(process: asyncio.subprocess.Process) -> None:
    if process.stdout is None:
        return
    try:
        said = await asyncio.wait_for(process.stdout.readline(), START_SECONDS)
    except TimeoutError:
        said = b""
    if b'"deployed"' not in said:
        raise PermanentError(f"The shop does not start: {said.decode(errors='replace')[:500]}")


@contextlib.asynccontextmanager
async def _running(
    arguments: list[str], extra: Mapping[str, str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        env=child_environment(**extra),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        # Ctrl-C belongs to us: we end the group ourselves, children included.
        start_new_session=True,
    )
    try:
        yield process
    finally:
        await asyncio.shield(_stop(process))


async def _stop(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
