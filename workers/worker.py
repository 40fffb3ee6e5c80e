"""Workers for each task queue, with the activities that belong there."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from temporalio.client import Client
from temporalio.common import WorkerDeploymentVersion
from temporalio.worker import Interceptor, Worker, WorkerDeploymentConfig
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from activities.approving import ApprovingActivities
from activities.enriching import EnrichingActivities
from activities.fixing import FixingActivities
from activities.looking import LookingActivities, People
from activities.modelling import ModelActivities
from activities.opening import CaseActivities
from activities.pull_requests import PullRequestActivities
from activities.recording import RecordingActivities
from activities.root_cause import RootCauseActivities
from activities.telling import Calling, Links, TellingActivities
from activities.tooling import ToolActivities
from activities.watching import WatchingActivities
from integrations.git.indexing import stop_indexing
from suture.agent.fitting import Window
from suture.domain.approval import Actor
from suture.errors import SettingsError
from suture.settings import Settings
from workers.beating import Beating
from workers.choosing_metrics import choose_opinions
from workers.parts import Parts
from workers.whole_tasks import WholeTasks
from workflows.calls import MODEL_SUFFIX, SANDBOX_SUFFIX
from workflows.incident import IncidentWorkflow
from workflows.repair import RepairWorkflow
from workflows.rollout import RolloutWorkflow

WORKFLOWS = (IncidentWorkflow, RepairWorkflow, RolloutWorkflow)
STICKY_TIMEOUT = timedelta(seconds=2)
"""How long a restarted worker's incidents wait for the worker that is gone."""
BUILD = WorkerDeploymentVersion(deployment_name="suture", build_id="0.1.0")
GRACE = timedelta(seconds=10)


class Role(StrEnum):
    """What a worker process does; a process may do all of it."""

    ORCHESTRATION = "orchestration"
    MODEL = "model"
    SANDBOX = "sandbox"


ALL_ROLES = tuple(Role)
SERVED = ALL_ROLES
"""Roles that have a queue; a worker without activities of a role does not serve it."""
QUEUE_SUFFIXES = {Role.ORCHESTRATION: "", Role.MODEL: MODEL_SUFFIX, Role.SANDBOX: SANDBOX_SUFFIX}


@dataclass(frozen=True, kw_only=True)
class Concurrency:
    """Activities at the same time, per task queue and process."""

    orchestration: int = 20
    model: int = 8
    sandbox: int = 2


def orchestration_activities(parts: Parts) -> Sequence[Callable[..., Any]]:
    """Return the activities that call vendors and the database."""
    cases = CaseActivities(parts.catalogue, parts.policy, parts.memory)
    recording = RecordingActivities(parts.ledger)
    links = Links(console_url=parts.console_url, temporal_url=parts.settings.temporal.ui_url)
    calling = Calling(pager=parts.pager, quiet_hours=parts.settings.quiet_hours)
    telling = TellingActivities(parts.tracker, parts.chat, links, parts.artifacts, calling)
    approving = ApprovingActivities(parts.decision_key)
    pulls = PullRequestActivities(
        parts.code_host, parts.sources, parts.artifacts, parts.console_url, parts.memory
    )
    looking = LookingActivities(parts.code_host, people(parts.settings), parts.decision_key)
    enriching = EnrichingActivities(parts.artifacts, parts.enrichment)
    watching = WatchingActivities(
        parts.deployments, parts.event_metrics, parts.service_metrics, parts.sources
    )
    return (
        cases.open_case,
        cases.look_at_fix,
        cases.reserve_budget,
        cases.settle_budget,
        cases.remember_incident,
        recording.record,
        telling.open_ticket,
        telling.update_ticket,
        telling.comment_ticket,
        telling.read_ticket,
        telling.open_thread,
        telling.update_thread,
        telling.notify,
        approving.judge_decision,
        pulls.push_branch,
        pulls.open_pull_request,
        pulls.publish_checks,
        pulls.mark_ready,
        pulls.comment_pull_request,
        looking.read_pull_request,
        looking.look_at_pull_request,
        enriching.enrich_alert,
        pulls.merge_pull_request,
        pulls.close_pull_request,
        pulls.withdraw_merge,
        pulls.delete_branch,
        pulls.propose_revert,
        watching.find_deployment,
        watching.take_reading,
        watching.judge_rollout,
    )


def people(settings: Settings) -> People:
    """Return the users who have a name on the code host.

    Raises:
        SettingsError: two of them have the same name there.
    """
    actors: dict[str, Actor] = {}
    for name, user in settings.users.items():
        login = user.code_host_login
        if login is None:
            continue
        if login.casefold() in actors:
            raise SettingsError(f"Two users have the code_host_login {login!r}.")
        actors[login.casefold()] = Actor(id=name, role=user.role, via=settings.code_host.value)
    return People(actors)


