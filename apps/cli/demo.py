"""`suture demo`: the whole loop on a real service with a real bug."""

import asyncio
import contextlib
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pydantic import SecretStr
from temporalio.client import Client

from apps.cli.fixing import sharing_parts
from apps.cli.following import Show, follow
from apps.cli.histories import fetch_histories
from apps.cli.incidents import find_incident
from apps.cli.record import (
    bundle_of,
    read_case,
    verify_case,
    write_bundle,
)
from apps.cli.shop import ShopPlan, make_history, require_example, running_shop
from apps.cli.stack import on_free_port, running_gateway
from apps.cli.story import read_diff
from apps.decisions import Intent, authenticate, send_decision, token_digest
from apps.users import new_token
from suture.audit.findings import Finding
from suture.domain.approval import DecisionKind, Role
from suture.domain.incident import Stage
from suture.domain.report import IncidentReport
from suture.domain.resolution import ResolutionKind
from suture.errors import NotFound, PermanentError, Unreachable
from suture.policy.model import Approval, Policy, Watch
from suture.settings import ServiceSettings, Settings, UserSettings
from workers.engine import embedded_in_memory
from workers.handles import Handle
from workers.parts import Parts
from workers.temporal_server import free_port
from workers.worker import running_workers

ON_CALL = "on-call"
SERVICE = "shop"
PROJECT = "1"
ALERT_SECONDS = 180.0
LOOK_SECONDS = 0.25
POLICY = Policy(
    approval=Approval(look_seconds=5.0),
    watch=Watch(
        window_seconds=60.0,
        look_seconds=2.0,
        minimum_seconds=5.0,
        minimum_requests=30,
        deployment_wait_seconds=600.0,
    ),
)


class Stageman(Show, Protocol):
    """Whoever shows the demo and answers for the on-call."""

    def say(self, text: str) -> None:
        """Tell what happens."""
        ...

    def links(self, console: str, temporal: str, token: str) -> None:
        """Show where to look."""
        ...

    async def decide(self, report: IncidentReport, patch: str) -> bool:
        """Show the fix; say whether the on-call approves."""
        ...


@dataclass(frozen=True, kw_only=True)
class DemoResult:
    """What the demo came to."""

    report: IncidentReport
    patch: str
    findings: tuple[Finding, ...]

    @property
    def recovered(self) -> bool:
        """Whether the whole loop worked, and its record verifies."""
        resolution = self.report.resolution
        fixed = resolution is not None and resolution.kind is ResolutionKind.FIXED
        return fixed and not self.findings


@dataclass(frozen=True, kw_only=True)
class _Scene:
    client: Client
    parts: Parts
    token: str


async def play(settings: Settings, stageman: Stageman, *, keep: bool) -> DemoResult:
    """Run the demo from the shop's history to the verified record.

    Raises:
        SettingsError: something is not installed.
        SandboxUnavailable: untrusted code cannot be contained here.
        PermanentError: the shop does not start, or no alert arrives.
    """
    require_example()
    with _directory(stageman, keep=keep) as directory:
        token, ingest_key, secret = new_token(), secrets.token_hex(16), new_token()
        shop_port = free_port("127.0.0.1")
        stageman.say("Making the shop's repository, with a bug that its tests miss.")
        await make_history(directory / "origin.git")
        own = _settings(settings, directory, shop_port)
        own = _with_secrets(own, token, ingest_key, secret)
        async with _suture(own, token) as scene:
            gateway = scene.parts.settings.gateway.public_url
            temporal = scene.parts.settings.temporal
            stageman.links(scene.parts.console_url, temporal.ui_url, token)
            plan = ShopPlan(
                directory=directory,
                port=shop_port,
                gateway=gateway,
                dsn=f"http://{ingest_key}@{gateway.removeprefix('http://')}/{PROJECT}",
                deploy_secret=secret,
            )
            stageman.say("Starting the shop, and letting customers in.")
            async with running_shop(plan):
                result = await _loop(scene, stageman)
            if keep:
                # Temporal forgets its histories when it ends here.
                await _export(scene, result.report.case_id, directory / "audit")
                stageman.say(f"Its record: suture audit verify --bundle {directory / 'audit'}")
            return result


