"""`suture up` as a process, in a directory such as a person has: settings, and a repository."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import httpx
import psutil

from tests.builders.command import Commands
from tests.builders.ports import quiet_port

START_SECONDS = 100.0
STOP_SECONDS = 100.0
LOOK_SECONDS = 0.1
HOST = "127.0.0.1"
INGEST_KEY = "0123456789abcdef0123456789abcdef"
SETTINGS = """
[temporal]
address = "127.0.0.1:{temporal}"
ui_url = "http://127.0.0.1:{ui}"

[gateway]
port = {gateway}
public_url = "http://127.0.0.1:{gateway}"

[services.till]
repository = "till"
project = "7"
ingest_key = "{key}"
"""
APP = '''"""Works out what customers spend, and tells Suture when it cannot."""

import sys

import sentry_sdk


def average(total, customers):
    return total / customers


if __name__ == "__main__":
    sentry_sdk.init(dsn=sys.argv[1], release="1.4.2", auto_enabling_integrations=False)
    try:
        average(7, 0)
    except ZeroDivisionError as error:
        sentry_sdk.capture_exception(error)
    sentry_sdk.flush(timeout=20)
'''


def environment(**extra: str) -> dict[str, str]:
    """Return this process's environment without settings of Suture's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SUTURE_")}
    return {**kept, **extra}


def git(directory: Path, *arguments: str) -> str:
    """Run git as somebody with a name."""
    identity = ("-c", "user.name=Ana", "-c", "user.email=ana@shop.example")
    ran = subprocess.run(
        ["git", *identity, *arguments], cwd=directory, check=True, capture_output=True, text=True
    )
    return ran.stdout


class Everything:
    """A machine with Suture on it, that starts and stops."""

    def __init__(self, directory: Path, commands: Commands) -> None:
        self.directory = directory
        self._commands = commands
        self.ports = {name: quiet_port() for name in ("temporal", "ui", "gateway")}
        self.url = f"http://{HOST}:{self.ports['gateway']}"
        self.process: subprocess.Popen[str] | None = None
        (directory / "suture.toml").write_text(SETTINGS.format(**self.ports, key=INGEST_KEY))
        (directory / "till").mkdir()
        (directory / "till" / "till.py").write_text(APP)
        git(directory / "till", "init", "--quiet", "--initial-branch=main")
        git(directory / "till", "add", "--all")
        git(directory / "till", "commit", "--quiet", "--message=Work out the average")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.family():
            # One may end by itself while the others are killed, as it does when its parent is.
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        if self.process is not None:
            self.process.communicate()

    @property
    def token(self) -> str:
        """The first administrator's, from where `suture up` says that it is."""
        return (self.directory / ".suture" / "admin-token").read_text().strip()

    def start(self) -> None:
        """Start it, and wait until it takes alerts."""
        self.process = self.begin()
        deadline = time.monotonic() + START_SECONDS
        while not self.ready():
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline, "it does not become ready"
            time.sleep(LOOK_SECONDS)

    def begin(self) -> subprocess.Popen[str]:
        """Start one and do not wait."""
        return subprocess.Popen(
            [sys.executable, "-m", "apps.cli", "up"],
            cwd=self.directory,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=START_SECONDS).status_code == 200
        except httpx.TransportError:
            return False

    def end(self, number: int) -> tuple[int, str, list[psutil.Process]]:
        """Send a signal; return exit code, what it said, and the processes that it left."""
        assert self.process is not None
        family = self.family()
        self.process.send_signal(number)
        said, complaints = self.process.communicate(timeout=STOP_SECONDS)
        _, left = psutil.wait_procs(family, timeout=STOP_SECONDS)
        return self.process.returncode, said + complaints, left

    def family(self) -> list[psutil.Process]:
        """Return the process with everything that it started."""
        if self.process is None or self.process.poll() is not None:
            return []
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def fail_once(self) -> None:
        """Let the app fail, with Sentry's SDK in it."""
        dsn = f"http://{INGEST_KEY}@{HOST}:{self.ports['gateway']}/7"
        program = [sys.executable, "till.py", dsn]
        subprocess.run(program, cwd=self.directory / "till", env=environment(), check=True)

    def command(
        self, *arguments: str, extra: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run another command of Suture's in this directory."""
        return self._commands.run(
            *arguments,
            directory=self.directory,
            environment=environment(**(extra or {})),
            seconds=STOP_SECONDS,
        )

    def incidents(self) -> list[dict[str, Any]]:
        """Return the list of incidents; Temporal's visibility follows a start by a moment."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            ran = self.command("incidents", "list", "--json")
            assert ran.returncode == 0, ran.stderr
            found: list[dict[str, Any]] = json.loads(ran.stdout)
            # What an incident says of itself follows its start by a moment more.
            told = found and all(each["service"] and each["title"] for each in found)
            if told or time.monotonic() > deadline:
                return found
