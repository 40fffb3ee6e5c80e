"""One incident through GitLab, judged by Datadog's counts; played once, looked at afterwards.

Jobs that fail on the default branch, their log, an issue, a merge request with a fix that the real
sandbox has proved, an approval on GitLab, its merge, a deployment of GitLab's, and the end.
"""

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from apps.cli.incidents import find_incident
from evals.seeded import BuiltCase, build_repository, load_case
from suture.audit.chain import verify_chain
from suture.audit.invariants import check_invariants
from suture.domain.alert import AlertSource
from suture.domain.report import IncidentReport
from suture.domain.resolution import ResolutionKind
from suture.domain.verification import Oracle
from suture.settings import Settings
from tests.builders import gitlab, temporal
from tests.builders.cases import capture_event
from tests.builders.ports import on_quiet_port
from tests.edges.whole_loop import PATIENCE_SECONDS, until
from tests.edges.world import POLICY, Suture, running_suture
from tests.examples.shop import history
from tests.fakes.gitlab_http import running_gitlab
from tests.fakes.gitlab_server import PROJECT, GitLabServer
from tests.fakes.vendor_server import Request, Said, serving
from tests.metrics.test_datadog import API_KEY, APPLICATION_KEY, FakeDatadog
from tests.vendors import gitlab_samples
from tests.vendors.proofs import PROOFS
from workers.handles import Handle
from workflows.incident import IncidentWorkflow

SERVICE = "articles"
SECRET = "5eed-gitlab-Zq08"
HITS_A_SECOND = 100
JOBS = 40
PLACE = {
    **gitlab_samples.PROJECT,
    "path_with_namespace": PROJECT,
    "web_url": f"https://gitlab.invalid/{PROJECT}",
}

pytestmark = pytest.mark.timeout(1_000)


class LiveDatadog(FakeDatadog):
    """A service that is asked all the time, and answers well."""

    def answer(self, request: Request) -> Said:
        said = super().answer(request)
        if request.path != "/api/v1/query" or "hits" not in request.one("query"):
            return said
        since, until_ = int(request.one("from")), int(request.one("to"))
        points = [[second * 1_000, HITS_A_SECOND] for second in range(since, until_ + 1)]
        series = {"metric": "hits", "interval": 1, "pointlist": points, "scope": "*"}
        return Said(body={"status": "ok", "res_type": "time_series", "series": [series]})


