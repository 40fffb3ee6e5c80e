"""One incident on a stage: real engine, real database and git, scripted root cause and repair."""

import asyncio
import contextlib
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from temporalio.client import Client, WorkflowQueryFailedError
from temporalio.service import RPCError
from temporalio.worker import Interceptor

from apps.gateway.temporal import TemporalStarter
from suture.audit.chain import verify_chain
from suture.audit.invariants import check_invariants
from suture.canonical import canonical_json
from suture.consent import sign_decision
from suture.domain.alert import (
    Alert,
    AlertBatch,
    AlertKind,
    AlertNotice,
    AlertSource,
    Severity,
)
from suture.domain.approval import Actor, ConsentTarget, Decision, DecisionKind, Role
from suture.domain.incident import IncidentKey, Stage
from suture.domain.report import IncidentReport
from suture.domain.resolution import Resolution, ResolutionKind
from suture.domain.rollout import Deployment
from suture.policy.model import Approval, Attention, Policy, Watch
from suture.settings import Settings, TemporalSettings
from tests.builders.repository import HERMETIC, RepositoryBuilder
from tests.builders.traffic import ScriptedTraffic
from tests.fakes.fixing import FixingScript, ScriptedFixing
from workers.connecting import UNWATCHED, Connection, connect
from workers.handles import Handle, incident_handle
from workers.parts import Parts, build_parts
from workers.whole_tasks import REFUSAL
from workers.worker import ALL_ROLES, Team, orchestration_activities, running_team
from workflows.incident import IncidentWorkflow
from workflows.messages import PendingDecision

LOOK_SECONDS = 0.05
SERVICE = "shop"
QUICK = Policy(
    approval=Approval(look_seconds=0.3),
    watch=Watch(
        deployment_wait_seconds=600.0,
        # Two looks decide, and a busy machine takes seconds for each. In a longer window the looks
        # themselves would be rarer.
        window_seconds=48.0,
        look_seconds=0.2,
        minimum_seconds=0.0,
        minimum_requests=50,
    ),
    attention=Attention(look_seconds=0.2, quiet_seconds=3_600.0),
)
"""The safe defaults, with looks that a test can wait for."""
Answer = TypeVar("Answer")
DEADLOCK = "[TMPRL1101]"
"""How the SDK's complaint begins that workflow code took more than two seconds."""


@contextlib.contextmanager
def asking_again() -> Iterator[None]:
    """Let pass that nobody answers just now; a workflow that cannot replay is no such thing.

    On a busy machine a worker that replays a whole history for an answer may seem to hang.
    """
    try:
        yield
    except RPCError:
        return
    except WorkflowQueryFailedError as error:
        if str(error) != REFUSAL and not str(error).startswith(DEADLOCK):
            raise


