"""What GitHub really sent: recorded deliveries of all its events, from the npm registry.

They are fetched, not kept here: npm's own cache makes the second time quick.
"""

import hashlib
import json
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from benchmarks.envelopes import NOW
from integrations.github.news import GitHubNews
from integrations.github.webhook import GitHubWebhook
from integrations.inbound import hmac_hex
from suture.domain.inbound import Transition, VendorAlert
from suture.domain.news import News
from suture.hostile_json import parse_object
from suture.routing import RoutingTable
from suture.settings import WebhookSettings
from suture.traces.vendor import alert_of
from tests.gateway.harness import World, client_of
from tests.vendors.deliveries import SECRET, delivery, read

PACKAGE = "@octokit/webhooks-examples@7.6.1"
SHA256 = "89e6cb1c6345d32e3dd775617fa54effbdc26c859e514898d7728e95e9738280"
EVENTS = 58
FETCH_SECONDS = 60
INDEX = "package/api.github.com/index.json"
"""GitHub's own; the others are of old releases of its server product."""

Recorded = list[dict[str, Any]]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the package's file; without npm or its registry, the test is skipped."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm, which fetches GitHub's recorded deliveries, is not installed")
    folder = tmp_path_factory.mktemp("octokit")
    try:
        subprocess.run(
            [npm, "pack", PACKAGE, "--silent", "--ignore-scripts", "--prefer-offline"],
            cwd=folder,
            check=True,
            capture_output=True,
            timeout=FETCH_SECONDS,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired, OSError) as error:
        pytest.skip(f"npm cannot fetch GitHub's recorded deliveries: {error}")
    [file] = folder.glob("*.tgz")
    assert hashlib.sha256(file.read_bytes()).hexdigest() == SHA256
    return file


@pytest.fixture(scope="module")
def indices(package: Path) -> dict[str, Recorded]:
    with tarfile.open(package) as archive:
        names = [name for name in archive.getnames() if name.endswith("/index.json")]
        return {name: json.loads(_content(archive, name)) for name in names}


def _content(archive: tarfile.TarFile, name: str) -> bytes:
    member = archive.extractfile(name)
    assert member is not None
    return member.read()


def deliveries(recorded: Recorded) -> Iterator[tuple[str, dict[str, Any]]]:
    for event in recorded:
        for payload in event["examples"]:
            yield event["name"], payload


def alerts_in(recorded: Recorded) -> list[VendorAlert]:
    webhook = GitHubWebhook()
    return [
        told
        for event, payload in deliveries(recorded)
        for told in read(webhook, payload, {"X-GitHub-Event": event})
    ]


def test_every_recorded_delivery_is_read(indices: dict[str, Recorded]) -> None:
    assert len(indices[INDEX]) == EVENTS
    assert sum(len(list(deliveries(recorded))) for recorded in indices.values()) > 700
    for recorded in indices.values():
        for told in alerts_in(recorded):
            alert = alert_of(told, service="shop", environment="ci", received_at=NOW)
            assert alert.link.startswith("https://")


def test_what_ended_on_a_default_branch_is_told(indices: dict[str, Recorded]) -> None:
    told = {(alert.title, alert.transition) for alert in alerts_in(indices[INDEX])}
    assert told == {("test: success on master of octo-org/octo-repo", Transition.RESOLVED)}


def test_news_is_read_from_every_recorded_delivery(indices: dict[str, Recorded]) -> None:
    told: list[tuple[str, News]] = []
    for recorded in indices.values():
        for event, payload in deliveries(recorded):
            text = json.dumps(payload)
            # Nothing on record is of a branch of Suture's.
            renamed = re.sub(r'"(refs/heads/)?(master|changes)"', r'"\1suture/case-1"', text)
            for body in (text.encode(), renamed.encode()):
                headers = {"X-GitHub-Event": event}
                found = GitHubNews().read_news(parse_object(body), delivery(body, headers))
                told += [(event, one) for one in found]
    heard = {event for event, _ in told}
    assert heard == {
        "check_run",
        "check_suite",
        "deployment_status",
        "issues",
        "pull_request",
        "pull_request_review",
        "pull_request_review_comment",
        "push",
        "status",
        "workflow_run",
    }


def test_a_recorded_job_that_failed_names_its_step(indices: dict[str, Recorded]) -> None:
    [failed] = [
        payload
        for event, payload in deliveries(indices[INDEX])
        if event == "workflow_job" and payload["workflow_job"]["conclusion"] == "failure"
    ]
    failed["workflow_job"]["head_branch"] = failed["repository"]["default_branch"]
    [told] = read(GitHubWebhook(), failed, {"X-GitHub-Event": "workflow_job"})
    assert "Run yarn run format-check" in told.message


async def test_the_gateway_takes_them_all(indices: dict[str, Recorded]) -> None:
    world = World(
        webhooks={"github": WebhookSettings(secrets=(SecretStr(SECRET),))},
        routing=RoutingTable(fallback="shop"),
    )
    async with client_of(world.app()) as client:
        for event, payload in deliveries(indices[INDEX]):
            answer = await _post(client, event, payload)
            assert answer.status_code == 200, f"{event}: {answer.text}"
    assert world.starter.resolved


async def _post(client: httpx.AsyncClient, event: str, payload: dict[str, Any]) -> httpx.Response:
    body = json.dumps(payload).encode()
    headers = {
        "X-GitHub-Event": event,
        "X-Hub-Signature-256": f"sha256={hmac_hex(SECRET, body)}",
        "Content-Type": "application/json",
    }
    return await client.post("/webhooks/github", content=body, headers=headers)
