"""The demo's service: a real history, a real deploy hook, real traffic and a real bug."""

import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from suture.domain.rollout import Deployment
from tests.builders.ports import quiet_port
from tests.examples.receiver import Receiver, receiving
from tests.examples.shop import SHOP, deploy, history, push_fix, traffic

SECRET = "made-up"
COMMITS = 7
GUILTY = 6


@pytest.fixture(scope="module")
def shared_origin(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    path = tmp_path_factory.mktemp("shop") / "origin.git"
    return path, history.make_history(path)


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    path = tmp_path / "origin.git"
    history.make_history(path)
    return path


def run_suite(tree: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tree,
        env={
            "PATH": os.defpath,
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_same_history_is_made_every_time(
    shared_origin: tuple[Path, list[str]], origin: Path
) -> None:
    path, shas = shared_origin
    assert len(shas) == COMMITS
    assert deploy.head_of(path) == deploy.head_of(origin) == shas[-1]
    assert history.git(path, "rev-parse", "v1.1.0").strip() == shas[GUILTY - 2]
    assert history.git(path, "rev-parse", "--is-bare-repository").strip() == "true"


@pytest.mark.parametrize("number", range(1, COMMITS + 1))
def test_the_shops_own_tests_pass_at_every_commit(
    number: int, shared_origin: tuple[Path, list[str]], tmp_path: Path
) -> None:
    path, shas = shared_origin
    ran = run_suite(deploy.unpack(path, shas[number - 1], tmp_path))
    assert ran.returncode == 0, ran.stdout


def test_the_shops_own_tests_pass_with_the_fix(origin: Path, tmp_path: Path) -> None:
    sha = push_fix(origin, tmp_path / "clone")
    assert run_suite(deploy.unpack(origin, sha, tmp_path)).returncode == 0


@contextmanager
def deploying(origin: Path, directory: Path, receiver: Receiver) -> Iterator[dict[str, Any]]:
    """Run the deploy hook as a process of its own, until told to stop; give its first line."""
    hook = subprocess.Popen(
        [
            *(sys.executable, str(SHOP / "deploy.py"), "--origin", str(origin)),
            *("--directory", str(directory), "--gateway", receiver.url, "--poll-seconds", "0.05"),
        ],
        env={
            "PATH": os.environ["PATH"],
            "SHOP_DEPLOY_SECRET": SECRET,
            "SHOP_DSN": f"http://key@127.0.0.1:{receiver.server_port}/1",
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    assert hook.stdout
    try:
        first: dict[str, Any] = json.loads(hook.stdout.readline())
        yield first
        hook.send_signal(signal.SIGTERM)
        assert hook.wait(30) == 0
        assert not psutil.pid_exists(first["pid"])
    finally:
        hook.kill()
        hook.wait()
        hook.stdout.close()


def received(receiver: Receiver) -> Deployment:
    """Take the next deployment and check its signature."""
    header, body = receiver.next_deployment()
    parts = dict(part.split("=", 1) for part in header.split(","))
    signed = hmac.new(SECRET.encode(), f"{parts['t']}.".encode() + body, hashlib.sha256)
    assert hmac.compare_digest(parts["v1"], signed.hexdigest())
    return Deployment.model_validate_json(body)


def drive(url: str) -> dict[str, int]:
    counted: dict[str, int] = traffic.drive(url, 0.5, 100, threading.Event())
    return counted


def test_the_bug_shows_under_traffic_and_goes_away_with_the_fix(
    origin: Path, tmp_path: Path
) -> None:
    with receiving() as receiver, deploying(origin, tmp_path / "run", receiver) as first:
        head = deploy.head_of(origin)
        assert (first["deployed"], first["reported"]) == (head, True)
        assert received(receiver).commit == head
        before = drive(first["url"])
        assert before["500"] * 5 == sum(before.values())
        _, page = deploy.exchange(first["url"], "GET", "/metrics")
        failed = (
            f'http_requests_total{{method="POST",path="/checkout",status="500"}} {before["500"]}'
        )
        assert failed in page.decode().splitlines()
        the_event_tells_how_to_repeat_it(receiver.next_event(), head)
        fixed = push_fix(origin, tmp_path / "clone")
        assert received(receiver).commit == fixed
        after = drive(first["url"])
        assert "500" not in after
        assert "unreachable" not in after


def the_event_tells_how_to_repeat_it(event: dict[str, Any], release: str) -> None:
    error = event["exception"]["values"][-1]
    assert (event["release"], error["type"]) == (release, "AttributeError")
    frames = {frame["function"]: frame for frame in error["stacktrace"]["frames"]}
    assert frames["discount"]["filename"] == "shop/discounts.py"
    assert frames["discount"]["in_app"]
    assert frames["discount"]["vars"]["code"].lower() == "'winter25'"
    assert frames["checkout"]["vars"]["payload"]["items"]


def test_a_commit_that_does_not_start_is_refused(tmp_path: Path) -> None:
    shop = deploy.Shop(deploy.Target(tmp_path, tmp_path, port=quiet_port()))
    with pytest.raises(deploy.DeployError):
        shop.restart(tmp_path, "0" * 40)
    assert shop.process is None


def test_nobody_is_told_without_a_secret(tmp_path: Path) -> None:
    target = deploy.Target(tmp_path, tmp_path, port=1, gateway="http://127.0.0.1:1")
    assert deploy.report(target, "0" * 40) is False


def test_traffic_ends_when_it_is_told_to() -> None:
    stop = threading.Event()
    stop.set()
    assert traffic.drive("http://127.0.0.1:1", 3600, 1, stop) == {}


def test_a_shop_that_is_down_is_counted_as_such() -> None:
    counted = traffic.drive(f"http://127.0.0.1:{quiet_port()}", 0.05, 100, threading.Event())
    assert counted == {"unreachable": 5}
