"""A whole incident while everything goes wrong between Suture and each of its vendors."""

import asyncio
import base64
import re
import threading
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from suture.domain.report import IncidentReport
from suture.domain.resolution import ResolutionKind
from suture.policy.model import PullRequests
from suture.settings import Settings
from tests.builders import temporal
from tests.builders.incident import QUICK, SERVICE, Incident
from tests.builders.leftovers import kept_in, logging_to, told_by
from tests.builders.replay import histories_of
from tests.builders.seeds import leaks_in
from tests.fakes.fault_proxy import LOSSES, Asked, Fault, FaultProxy, Seeded, disturbed
from tests.fakes.github_http import running_github
from tests.fakes.github_server import REPOSITORY, GitHubServer
from tests.fakes.github_server import TOKEN as GITHUB_TOKEN
from tests.fakes.jira_server import EMAIL, JiraServer, serving
from tests.fakes.jira_server import TOKEN as JIRA_TOKEN
from tests.fakes.vendor_server import Request, Said, VendorServer
from tests.fakes.vendor_server import serving as vendor_serving
from tests.peers.emulate import running
from tests.slack.workspace import SEED, Workspace
from tests.slack.workspace import TOKEN as SLACK_TOKEN
from workers.parts import build_parts

TIMEOUT_SECONDS = 4
"""What is only late counts as lost, too, and as not done: for that it must be rare."""
REQUESTS_PER_SECOND = 400

pytestmark = pytest.mark.timeout(400)


class Hasty(Interceptor):
    """Repeats a failed activity at once, unless the vendor asked for patience: only the time that
    Temporal would wait is saved."""

    def intercept_activity(
        self,
        next: ActivityInboundInterceptor,  # noqa: A002 -- the interface names it so
    ) -> ActivityInboundInterceptor:
        return _HastyActivity(next)