@dataclass(frozen=True, kw_only=True)
class Play:
    """The parts of one play."""

    built: BuiltCase
    gitlab: GitLabServer
    datadog: LiveDatadog
    settings: Settings


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What is left."""

    report: IncidentReport
    findings: list[str]
    gitlab: GitLabServer
    datadog: LiveDatadog
    main: str
    branches: str


def settings_for(directory: Path, address: str, code: GitLabServer, datadog: str) -> Settings:
    policy = directory / "policy.yaml"
    rules = {**POLICY, "pull_requests": {"reviews": True, "ci_settle_seconds": 0.0}}
    policy.write_text(json.dumps(rules), encoding="utf-8")
    login = {"role": "approver", "token_sha256": "0" * 64, "code_host_login": "Ada-Lab"}
    return on_quiet_port(
        Settings.model_validate(
            {
                "state_dir": directory / "state",
                "policy_file": policy,
                "temporal": {"address": address, "task_queue": f"suture-{uuid4().hex[:8]}"},
                "webhooks": {"gitlab": {"secrets": [SECRET]}},
                "users": {"ada": login},
                "tracker": "gitlab",
                "code_host": "gitlab",
                "gitlab": gitlab.settings_for(code.url),
                "metrics": "datadog",
                "datadog": {
                    "url": datadog,
                    "api_key": API_KEY,
                    "application_key": APPLICATION_KEY,
                    "requests": "sum:hits{service:$service}.as_count()",
                    "errors": "sum:failures{service:$service}.as_count()",
                },
                "services": {
                    SERVICE: {
                        "repository": PROJECT,
                        "test_command": load_case("tag-index").test_command,
                    }
                },
            }
        )
    )


async def deliver(suture: Suture, told: dict[str, Any], kind: str) -> dict[str, Any]:
    """Deliver as GitLab does, with its secret token."""
    body = json.dumps({**told, "project": PLACE}).encode()
    proof = PROOFS[AlertSource.GITLAB][0].of(body, datetime.now(UTC), SECRET)
    headers = {**proof, "X-Gitlab-Event": kind}
    async with httpx.AsyncClient(timeout=60.0) as http:
        url = f"{suture.url}/webhooks/gitlab?service={SERVICE}"
        answer = await http.post(url, content=body, headers=headers)
    said: dict[str, Any] = answer.raise_for_status().json()
    return said


async def approve(play: Play, suture: Suture) -> None:
    """Approve the merge request on GitLab, which tells of it."""
    request = await until(lambda: play.gitlab.requests.get(1))
    await until(lambda: not request["title"].startswith("Draft:"))
    ada = {"id": 5, "username": "ada-lab"}
    play.gitlab.approvals = [{"user": ada, "approved_at": datetime.now(UTC).isoformat()}]
    told = gitlab_samples.merge_request(source_branch=request["source_branch"])
    assert (await deliver(suture, told, "Merge Request Hook"))["news"] == 1
    await until(lambda: request["state"] == "merged")


async def told(play: Play) -> Outcome:
    async with running_suture(play.settings) as suture:
        for number in range(JOBS):
            job = gitlab_samples.job_event(sha=play.built.head_sha, build_id=number + 1)
            answer = await deliver(suture, job, "Job Hook")
        assert answer["raised"] == 1
        handle: Handle = await find_incident(suture.client, f"incident-v1-{SERVICE}")
        await approve(play, suture)
        merged = play.gitlab.git.git("rev-parse", "main").strip()
        deployed = gitlab_samples.deployment(
            "success",
            environment="production",
            status_changed_at=datetime.now(UTC).isoformat(),
            commit_url=f"{PLACE['web_url']}/-/commit/{merged}",
        )
        assert (await deliver(suture, deployed, "Deployment Hook"))["news"] == 1
        async with asyncio.timeout(PATIENCE_SECONDS):
            await handle.result()
        report = await handle.query(IncidentWorkflow.show_report)
        entries = suture.parts.ledger.read(report.case_id)
        chain = verify_chain(entries, suture.parts.ledger.public_key(), closed=True)
    return Outcome(
        report=report,
        findings=[str(one) for one in (*chain, *check_invariants(entries))],
        gitlab=play.gitlab,
        datadog=play.datadog,
        main=merged,
        branches=play.gitlab.git.git("branch", "--list", "suture/*"),
    )


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    directory = tmp_path_factory.mktemp("gitlab-loop")
    built = build_repository(load_case("tag-index"), directory / "repo")
    bare = directory / "bare.git"
    history.git(directory, "clone", "--quiet", "--bare", str(built.path), str(bare))
    datadog = LiveDatadog()
    with ExitStack() as stack:
        code = stack.enter_context(running_gitlab(bare))
        stack.enter_context(serving(datadog))
        address = stack.enter_context(temporal.temporal_address())
        log = capture_event(built)
        assert isinstance(log, str)
        code.traces = {number + 1: log.encode() for number in range(JOBS)}
        settings = settings_for(directory, address, code, datadog.url)
        play = Play(built=built, gitlab=code, datadog=datadog, settings=settings)
        yield asyncio.run(told(play))


def test_it_ends_in_a_fix_whose_recovery_datadog_shows(outcome: Outcome) -> None:
    report = outcome.report
    assert report.resolution is not None
    assert report.resolution.kind is ResolutionKind.FIXED, report.resolution.summary
    assert report.rollout is not None
    assert report.rollout.after is not None
    assert report.rollout.after.requests
    assert any(request.path == "/api/v1/query" for request in outcome.datadog.requests)


def test_the_failed_test_of_the_job_s_log_is_its_proof(outcome: Outcome) -> None:
    verification = outcome.report.verification
    assert verification is not None
    assert verification.reproduction.oracle is Oracle.FAILING_TEST
    assert "alert.completed" in [entry.event for entry in outcome.report.timeline]


def test_there_is_one_of_each_and_all_of_it_is_closed(outcome: Outcome) -> None:
    assert [one["state"] for one in outcome.gitlab.requests.values()] == ["merged"]
    assert [one["state"] for one in outcome.gitlab.issues.values()] == ["closed"]
    assert outcome.report.summary.alerts == JOBS
    assert outcome.report.merge_sha == outcome.main
    assert outcome.branches == ""


def test_the_approval_on_gitlab_was_the_consent(outcome: Outcome) -> None:
    consent = outcome.report.consent
    assert consent is not None
    assert (consent.actor.id, consent.actor.via) == ("ada", "gitlab")
    assert outcome.findings == []