class Incident:
    """Drives one incident and looks at what came of it."""

    patience_seconds = 90.0
    """For one step on the way. An incident takes dozens of activities to its pull request."""

    def __init__(self, directory: Path, address: str, policy: Policy = QUICK) -> None:
        self.clone = RepositoryBuilder(directory / "clone")
        self.clone.commit(
            {"shop/cart.py": "def mean(a):\n    return sum(a) / len(a)\n"}, "Sell things"
        )
        self.repository = directory / "shop.git"
        if not self.repository.exists():
            self.clone.git("clone", "--quiet", "--bare", ".", str(self.repository))
            self.clone.git("remote", "add", "origin", str(self.repository))
        self.queue = f"suture-{uuid4().hex[:8]}"
        settings = Settings(
            state_dir=directory / "state",
            temporal=TemporalSettings(address=address, task_queue=self.queue),
            services={SERVICE: {"repository": str(self.repository)}},
        )
        built = replace(build_parts(settings), policy=policy)
        self.traffic = ScriptedTraffic()
        self.parts: Parts = replace(built, event_metrics=self.traffic, service_metrics=self.traffic)
        self.script = FixingScript()
        self.event = Alert(
            alert_id="1",
            source=AlertSource.SENTRY,
            kind=AlertKind.EXCEPTION,
            service=SERVICE,
            title="ZeroDivisionError: division by zero",
            occurred_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
        """What its alerts say in full."""
        self.key = IncidentKey(service=SERVICE, fingerprint=uuid4().hex * 2)

    def rule(self, **sections: object) -> None:
        """Replace sections of the policy, before anybody works."""
        policy = self.parts.policy.model_copy(update=sections)
        self.parts = replace(self.parts, policy=policy)

    async def connect(self, watched: Connection = UNWATCHED) -> None:
        self.client: Client = await connect(self.parts.settings.temporal, watched)
        self._find()

    def beside(self) -> "Incident":
        """Return another incident of the same service, which the same workers work on."""
        other = copy(self)
        other.key = IncidentKey(service=SERVICE, fingerprint=uuid4().hex * 2)
        other._find()
        return other

    def _find(self) -> None:
        self.handle: Handle = incident_handle(self.client, self.key.incident_id)

    @contextlib.asynccontextmanager
    async def at_work(self, interceptors: Sequence[Interceptor] = ()) -> AsyncIterator[None]:
        """Serve its task queues while the context is open."""
        async with running_team(self.client, self.team(interceptors), ALL_ROLES):
            yield

    def team(self, interceptors: Sequence[Interceptor] = ()) -> Team:
        source = self.parts.sources.open(str(self.repository))
        fixing = ScriptedFixing(self.script, self.parts.artifacts, source)
        fixing.memory = self.parts.memory
        return Team(
            queue=self.queue,
            orchestration=orchestration_activities(self.parts),
            sandbox=fixing.activities,
            interceptors=interceptors,
        )

    async def alert(self, count: int = 1, batch_id: str = "") -> None:
        """Tell of alerts as the gateway does."""
        notice = AlertNotice(
            alert_id=uuid4().hex,
            source=AlertSource.SENTRY,
            severity=Severity.HIGH,
            occurred_at=datetime.now(UTC),
            event=self.parts.artifacts.put(canonical_json(self.event)),
        )
        batch = AlertBatch(batch_id=batch_id or uuid4().hex, count=count, notices=(notice,))
        starter = TemporalStarter(self.client, task_queue=self.queue, timeout_seconds=60.0)
        await starter.commit(
            self.key, "ZeroDivisionError: division by zero", batch, environment="production"
        )

    async def resolved(self, alert_id: str) -> bool:
        """Tell that an alert has ended at its source, as the gateway does."""
        notice = AlertNotice(
            alert_id=alert_id,
            source=AlertSource.ALERTMANAGER,
            severity=Severity.HIGH,
            occurred_at=datetime.now(UTC),
            event=self.parts.artifacts.put(b"ended"),
        )
        starter = TemporalStarter(self.client, task_queue=self.queue, timeout_seconds=60.0)
        return await starter.resolve(self.key, notice)

    async def report(self) -> IncidentReport:
        """Ask until there is an answer."""
        return await self.until(lambda _: True)

    async def until(self, holds: Callable[[IncidentReport], object]) -> IncidentReport:
        """Look until something holds of the report."""
        return await self._ask(lambda: self.handle.query(IncidentWorkflow.show_report), holds)

    async def _ask(
        self, query: Callable[[], Awaitable[Answer]], holds: Callable[[Answer], object]
    ) -> Answer:
        """Ask until there is an answer of which something holds."""
        async with asyncio.timeout(self.patience_seconds):
            while True:
                with asking_again():
                    answer = await query()
                    if holds(answer):
                        return answer
                await asyncio.sleep(LOOK_SECONDS)

    async def until_called(self, name: str) -> None:
        """Wait until a scripted activity was called."""
        entered = self.script.entered[name]
        assert await asyncio.to_thread(entered.wait, self.patience_seconds), (
            f"{name} was not called"
        )

    async def until_asked(self) -> ConsentTarget:
        """Wait until there is something to approve."""
        report = await self.until(
            lambda seen: seen.target is not None and seen.summary.stage is Stage.APPROVAL
        )
        assert report.target is not None
        return report.target

    def decision(self, kind: DecisionKind, **changed: object) -> Decision:
        facts: dict[str, Any] = {
            "decision_id": uuid4().hex,
            "kind": kind,
            "actor": Actor(id="ada", role=Role.APPROVER, via="test"),
            "decided_at": datetime.now(UTC),
            **changed,
        }
        return sign_decision(Decision(**facts), self.parts.decision_key)

    async def send(self, decision: Decision) -> PendingDecision:
        """Hand a decision in and wait for its verdict."""
        await self.handle.signal(IncidentWorkflow.receive_decision, decision)
        return await self.answer_about(
            decision.decision_id, lambda answer: answer.accepted is not None
        )

    async def answer_about(
        self, decision_id: str, holds: Callable[[PendingDecision], object] = lambda _: True
    ) -> PendingDecision:
        """Ask until something holds of the answer, which may be that there is no verdict yet."""
        return await self._ask(
            lambda: self.handle.query(IncidentWorkflow.show_decision, decision_id), holds
        )

    async def flood(self, count: int) -> None:
        """Send many decisions at once, without waiting for verdicts."""
        sent = [self.decision(DecisionKind.REJECT) for _ in range(count)]
        signals = [
            self.handle.signal(IncidentWorkflow.receive_decision, decision) for decision in sent
        ]
        await asyncio.gather(*signals)

    async def approve(self) -> PendingDecision:
        """Approve what is asked about, as somebody who may."""
        target = await self.until_asked()
        return await self.send(self.decision(DecisionKind.APPROVE, target=target))

    async def approve_until(self, holds: Callable[[IncidentReport], object]) -> IncidentReport:
        """Approve what is asked about until something holds: a brief question may expire first."""
        async with asyncio.timeout(self.patience_seconds):
            while not holds(seen := await self.report()):
                if seen.target is not None and seen.consent is None:
                    await self.send(self.decision(DecisionKind.APPROVE, target=seen.target))
                await asyncio.sleep(LOOK_SECONDS)
            return seen

    async def deploy(self) -> None:
        """Report a deployment of the merge, as a pipeline does."""
        report = await self.until(lambda seen: seen.merge_sha)
        assert report.merge_sha is not None
        self.traffic.deployed = True
        deployment = self.record_deployment(report.merge_sha)
        await self.handle.signal(IncidentWorkflow.receive_deployment, deployment)

    def record_deployment(self, commit: str) -> Deployment:
        """Keep a deployment as the gateway does, without a word to the incident."""
        deployment = Deployment(
            deployment_id=uuid4().hex,
            service=SERVICE,
            commit=commit,
            at=datetime.now(UTC) + timedelta(milliseconds=1),
        )
        self.parts.deployments.record(deployment)
        return deployment

    async def until_human(self) -> IncidentReport:
        """Wait until a human is asked to look."""
        return await self.until(lambda seen: seen.summary.stage is Stage.HUMAN and seen.ticket)

    async def close_ticket(self) -> Resolution:
        """Close the ticket as a human, which ends an incident that waits for one."""
        await self.until(lambda seen: seen.ticket)
        self.close_tickets_by_hand()
        return await self.resolution()

    def close_tickets_by_hand(self) -> None:
        """Close all open tickets as a human."""
        for ticket in self.parts.embedded.tracker.list_tickets():
            self.parts.embedded.tracker.close_by_human(ticket.ref.ticket_id, "ada")

    async def resolution(self) -> Resolution:
        """Wait for the end."""
        async with asyncio.timeout(self.patience_seconds):
            return await self.handle.result()

    async def finish_fixed(self) -> None:
        """Approve, deploy, and see it recover."""
        await self.approve()
        await self.finish_after_merge()

    async def finish_after_merge(self) -> None:
        """Deploy, and see it recover."""
        await self.deploy()
        resolution = await self.resolution()
        assert resolution.kind is ResolutionKind.FIXED, resolution.summary

    def push(self, author: str = "grace", content: str = "By hand\n") -> str:
        """Commit to Suture's branch as a person and push it."""
        branch = self.branches()[0]
        self.clone.git("fetch", "--quiet", "origin")
        self.clone.git("checkout", "--quiet", "-B", branch, f"origin/{branch}")
        sha = self.clone.commit(
            {"NOTES.md": content}, "By hand", author=f"{author} <{author}@example.invalid>"
        )
        self.clone.git("push", "--quiet", "origin", branch)
        return sha

    async def merge_on_the_host(self) -> None:
        """Merge the pull request as a human does on the code host."""
        ref = (await self.report()).pull_request
        assert ref is not None
        host = self.parts.code_host
        current = host.read_pull_request(ref)
        host.merge(ref, current.head_sha, current.patch_digest)

    def conflict_on_main(self) -> None:
        """Change the line that the fix changes, on the base branch."""
        self.clone.git("checkout", "--quiet", "main")
        self.clone.commit({"shop/cart.py": "def mean(a):\n    return 0\n"}, "Give up")
        self.clone.git("push", "--quiet", "origin", "main")

    def branches(self) -> list[str]:
        """Return Suture's branches."""
        return self.git("branch", "--list", "suture/*", "--format=%(refname:short)").split()

    def git(self, *arguments: str) -> str:
        """Run git in the bare repository."""
        finished = subprocess.run(
            ["git", *arguments],
            cwd=self.repository,
            env=HERMETIC,
            check=True,
            capture_output=True,
            text=True,
        )
        return finished.stdout.strip()

    def refusals(self) -> list[str]:
        """Return why decisions on record were refused."""
        entries = self.parts.ledger.read(f"{self.key.incident_id}-1")
        refused = [one.draft.data for one in entries if one.draft.event == "decision.refused"]
        return [str(data["refusal"]) for data in refused]

    def events(self, case: int = 1) -> list[str]:
        """Return the names of what is on record, in order."""
        entries = self.parts.ledger.read(f"{self.key.incident_id}-{case}")
        return [entry.draft.event for entry in entries]

    def keys(self) -> list[str]:
        """Return the keys of what is on record."""
        return [entry.draft.key for entry in self.parts.ledger.read(f"{self.key.incident_id}-1")]

    def findings(self, case: int = 1, *, closed: bool = True) -> list[str]:
        """Return what an auditor finds wrong with the record."""
        ledger = self.parts.ledger
        entries = ledger.read(f"{self.key.incident_id}-{case}")
        chain = verify_chain(entries, ledger.public_key(), closed=closed)
        return [str(finding) for finding in (*chain, *check_invariants(entries))]