def sandbox_activities(parts: Parts) -> Sequence[Callable[..., Any]]:
    """Return the activities that read repositories and run their code."""
    opinions = choose_opinions(parts.settings)
    root_cause = RootCauseActivities(
        parts.artifacts, parts.sources, parts.deployments, opinions, parts.memory
    )
    fixing = FixingActivities(parts.artifacts, parts.sources, parts.sandbox)
    tooling = ToolActivities(parts.artifacts, parts.sources, parts.sandbox, window(parts))
    return (
        root_cause.collect_evidence,
        root_cause.diagnose,
        fixing.prepare_environment,
        fixing.reproduce,
        fixing.run_base_suite,
        fixing.propose_patterns,
        fixing.try_candidates,
        fixing.verify_head,
        tooling.open_conversation,
        tooling.use_tool,
    )


def model_activities(parts: Parts) -> Sequence[Callable[..., Any]]:
    """Return the activities that ask models."""
    return (ModelActivities(parts.artifacts, parts.model, window(parts)).ask_model,)


def window(parts: Parts) -> Window:
    """Return what models can read at once."""
    return Window(context_tokens=parts.settings.model.context_tokens)


@dataclass(frozen=True, kw_only=True)
class Team:
    """Workers of one process: what each task queue is served with."""

    queue: str
    """Prefix of the task queues."""
    orchestration: Sequence[Callable[..., Any]] = ()
    sandbox: Sequence[Callable[..., Any]] = ()
    model: Sequence[Callable[..., Any]] = ()
    concurrency: Concurrency = Concurrency()
    interceptors: Sequence[Interceptor] = ()

    def worker(self, client: Client, role: Role, executor: ThreadPoolExecutor) -> Worker:
        """Build the worker of one role."""
        return Worker(
            client,
            task_queue=self.queue + QUEUE_SUFFIXES[role],
            workflows=WORKFLOWS if role is Role.ORCHESTRATION else (),
            workflow_runner=WholeTasks(SandboxedWorkflowRunner()),
            activities=self.activities(role),
            activity_executor=executor,
            max_concurrent_activities=self.size(role),
            interceptors=(*self.interceptors, Beating()),
            sticky_queue_schedule_to_start_timeout=STICKY_TIMEOUT,
            graceful_shutdown_timeout=GRACE,
            max_heartbeat_throttle_interval=timedelta(seconds=5),
            # Explicit, because otherwise each start hashes all loaded code.
            deployment_config=WorkerDeploymentConfig(version=BUILD, use_worker_versioning=False),
        )

    def activities(self, role: Role) -> Sequence[Callable[..., Any]]:
        """Return what a role does."""
        kept = {Role.MODEL: self.model, Role.SANDBOX: self.sandbox}
        return kept.get(role, self.orchestration)

    def size(self, role: Role) -> int:
        """Return how many activities of this role run at the same time."""
        sizes = {Role.MODEL: self.concurrency.model, Role.SANDBOX: self.concurrency.sandbox}
        return sizes.get(role, self.concurrency.orchestration)


@contextlib.asynccontextmanager
async def running_workers(
    client: Client,
    parts: Parts,
    roles: Sequence[Role] = ALL_ROLES,
    concurrency: Concurrency = Concurrency(),
    interceptors: Sequence[Interceptor] = (),
) -> AsyncIterator[None]:
    """Run the workers of these roles while the context is open."""
    team = Team(
        queue=parts.settings.temporal.task_queue,
        orchestration=orchestration_activities(parts),
        sandbox=sandbox_activities(parts),
        model=model_activities(parts),
        concurrency=concurrency,
        interceptors=interceptors,
    )
    try:
        async with running_team(client, team, roles):
            yield
    finally:
        stop_indexing()


@contextlib.asynccontextmanager
async def running_team(client: Client, team: Team, roles: Sequence[Role]) -> AsyncIterator[None]:
    """Run one worker for each role that has a queue, until the context ends."""
    async with contextlib.AsyncExitStack() as stack:
        for role in roles:
            if not team.activities(role):
                continue
            executor = ThreadPoolExecutor(team.size(role), f"suture-{role}")
            stack.enter_context(executor)
            await stack.enter_async_context(team.worker(client, role, executor))
        yield


async def run_until_stopped(
    client: Client, parts: Parts, roles: Sequence[Role], stopped: asyncio.Event
) -> None:
    """Run workers until the event is set, then let running activities finish."""
    async with running_workers(client, parts, roles):
        await stopped.wait()