async def _export(scene: _Scene, case: str, output: Path) -> None:
    histories = await fetch_histories(scene.client, case)

    def write() -> None:
        _, entries = read_case(scene.parts, case)
        write_bundle(output, bundle_of(scene.parts, case, entries, histories))

    await asyncio.to_thread(write)


async def _loop(scene: _Scene, stageman: Stageman) -> DemoResult:
    """From the first alert to the verified recovery."""
    handle = await _first_incident(scene.client)
    waiting = await follow(handle, stageman, until=_waits_for_consent)
    patch = read_diff(waiting, scene.parts.artifacts)
    if waiting.target is not None:
        approve = await stageman.decide(waiting, patch)
        await _decide(scene, waiting, approve=approve)
    report = await follow(handle, stageman)
    _, entries = await asyncio.to_thread(read_case, scene.parts, report.case_id)
    findings = await asyncio.to_thread(verify_case, scene.parts, entries)
    return DemoResult(report=report, patch=patch, findings=findings)


def _waits_for_consent(report: IncidentReport) -> bool:
    stuck = report.summary.stage is Stage.HUMAN
    if stuck:
        raise PermanentError(f"The demo's incident needs a human: {report.waiting_for}")
    return report.summary.stage is Stage.APPROVAL and report.target is not None


async def _decide(scene: _Scene, report: IncidentReport, *, approve: bool) -> None:
    kind = DecisionKind.APPROVE if approve else DecisionKind.REJECT
    actor = authenticate(scene.parts.settings, scene.token, "demo")
    intent = Intent(actor=actor, kind=kind, comment="Decided in the demo.")
    verdict = await send_decision(scene.client, scene.parts.decision_key, report, intent)
    if verdict.accepted is False:
        raise PermanentError(f"The decision was refused: {verdict.reason}")


async def _first_incident(client: Client) -> Handle:
    deadline = asyncio.get_running_loop().time() + ALERT_SECONDS
    while asyncio.get_running_loop().time() < deadline:
        with contextlib.suppress(NotFound):
            return await find_incident(client, f"incident-v1-{SERVICE}")
        await asyncio.sleep(LOOK_SECONDS)
    raise Unreachable(f"No alert arrived within {ALERT_SECONDS:.0f} s.")


@contextlib.asynccontextmanager
async def _suture(settings: Settings, token: str) -> AsyncIterator[_Scene]:
    async with contextlib.AsyncExitStack() as stack:
        engine = await stack.enter_async_context(embedded_in_memory(settings))
        parts = stack.enter_context(sharing_parts(engine.settings))
        await asyncio.to_thread(parts.sandbox.probe)
        await stack.enter_async_context(running_workers(engine.client, parts))
        await stack.enter_async_context(running_gateway(engine.client, parts))
        yield _Scene(client=engine.client, parts=parts, token=token)


def _settings(settings: Settings, directory: Path, shop_port: int) -> Settings:
    policy = directory / "policy.yaml"
    # JSON is YAML.
    policy.write_text(POLICY.model_dump_json(indent=2), encoding="utf-8")
    shop = ServiceSettings(
        name=SERVICE,
        repository=str(directory / "origin.git"),
        project=PROJECT,
        metrics_url=f"http://127.0.0.1:{shop_port}/metrics",
        path_prefixes=(f"{directory / 'run' / 'releases'}/",),
        owners=(ON_CALL,),
    )
    changes = {
        "state_dir": directory / "state",
        "database_url": None,
        "policy_file": policy,
        "services": {SERVICE: shop},
    }
    return on_free_port(settings.model_copy(update=changes))


def _with_secrets(settings: Settings, token: str, ingest_key: str, secret: str) -> Settings:
    user = UserSettings(role=Role.APPROVER, token_sha256=token_digest(token))
    shop = settings.services[SERVICE].model_copy(update={"ingest_key": SecretStr(ingest_key)})
    gateway = settings.gateway.model_copy(update={"webhook_secret": SecretStr(secret)})
    changes = {"users": {ON_CALL: user}, "services": {SERVICE: shop}, "gateway": gateway}
    return settings.model_copy(update=changes)


@contextlib.contextmanager
def _directory(stageman: Stageman, *, keep: bool) -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp(prefix="suture-demo-")).resolve()
    try:
        yield directory
    finally:
        if keep:
            stageman.say(f"Kept: {directory}")
        else:
            shutil.rmtree(directory, ignore_errors=True)