class _HastyActivity(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ANN401 -- the interface says so
        try:
            return await self.next.execute_activity(input)
        except ApplicationError as error:
            if error.non_retryable or error.next_retry_delay is not None:
                raise
            raise ApplicationError(
                error.message, type=error.type, next_retry_delay=timedelta(milliseconds=10)
            ) from error


def _refuses_twins(asked: Asked) -> bool:
    """Whether GitHub itself makes one of two of these."""
    ends = ("/git/blobs", "/git/trees", "/git/commits", "/git/refs", "/pulls", "/merge")
    return asked.path.endswith(ends)


def _writes_to_slack(asked: Asked) -> bool:
    return asked.path.endswith(("chat.postMessage", "chat.update"))


class BusyShop(VendorServer):
    """A Prometheus whose service is asked a lot and never fails."""

    def answer(self, request: Request) -> Said:
        query = request.one("query")
        window = re.search(r"\[(\d+)s\]", query)
        assert window is not None
        count = 0 if "5.." in query else int(window[1]) * REQUESTS_PER_SECOND
        result = [{"metric": {}, "value": [float(request.one("time")), str(count)]}]
        data = {"resultType": "vector", "result": result}
        return Said(body={"status": "success", "data": data})


def plans(merged: threading.Event) -> dict[str, Seeded]:
    """Return what goes wrong with whom; each vendor has its own order."""
    return {
        # Without any reading from before the merge, nothing could be said of what came after.
        "prometheus": Seeded(4, strikes=lambda _: merged.is_set(), each=len(LOSSES)),
        "github": Seeded(1, keyed=_refuses_twins),
        "jira": Seeded(2, each=3),
        "slack": Seeded(3, strikes=_writes_to_slack, each=6),
    }


VENDORS = sorted(plans(threading.Event()))


@dataclass(frozen=True, kw_only=True)
class Played:
    """What came of it."""

    report: IncidentReport
    findings: list[str]
    github: GitHubServer
    jira: JiraServer
    messages: list[dict[str, Any]]
    replies: list[dict[str, Any]]
    proxies: dict[str, FaultProxy]
    branches: list[str]
    left: dict[str, bytes]
    """All texts that it has left anywhere, by where that is."""


class VendorIncident(Incident):
    """An incident whose ticket, pull request and message are at vendors."""

    patience_seconds = 90.0

    def at_vendors(self, settings: Settings) -> None:
        """Put the vendors' adapters where the embedded ones were."""
        own = build_parts(settings)
        sections = {
            "pull_requests": PullRequests(ci_settle_seconds=0),
            "watch": QUICK.watch.model_copy(update={"window_seconds": 100.0}),
        }
        self.parts = replace(
            own,
            policy=QUICK.model_copy(update=sections),
            event_metrics=self.traffic,
            decision_key=self.parts.decision_key,
        )


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    directory = tmp_path_factory.mktemp("faults")
    with logging_to(directory / "log"):
        played = asyncio.run(play(directory))
    played.left["log"] = (directory / "log").read_bytes()
    return played


async def play(directory: Path) -> Played:
    with ExitStack() as stack:
        address = stack.enter_context(temporal.temporal_address())
        incident = VendorIncident(directory, address)
        github = stack.enter_context(running_github(incident.repository))
        jira = stack.enter_context(serving(cloud=True))
        slack = Workspace(stack.enter_context(running("slack", SEED)))
        shop = stack.enter_context(vendor_serving(BusyShop()))
        upstream = {"github": github.url, "jira": jira.url, "slack": slack.url}
        upstream["prometheus"] = shop.url
        merged = threading.Event()
        proxies = {
            name: stack.enter_context(disturbed(upstream[name], plan))
            for name, plan in plans(merged).items()
        }
        incident.at_vendors(_settings(incident, slack, proxies))
        stack.callback(incident.parts.close)
        await incident.connect()
        await incident.alert()
        async with incident.at_work((Hasty(),)):
            await incident.approve()
            await incident.until(lambda seen: seen.merge_sha)
            merged.set()
            await incident.finish_after_merge()
            report = await incident.report()
        histories = await histories_of(incident.client, incident.key.incident_id)
        assert report.thread is not None
        messages = [one for one in slack.messages() if one.get("blocks")]
        replies = slack.replies(report.thread.thread_id)
        left = dict(kept_in(incident.parts.settings.state_dir, incident.parts.artifacts))
        left |= dict(told_by(histories))
        left["report"] = report.model_dump_json().encode()
        left["tickets"] = repr([vars(issue) for issue in jira.issues]).encode()
        left["pull requests"] = repr([github.pulls, github.comments, github.statuses]).encode()
        left["messages"] = repr([messages, replies]).encode()
        return Played(
            report=report,
            findings=incident.findings(),
            github=github,
            jira=jira,
            messages=messages,
            replies=replies,
            proxies=proxies,
            branches=incident.branches(),
            left=left,
        )


def _settings(incident: Incident, slack: Workspace, proxies: dict[str, FaultProxy]) -> Settings:
    tables = {
        "state_dir": incident.parts.settings.state_dir,
        "temporal": incident.parts.settings.temporal,
        "tracker": "jira",
        "code_host": "github",
        "chat": "slack",
        "metrics": "prometheus",
        "prometheus": {"url": proxies["prometheus"].url, "timeout_seconds": TIMEOUT_SECONDS},
        "jira": {
            "url": proxies["jira"].url,
            "deployment": "cloud",
            "email": EMAIL,
            "token": JIRA_TOKEN,
            "project": "SHOP",
            "timeout_seconds": TIMEOUT_SECONDS,
            "settle_seconds": TIMEOUT_SECONDS,
        },
        "github": {
            "api_url": proxies["github"].url,
            "token": GITHUB_TOKEN,
            "seconds_between_writes": 0,
            "timeout_seconds": TIMEOUT_SECONDS,
        },
        "slack": {
            "bot_token": SLACK_TOKEN,
            "channel": slack.channel("general"),
            "api_url": f"{proxies['slack'].url}/api/",
            "timeout_seconds": TIMEOUT_SECONDS,
        },
        "services": {SERVICE: {"repository": REPOSITORY, "clone_url": str(incident.repository)}},
    }
    return Settings.model_validate(tables)


def test_the_incident_ends_in_its_fix_all_the_same(played: Played) -> None:
    assert played.report.resolution is not None
    assert played.report.resolution.kind is ResolutionKind.FIXED
    assert played.findings == []


def test_there_is_one_ticket_which_is_closed_and_no_comment_twice(played: Played) -> None:
    [ticket] = played.jira.issues
    assert ticket.fields["status"]["name"] == "Done"
    said = [str(comment["body"]) for comment in ticket.comments]
    assert len(said) == len(set(said))


def test_there_is_one_pull_request_with_one_commit_and_each_check_once(played: Played) -> None:
    [pull] = played.github.pulls.values()
    assert pull["merge_commit_sha"] == played.report.merge_sha
    told = Counter((one["sha"], one["context"]) for one in played.github.statuses)
    assert set(told.values()) == {1}
    for comments in played.github.comments.values():
        said = [comment["body"] for comment in comments]
        assert len(said) == len(set(said))


def test_there_is_one_message_and_each_line_once_in_its_thread(played: Played) -> None:
    assert len(played.messages) == 1
    keys = [reply["metadata"]["event_payload"]["key"] for reply in played.replies]
    assert keys
    assert len(keys) == len(set(keys))


def test_the_credentials_that_vendors_quote_are_found_nowhere(played: Played) -> None:
    basic = base64.b64encode(f"{EMAIL}:{JIRA_TOKEN}".encode()).decode()
    seeds = {"GitHub": GITHUB_TOKEN, "Jira": JIRA_TOKEN, "Jira's header": basic}
    assert leaks_in(played.left, {**seeds, "Slack": SLACK_TOKEN}) == set()
    for where in ("log", "report", "tickets", "pull requests", "messages"):
        assert len(played.left[where]) > 100, where
    everything = b"".join(played.left.values())
    assert b"Cannot P" in everything, "what vendors say in their errors is not among it"


@pytest.mark.parametrize("vendor", VENDORS)
def test_everything_went_wrong_between_suture_and_the_vendor(played: Played, vendor: str) -> None:
    wanted = set(Fault) if vendor == "github" else set(Fault) - {Fault.TWICE}
    assert played.proxies[vendor].met == wanted


@pytest.mark.parametrize("vendor", VENDORS)
def test_nobody_asks_before_the_patience_is_over_that_the_vendor_asked_for(
    played: Played, vendor: str
) -> None:
    assert played.proxies[vendor].impatient == []
