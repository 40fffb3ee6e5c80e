"""One incident from the first alert of its vendor to the recovery, and what is left of it."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
from temporalio.client import WorkflowHistory

from apps.cli.incidents import find_incident
from apps.cli.shop import ShopPlan, running_shop
from suture.audit.chain import verify_chain
from suture.audit.invariants import check_invariants
from suture.domain.report import IncidentReport
from suture.domain.resolution import Resolution
from suture.settings import Settings
from tests.builders import monitoring, temporal
from tests.builders.leftovers import kept_in, logging_to, told_by
from tests.builders.ports import quiet_port
from tests.builders.replay import histories_of
from tests.builders.seeds import seeded
from tests.edges.world import (
    OWN_SECRETS,
    SERVICE,
    Suture,
    Vendors,
    running_suture,
    running_vendors,
    settings_for,
)
from tests.examples.shop import deploy
from tests.fakes.sentry_alerts import SentryAlerts, alerting
from tests.fakes.tls import TLS
from tests.slack.approving import approve_button
from workflows.incident import IncidentWorkflow

PATIENCE_SECONDS = 400.0
LOOK_SECONDS = 0.1

Seen = TypeVar("Seen")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Everything that can be looked at afterwards."""

    report: IncidentReport
    resolution: Resolution
    findings: list[str]
    """What an auditor finds wrong with the record."""
    histories: list[WorkflowHistory]
    tickets: list[dict[str, Any]]
    pulls: list[dict[str, Any]]
    checks: list[dict[str, Any]]
    branches: list[str]
    """On GitHub, in the end."""
    messages: list[dict[str, Any]]
    replies: list[dict[str, Any]]
    deliveries: list[int]
    """What the gateway answered to Sentry."""
    firing: list[str]
    """Alerts in Alertmanager before the merge."""
    still_firing: list[str]
    deployed: str
    """What runs in the end."""
    left: dict[str, bytes]
    """All texts that it has left anywhere, by where that is."""


