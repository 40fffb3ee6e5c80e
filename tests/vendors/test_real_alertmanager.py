"""The real Prometheus and the real Alertmanager, with the configuration that the how-to shows."""

import asyncio
import contextlib
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from apps.gateway.server import running
from suture.domain.alert import Alert, AlertSource, Severity
from suture.settings import WebhookSettings
from tests.examples.shop import deploy, history, push_fix, traffic
from tests.gateway.harness import World
from tests.vendors.deliveries import SECRET

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "alertmanager"
HOW_TO = ROOT / "docs" / "how-to" / "alertmanager-alerts.md"
PATIENCE_SECONDS = 45.0
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

needs_programs = pytest.mark.skipif(
    not (PROMETHEUS and ALERTMANAGER and PROMTOOL and AMTOOL),
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
def alertmanager(directory: Path, gateway: str) -> Iterator[str]:
    """Run Alertmanager, which tells the gateway; yield its address."""
    (directory / "suture-secret").write_text(SECRET)
    changes = {
        "http://127.0.0.1:8700": gateway,
        "group_wait: 10s": "group_wait: 1s",
        "group_interval: 1m": "group_interval: 1s",
    }
    address = f"{LOOPBACK}:{deploy.free_port()}"
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
def prometheus(directory: Path, alerts: str, scraped: str) -> Iterator[None]:
    """Run Prometheus, which looks at the shop every second."""
    adapt(directory, "rules.yml", {"[5m]": "[10s]", "for: 2m": "for: 1s"})
    changes = {"15s": "1s", "127.0.0.1:9093": alerts, "127.0.0.1:8080": scraped}
    command = [
        PROMETHEUS,
        f"--config.file={adapt(directory, 'prometheus.yml', changes)}",
        f"--storage.tsdb.path={directory / 'prometheus'}",
        f"--web.listen-address={LOOPBACK}:{deploy.free_port()}",
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
        target = deploy.Target(self.origin, directory, port=deploy.free_port())
        self.shop = deploy.Shop(target)
        self.url: str = target.url

    def deploy(self) -> None:
        sha = deploy.head_of(self.origin)
        self.shop.restart(deploy.unpack(self.origin, sha, self.directory), sha)

    def mend(self) -> None:
        push_fix(self.origin, self.directory / "clone")
        self.deploy()


@pytest.fixture
def release(tmp_path: Path) -> Iterator[Release]:
    directory = tmp_path / "shop"
    directory.mkdir()
    release = Release(directory)
    try:
        release.deploy()
        yield release
    finally:
        release.shop.stop()


@contextlib.contextmanager
def monitored(directory: Path, release: Release, gateway: str) -> Iterator[None]:
    """Run customers, Prometheus and Alertmanager."""
    with (
        alertmanager(directory, gateway) as alerts,
        prometheus(directory, alerts, release.url.removeprefix("http://")),
        customers(release.url),
    ):
        yield


async def happening(event: asyncio.Event, directory: Path) -> None:
    """Wait for it; if it never comes, say what the programs said."""
    try:
        await asyncio.wait_for(event.wait(), PATIENCE_SECONDS)
    except TimeoutError:
        pytest.fail("Nothing arrived.\n" + logs_in(directory))


def logs_in(directory: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8") for log in directory.glob("*.log"))


@needs_programs
async def test_errors_of_a_real_service_open_an_incident_and_their_end_is_told_to_it(
    release: Release, tmp_path: Path
) -> None:
    webhooks = {"alertmanager": WebhookSettings(secrets=(SecretStr(SECRET),))}
    world = World(webhooks=webhooks, now=datetime.now(UTC))
    parts = world.parts()
    async with running(world.app(), parts.settings) as gateway:
        with monitored(tmp_path, release, gateway):
            await happening(world.starter.entered, tmp_path)
            assert not world.starter.resolved
            await asyncio.to_thread(release.mend)
            await happening(world.starter.told, tmp_path)
    keys = {key for key, _ in [*world.starter.batches, *world.starter.resolved]}
    assert [key.service for key in keys] == ["shop"]
    raised, resolved = world.starter.batches[0][1].notices[0], world.starter.resolved[0][1]
    assert raised.alert_id != resolved.alert_id
    assert {raised.source, resolved.source} == {AlertSource.ALERTMANAGER}
    alert = Alert.model_validate_json(world.artifacts.get(raised.event))
    assert alert.title == "HighErrorRate: More than 5% of the requests to shop fail"
    assert alert.severity is Severity.CRITICAL
    assert "% of the requests of the last five minutes" in alert.message
    assert alert.environment == "live"
    assert alert.link.startswith("http")


@needs_programs
@pytest.mark.parametrize(
    "command",
    [
        (PROMTOOL, "check", "config", "--lint-fatal", "prometheus.yml"),
        (AMTOOL, "check-config", "alertmanager.yml"),
    ],
    ids=["prometheus", "alertmanager"],
)
def test_their_own_checkers_find_nothing_wrong_with_the_example(command: tuple[Any, ...]) -> None:
    ran = subprocess.run(command, cwd=EXAMPLE, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_how_to_shows_what_is_in_the_example() -> None:
    shown = re.findall(r"^```yaml\n(.*?)^```", HOW_TO.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert len(shown) == 2
    for part in shown:
        assert any(part in path.read_text("utf-8") for path in EXAMPLE.glob("*.yml"))
