"""The shop's own deploy hook: runs what is on `main`, and tells the gateway about it.

Watches the bare repository. Whenever `main` moves, it unpacks the new commit into a directory of
its own, restarts the shop from there, waits until it answers with the new release, and reports
the deployment to `POST /deployments`. The shop is its child: it ends when the hook ends.

Prints one JSON object per deployment. `SHOP_DEPLOY_SECRET` signs the reports (unset: nobody is
told), `SHOP_DSN` is passed on to the shop.
"""

import argparse
import hashlib
import hmac
import http.client
import io
import json
import os
import signal
import socket
import subprocess
import sys
import tarfile
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

START_SECONDS = 20.0
STOP_SECONDS = 5.0
REPORT_ATTEMPTS = 5


class DeployError(Exception):
    """The commit could not be put into service."""


@dataclass(frozen=True)
class Target:
    """What is deployed where."""

    origin: Path
    directory: Path
    port: int
    service: str = "shop"
    dsn: str = ""
    gateway: str = ""
    secret: str = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def signature(secret: str, body: bytes, now: int) -> str:
    """Return the value of `X-Suture-Signature`."""
    signed = hmac.new(secret.encode(), f"{now}.".encode() + body, hashlib.sha256)
    return f"t={now},v1={signed.hexdigest()}"


def head_of(origin: Path, branch: str = "main") -> str:
    """Return the SHA that a branch of the bare repository is on."""
    return git(origin, "rev-parse", "--verify", f"refs/heads/{branch}").decode().strip()


def unpack(origin: Path, sha: str, directory: Path) -> Path:
    """Put a commit's tree into a fresh directory and return it."""
    place = directory / "releases" / sha[:12]
    if not place.exists():
        place.mkdir(parents=True)
        with tarfile.open(fileobj=io.BytesIO(git(origin, "archive", sha))) as archive:
            archive.extractall(place, filter="data")
    return place


def git(origin: Path, *arguments: str) -> bytes:
    command = ["git", f"--git-dir={origin}", *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout


class Shop:
    """The one running copy of the service."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.process: subprocess.Popen[bytes] | None = None

    def restart(self, place: Path, sha: str) -> None:
        """Stop the old copy, start the new one and wait until it answers.

        Raises:
            DeployError: it died or does not answer in time.
        """
        self.stop()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "shop"],
            cwd=place,
            env={
                "PATH": os.environ.get("PATH", os.defpath),
                "PYTHONDONTWRITEBYTECODE": "1",
                "SHOP_PORT": str(self.target.port),
                "SHOP_RELEASE": sha,
                "SENTRY_DSN": self.target.dsn,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_SECONDS
        while release_at(self.target.url) != sha:
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise DeployError(f"{sha} does not start")
            time.sleep(0.05)

    def stop(self) -> None:
        """End the running copy, by force if it must be."""
        process, self.process = self.process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def release_at(url: str) -> str | None:
    """Return the release that answers at an address, or None."""
    try:
        status, body = exchange(url, "GET", "/healthz")
        release: str = json.loads(body)["release"]
    except (OSError, ValueError, http.client.HTTPException):
        return None
    return release if status == 200 else None


def exchange(
    url: str, method: str, path: str, body: bytes | None = None, headers: dict | None = None
) -> tuple[int, bytes]:
    """Send one request and return the answer's status and body."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=10)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def report(target: Target, sha: str) -> bool:
    """Tell the gateway that a commit is in service. Sent again, it counts once."""
    if not (target.gateway and target.secret):
        return False
    now = datetime.now(UTC)
    deployment = {
        "deployment_id": f"{target.service}-{sha[:12]}-{int(now.timestamp())}",
        "service": target.service,
        "environment": "production",
        "commit": sha,
        "release": sha,
        "status": "succeeded",
        "at": now.isoformat(),
    }
    body = json.dumps(deployment).encode()
    for attempt in range(REPORT_ATTEMPTS):
        headers = {
            "Content-Type": "application/json",
            "X-Suture-Signature": signature(target.secret, body, int(time.time())),
        }
        try:
            status, _ = exchange(target.gateway, "POST", "/deployments", body, headers)
            problem = f"status {status}"
        except (OSError, http.client.HTTPException) as error:
            status, problem = 0, str(error)
        if 200 <= status < 300:
            return True
        print(f"the gateway did not take the report: {problem}", file=sys.stderr)
        time.sleep(0.2 * 2**attempt)
    return False


def deploy(target: Target, shop: Shop, sha: str) -> None:
    """Put a commit into service and say so."""
    shop.restart(unpack(target.origin, sha, target.directory), sha)
    told = report(target, sha)
    line = {"deployed": sha, "url": target.url, "pid": shop.process and shop.process.pid}
    print(json.dumps({**line, "reported": told}), flush=True)


def watch(target: Target, stop: threading.Event, every_seconds: float) -> None:
    """Deploy `main` whenever it has moved, until told to stop. A bad commit is tried once."""
    shop = Shop(target)
    tried = ""
    try:
        while not stop.is_set():
            sha = head_of(target.origin)
            if sha != tried:
                tried = sha
                try:
                    deploy(target, shop, sha)
                except DeployError as problem:
                    print(json.dumps({"failed": sha, "problem": str(problem)}), flush=True)
            stop.wait(every_seconds)
    finally:
        shop.stop()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--origin", type=Path, required=True, help="the bare repository")
    parser.add_argument("--directory", type=Path, required=True, help="where releases are unpacked")
    parser.add_argument("--port", type=int, default=0, help="the shop's port; 0 finds a free one")
    parser.add_argument("--gateway", default="", help="URL of the gateway")
    parser.add_argument("--service", default="shop", help="the service's name in the catalogue")
    parser.add_argument("--poll-seconds", type=float, default=0.5)
    options = parser.parse_args()
    target = Target(
        origin=options.origin.resolve(),
        directory=options.directory.resolve(),
        port=options.port or free_port(),
        service=options.service,
        dsn=os.environ.get("SHOP_DSN", ""),
        gateway=options.gateway,
        secret=os.environ.get("SHOP_DEPLOY_SECRET", ""),
    )
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    watch(target, stop, options.poll_seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