async def until(look: Callable[[], Seen | None]) -> Seen:
    """Look until there is something."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            seen = await asyncio.to_thread(look)
            if seen:
                return seen
            await asyncio.sleep(LOOK_SECONDS)


class Monitoring:
    """Prometheus and Alertmanager over the shop, where they are installed."""

    def __init__(self, directory: Path, shop_port: int) -> None:
        self._directory = directory
        self.shop = f"http://{monitoring.LOOPBACK}:{shop_port}"
        self._address = f"{monitoring.LOOPBACK}:{quiet_port()}"
        self._alerts = ""

    def settings(self) -> dict[str, Any]:
        """Return where Suture is to count requests."""
        if not monitoring.INSTALLED:
            return {}
        return {"metrics": "prometheus", "prometheus": {"url": f"http://{self._address}"}}

    @contextlib.contextmanager
    def running(self, gateway: str) -> Iterator[None]:
        if not monitoring.INSTALLED:
            yield
            return
        # The gateway has no secret of Alertmanager's, so it takes none of these: they only watch.
        with (
            monitoring.alertmanager(self._directory, gateway, "unknown") as self._alerts,
            monitoring.prometheus(
                self._directory, self._alerts, self.shop.removeprefix("http://"), self._address
            ),
        ):
            yield

    def sees_traffic(self) -> bool:
        """Whether it has counted requests, as it has for long where somebody installed it."""
        if not monitoring.INSTALLED:
            return True
        seen = _read(f"http://{self._address}/api/v1/query?query=http_requests_total")
        return bool(seen and seen["data"]["result"])

    def firing(self) -> list[str]:
        """Return the names of the alerts that Alertmanager holds."""
        if not monitoring.INSTALLED:
            return []
        alerts = _read(f"http://{self._alerts}/api/v2/alerts?active=true") or []
        return [alert["labels"]["alertname"] for alert in alerts]


def _read(url: str) -> Any:  # noqa: ANN401 -- an API's JSON
    """Return what an API says, or None while it does not listen yet."""
    try:
        answer = httpx.get(url, verify=TLS, timeout=60.0)
    except httpx.TransportError:
        return None
    return answer.json() if answer.is_success else None


class Loop:
    """One play of the whole loop."""

    def __init__(self, vendors: Vendors, settings: Settings, watching: Monitoring) -> None:
        self.vendors = vendors
        self.settings = settings
        self.watching = watching
        self.shop = watching.shop
        self.firing: list[str] = []

    async def play(self, suture: Suture) -> IncidentReport:
        """Let it break, be fixed, approved, merged, deployed, and found healthy."""
        posted = await until(self._asked)
        if monitoring.INSTALLED:
            self.firing = await until(self.watching.firing)
        assert await suture.press(self.vendors, posted) == 200
        await until(self._merged)
        # The mirror that production deploys from follows GitHub; its deploy hook sees it there.
        merged = await asyncio.to_thread(self.vendors.repository.fetch)
        await until(lambda: deploy.release_at(self.shop) == merged)
        assert (await suture.tell_of_deployment(merged))["news"] == 1
        handle = await find_incident(suture.client, f"incident-v1-{SERVICE}")
        async with asyncio.timeout(PATIENCE_SECONDS):
            await handle.result()
        await until(lambda: not self.watching.firing())
        return await handle.query(IncidentWorkflow.show_report)

    def _asked(self) -> dict[str, Any] | None:
        return next(filter(approve_button, self.vendors.messages()), None)

    def _merged(self) -> bool:
        return any(pull["merged_at"] for pull in self.vendors.pulls())


def play(directory: Path) -> Outcome:
    """Play it once, with credentials wherever people and programs put them."""
    port, log = quiet_port(), directory / "log"
    watching = Monitoring(directory, port)
    releases = directory / "run" / "releases"
    service = {"metrics_url": f"{watching.shop}/metrics", "path_prefixes": [f"{releases}/"]}
    with ExitStack() as stack:
        vendors = stack.enter_context(running_vendors(directory))
        address = stack.enter_context(temporal.temporal_address())
        settings = settings_for(vendors, address, service, watching.settings())
        gateway = settings.gateway.public_url
        hook = f"{gateway}/webhooks/sentry?service={SERVICE}"
        sentry = stack.enter_context(alerting(hook, OWN_SECRETS["sentry_secret"]))
        sentry.enrich = seeded
        hooks = f"{gateway}/webhooks/github"
        vendors.repository.send_webhooks(hooks, OWN_SECRETS["github_secret"])
        stack.enter_context(watching.running(gateway))
        stack.enter_context(logging_to(log))
        plan = ShopPlan(
            directory=directory,
            port=port,
            gateway=gateway,
            dsn=sentry.dsn,
            # Its own reports stay unsent: GitHub tells of deployments.
            deploy_secret="",
        )
        outcome = asyncio.run(_played(Loop(vendors, settings, watching), sentry, plan))
    outcome.left["log"] = log.read_bytes()
    return outcome


async def _played(loop: Loop, sentry: SentryAlerts, plan: ShopPlan) -> Outcome:
    async with running_suture(loop.settings) as suture, running_shop(plan):
        await until(loop.watching.sees_traffic)
        sentry.begin()
        report = await loop.play(suture)
        # From here on nobody takes its webhooks.
        sentry.stop()
        return await _looked_at(loop, suture, report, sentry.answers)


async def _looked_at(
    loop: Loop, suture: Suture, report: IncidentReport, deliveries: list[int]
) -> Outcome:
    vendors, parts = loop.vendors, suture.parts
    histories = await histories_of(suture.client, report.key.incident_id)
    entries = parts.ledger.read(report.case_id)
    chain = verify_chain(entries, parts.ledger.public_key(), closed=True)
    assert report.resolution is not None
    assert report.thread is not None
    pulls = vendors.pulls()
    head = pulls[0]["head"]["sha"]
    outcome = Outcome(
        report=report,
        resolution=report.resolution,
        findings=[str(one) for one in (*chain, *check_invariants(entries))],
        histories=histories,
        tickets=[vars(issue) for issue in vendors.jira.issues],
        pulls=pulls,
        checks=vendors.repository.get(f"/commits/{head}/check-runs")["check_runs"],
        branches=[branch["name"] for branch in vendors.repository.get("/branches")],
        messages=vendors.messages(),
        replies=vendors.slack.replies(report.thread.thread_id),
        deliveries=deliveries,
        firing=loop.firing,
        still_firing=loop.watching.firing(),
        deployed=deploy.head_of(vendors.origin),
        left={"report": report.model_dump_json().encode(), "ledger": repr(entries).encode()},
    )
    outcome.left.update(_left_of(outcome, vendors, suture))
    return outcome


def _left_of(outcome: Outcome, vendors: Vendors, suture: Suture) -> Iterator[tuple[str, bytes]]:
    yield from kept_in(vendors.directory / "state", suture.parts.artifacts)
    yield from told_by(outcome.histories)
    for where, shown in {
        "tickets": outcome.tickets,
        "pull requests": [outcome.pulls, outcome.checks],
        "messages": [outcome.messages, outcome.replies],
        "merge": vendors.repository.git.git("show", "--first-parent", "main"),
    }.items():
        yield where, repr(shown).encode()
