"""The real Prometheus and the real Alertmanager over a shop that really runs, with customers."""

import contextlib
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.builders.ports import quiet_port
from tests.examples.shop import deploy, history, push_fix, traffic
from tests.vendors.deliveries import ROOT

EXAMPLE = ROOT / "examples" / "alertmanager"
STOP_SECONDS = 10.0
REQUESTS_PER_SECOND = 25
LOOPBACK = "127.0.0.1"


def program(*names: str) -> str:
    """Return where one of the names is found; Debian's Alertmanager has a name of its own."""
    places = os.pathsep.join((os.environ["PATH"], "/usr/bin"))
    return next((path for name in names if (path := shutil.which(name, path=places))), "")


PROMETHEUS = program("prometheus")
ALERTMANAGER = program("alertmanager", "prometheus-alertmanager")
PROMTOOL, AMTOOL = program("promtool"), program("amtool")
INSTALLED = bool(PROMETHEUS and ALERTMANAGER and PROMTOOL and AMTOOL)

needs_programs = pytest.mark.skipif(
    not INSTALLED,
    reason="needs Debian's packages prometheus and prometheus-alertmanager, or the same programs",
)


def adapt(directory: Path, name: str, changes: dict[str, str]) -> Path:
    """Copy a file of the example with other addresses, and minutes made seconds."""
    text = (EXAMPLE / name).read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text, f"{name} does not say {old}"
        text = text.replace(old, new)
    path = directory / name
    path.write_text(text, encoding="utf-8")
    return path


@contextlib.contextmanager
def started(command: Sequence[str], log: Path) -> Iterator[None]:
    """Run a program until the block ends."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            yield
            assert process.poll() is None, log.read_text(encoding="utf-8")
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextlib.contextmanager
def alertmanager(directory: Path, gateway: str, secret: str) -> Iterator[str]:
    """Run Alertmanager, which tells the gateway; yield its address."""
    (directory / "suture-secret").write_text(secret)
    changes = {
        "http://127.0.0.1:8700": gateway,
        "group_wait: 10s": "group_wait: 1s",
        "group_interval: 1m": "group_interval: 1s",
    }
    address = f"{LOOPBACK}:{quiet_port()}"
    command = [
        ALERTMANAGER,
        f"--config.file={adapt(directory, 'alertmanager.yml', changes)}",
        f"--storage.path={directory / 'alertmanager'}",
        f"--web.listen-address={address}",
        # Otherwise it listens for others of its kind on every interface.
        "--cluster.listen-address=",
    ]
    with started(command, directory / "alertmanager.log"):
        yield address


@contextlib.contextmanager
def prometheus(
    directory: Path, alerts: str, scraped: str, address: str | None = None
) -> Iterator[None]:
    """Run Prometheus, which looks at the shop every second."""
    adapt(directory, "rules.yml", {"[5m]": "[10s]", "for: 2m": "for: 1s"})
    changes = {"15s": "1s", "127.0.0.1:9093": alerts, "127.0.0.1:8080": scraped}
    command = [
        PROMETHEUS,
        f"--config.file={adapt(directory, 'prometheus.yml', changes)}",
        f"--storage.tsdb.path={directory / 'prometheus'}",
        f"--web.listen-address={address or f'{LOOPBACK}:{quiet_port()}'}",
    ]
    with started(command, directory / "prometheus.log"):
        yield


@contextlib.contextmanager
def customers(url: str) -> Iterator[None]:
    """Let customers use the shop; one in five meets its bug."""
    stop = threading.Event()
    arguments = (url, traffic.MOST_SECONDS, REQUESTS_PER_SECOND, stop)
    thread = threading.Thread(target=traffic.drive, args=arguments)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


class Release:
    """The shop at what its main branch is on."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.origin = directory / "origin.git"
        history.make_history(self.origin)
        target = deploy.Target(self.origin, directory, port=quiet_port())
        self.shop = deploy.Shop(target)
        self.url: str = target.url

    def deploy(self) -> None:
        sha = deploy.head_of(self.origin)
        self.shop.restart(deploy.unpack(self.origin, sha, self.directory), sha)

    def mend(self) -> None:
        push_fix(self.origin, self.directory / "clone")
        self.deploy()


@contextlib.contextmanager
def released(directory: Path) -> Iterator[Release]:
    """Run the shop in a new directory."""
    directory.mkdir()
    release = Release(directory)
    try:
        release.deploy()
        yield release
    finally:
        release.shop.stop()


@contextlib.contextmanager
def monitored(directory: Path, release: Release, gateway: str, secret: str) -> Iterator[None]:
    """Run customers, Prometheus and Alertmanager."""
    with (
        alertmanager(directory, gateway, secret) as alerts,
        prometheus(directory, alerts, release.url.removeprefix("http://")),
        customers(release.url),
    ):
        yield


def logs_in(directory: Path) -> str:
    """Return what the programs said."""
    return "\n".join(log.read_text(encoding="utf-8") for log in directory.glob("*.log"))
