"""Every vendor on this machine, the shop in production, and Suture between them."""

import contextlib
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from temporalio.client import Client

from apps.cli.stack import running_gateway
from apps.decisions import token_digest
from suture.domain.alert import AlertSource
from suture.settings import Settings
from tests.builders.github import app_key
from tests.builders.ports import on_quiet_port
from tests.builders.seeds import commit_secrets
from tests.examples.shop import history
from tests.fakes.jira_server import EMAIL, TOKEN, JiraServer, serving
from tests.fakes.tls import TLS
from tests.peers.emulate import running
from tests.peers.emulated_repository import EmulatedRepository
from tests.slack.approving import EMULATED_PERSON, press_on
from tests.slack.pressing import form, signed
from tests.slack.workspace import SEED, Workspace
from tests.slack.workspace import TOKEN as SLACK_TOKEN
from tests.vendors.proofs import PROOFS
from workers.connecting import connect
from workers.parts import Parts, build_parts
from workers.worker import running_workers

SERVICE, REPOSITORY = "shop", "acme/shop"
APP_ID, INSTALLATION = 3, 7
PEOPLE = "ghp_5eedPeopleZq01abcdefghijklmnopqrst"
OWN_SECRETS = {
    "webhook_secret": "5eed-webhook-Zq02",
    "sentry_secret": "5eed-sentry-Zq03",
    "github_secret": "5eed-github-Zq07",
    "signing_secret": "5eed-signing-Zq04",
    "decision_key": "5eed-decision-Zq05",
    "login_token": "5eed-login-Zq06",
    "jira_token": TOKEN,
    "slack_token": SLACK_TOKEN,
}
"""What Suture is configured with."""
POLICY = {
    "approval": {"look_seconds": 5.0},
    "pull_requests": {"draft": False, "ci_settle_seconds": 0.0},
    "watch": {
        "window_seconds": 100.0,
        "look_seconds": 0.5,
        "minimum_seconds": 2.0,
        "minimum_requests": 50,
        "deployment_wait_seconds": 600.0,
    },
}


@dataclass(frozen=True, kw_only=True)
class Vendors:
    """The other side: what vendors hold, as people see it."""

    directory: Path
    repository: EmulatedRepository
    github_url: str
    jira: JiraServer
    slack: Workspace

    @property
    def origin(self) -> Path:
        """What git fetches from."""
        return self.directory / "origin.git"

    def tables(self) -> dict[str, Any]:
        """Return the vendors' part of the settings."""
        return {
            "tracker": "jira",
            "code_host": "github",
            "chat": "slack",
            "jira": {
                "url": self.jira.url,
                "deployment": "cloud",
                "email": EMAIL,
                "token": TOKEN,
                "project": "SHOP",
            },
            "github": {
                "api_url": self.github_url,
                "app_id": APP_ID,
                "installation_id": INSTALLATION,
                "private_key_file": str(self.directory / "app.pem"),
                "seconds_between_writes": 0,
            },
            "slack": {
                "bot_token": SLACK_TOKEN,
                "signing_secret": OWN_SECRETS["signing_secret"],
                "channel": self.slack.channel("general"),
                "api_url": f"{self.slack.url}/api/",
            },
        }

    def pulls(self) -> list[dict[str, Any]]:
        """Return all pull requests."""
        found: list[dict[str, Any]] = self.repository.get("/pulls", state="all")
        return found

    def messages(self) -> list[dict[str, Any]]:
        """Return what Suture has said in the channel."""
        return [one for one in self.slack.messages() if one.get("blocks")]


@contextlib.contextmanager
def running_vendors(directory: Path) -> Iterator[Vendors]:
    """Run GitHub, Jira and Slack, with the shop's history on GitHub and a secret in it."""
    key = app_key(directory)
    origin = directory / "origin.git"
    history.make_history(origin)
    _seed_repository(origin, directory / "clone")
    with ExitStack() as stack:
        github = stack.enter_context(running("github", _github_seed(key)))
        repository = EmulatedRepository(github, REPOSITORY, PEOPLE, origin)
        stack.callback(repository.close)
        repository.publish()
        slack = Workspace(stack.enter_context(running("slack", SEED)))
        yield Vendors(
            directory=directory,
            repository=repository,
            github_url=github,
            jira=stack.enter_context(serving(cloud=True)),
            slack=slack,
        )


def _seed_repository(origin: Path, clone: Path) -> None:
    clone.mkdir()
    history.git(clone, "clone", "--quiet", str(origin), ".")
    commit_secrets(clone, "shop")
    history.git(clone, "push", "--quiet", "origin", "main")


def _github_seed(key: Path) -> dict[str, object]:
    names = ("contents", "pull_requests", "checks", "statuses", "issues", "actions")
    app = {
        "app_id": APP_ID,
        "slug": "suture",
        "name": "Suture",
        "private_key": key.read_text(),
        "permissions": {**dict.fromkeys(names, "write"), "metadata": "read"},
        "installations": [{"installation_id": INSTALLATION, "account": "acme"}],
    }
    owner, _, name = REPOSITORY.partition("/")
    repository = {"owner": owner, "name": name, "auto_init": False}
    github = {"users": [{"login": owner}], "repos": [repository], "apps": [app]}
    return {"github": github, "tokens": {PEOPLE: {"login": owner}}}


@dataclass(frozen=True, kw_only=True)
class Suture:
    """All of it in one process, as `suture up` runs it."""

    client: Client
    parts: Parts
    url: str

    async def press(self, vendors: Vendors, posted: dict[str, Any]) -> int:
        """Approve by the button of a message, as Slack tells of it; return the status."""
        body = form(press_on(posted, vendors.slack.channel("general")))
        secret = OWN_SECRETS["signing_secret"]
        headers = signed(body, at=int(time.time()), secret=secret)
        async with httpx.AsyncClient(verify=TLS, timeout=60.0) as http:
            url = f"{self.url}/slack/interactivity"
            answer = await http.post(url, content=body, headers=headers)
        return answer.status_code

    async def tell_of_deployment(self, sha: str) -> dict[str, Any]:
        """Tell that a commit is in production, as GitHub does of its deployments."""
        now = datetime.now(UTC)
        status = {"id": 1, "state": "success", "environment": "production"}
        told = {
            "action": "created",
            "deployment_status": {**status, "created_at": now.isoformat()},
            "deployment": {"id": 9, "sha": sha, "ref": "main", "environment": "production"},
            "repository": {"full_name": REPOSITORY, "name": SERVICE, "default_branch": "main"},
        }
        body = json.dumps(told).encode()
        proof = PROOFS[AlertSource.GITHUB][0].of(body, now, OWN_SECRETS["github_secret"])
        headers = {**proof, "X-GitHub-Event": "deployment_status"}
        async with httpx.AsyncClient(verify=TLS, timeout=60.0) as http:
            answer = await http.post(f"{self.url}/webhooks/github", content=body, headers=headers)
        said: dict[str, Any] = answer.raise_for_status().json()
        return said


def settings_for(
    vendors: Vendors, address: str, service: dict[str, Any], metrics: dict[str, Any]
) -> Settings:
    """Return what an operator would have written, on a free port."""
    policy = vendors.directory / "policy.yaml"
    # JSON is YAML.
    policy.write_text(json.dumps(POLICY), encoding="utf-8")
    own = {
        "state_dir": vendors.directory / "state",
        "policy_file": policy,
        "decision_key": OWN_SECRETS["decision_key"],
        "temporal": {"address": address, "task_queue": f"suture-{uuid4().hex[:8]}"},
        "gateway": {"webhook_secret": OWN_SECRETS["webhook_secret"]},
        "webhooks": {
            name: {"secrets": [OWN_SECRETS[f"{name}_secret"]]} for name in ("sentry", "github")
        },
        "users": {
            "anna": {
                "role": "approver",
                "token_sha256": token_digest(OWN_SECRETS["login_token"]),
                "slack_id": EMULATED_PERSON,
            }
        },
        "services": {
            SERVICE: {
                "repository": REPOSITORY,
                "clone_url": str(vendors.origin),
                "owners": ["anna"],
                **service,
            }
        },
    }
    return on_quiet_port(Settings.model_validate({**own, **metrics, **vendors.tables()}))


@contextlib.asynccontextmanager
async def running_suture(settings: Settings) -> AsyncIterator[Suture]:
    """Run workers, gateway and console while the context is open."""
    client = await connect(settings.temporal)
    async with AsyncExitStack() as stack:
        parts = stack.enter_context(closing(build_parts(settings)))
        await stack.enter_async_context(running_workers(client, parts))
        url = await stack.enter_async_context(running_gateway(client, parts))
        yield Suture(client=client, parts=parts, url=url)
