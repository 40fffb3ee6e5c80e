"""Runs one case as an incident, from the alert to the pull request, as production does."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from temporalio.client import WorkflowFailureError
from temporalio.service import RPCError

from activities.bench import Bench
from evals.alerts import alert_in
from evals.case import Case, Prepared
from evals.judging import Courtroom, Offer
from evals.lab import Lab
from evals.outcome import CaseResult, JudgeReport
from evals.scoring import Seen, not_run, result_of
from evals.stopping import in_thread, stoppable
from evals.trials import read_trials
from suture.arrival import arrival_of
from suture.domain.alert import Alert
from suture.domain.evidence import Evidence
from suture.domain.report import IncidentReport
from suture.domain.rollout import Deployment
from suture.domain.service import Service
from suture.errors import LedgerCorrupt, NotFound, PermanentError, SutureError
from suture.policy.model import Policy
from suture.settings import ServiceSettings
from workers.handles import Handle
from workers.parts import Parts, build_parts
from workers.starting import cancel_incident, start_incident
from workers.worker import running_workers
from workflows.incident import IncidentWorkflow

QUERY_SECONDS = 10.0
REPAIR_SHARE = 0.9
"""Of a case's time; the rest is for ticket, diagnosis and pull request."""
RELEASE_INTERVAL = timedelta(hours=6)
"""Between the deployments that a case tells of, the last one so long before the alert."""

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Run:
    """One case on its way."""

    lab: Lab
    case: Case
    prepared: Prepared
    parts: Parts
    alert: Alert

    @property
    def service(self) -> Service:
        """The only service of the case's catalogue."""
        return self.parts.catalogue[self.case.name]


async def run_case(lab: Lab, case: Case, directory: Path) -> CaseResult:
    """Run a case in an empty directory. Whatever goes wrong with the case itself is its result."""
    began = time.monotonic()
    try:
        prepared = await in_thread(lab.stopped, case.prepare, _made(directory / "case"))
        with _ready(lab, case, prepared, directory) as run:
            await in_thread(lab.stopped, _build_environment, run)
            seen = await _incident(run, time.monotonic() - began)
            return await in_thread(lab.stopped, _judged, run, seen)
    except SutureError as error:
        return not_run(case, str(error), time.monotonic() - began)
    except Exception as error:
        # One broken case must not end a run of hours.
        log.exception("case.broken", case=case.name)
        return not_run(case, f"{type(error).__name__}: {error}", time.monotonic() - began)


@contextlib.contextmanager
def _ready(lab: Lab, case: Case, prepared: Prepared, directory: Path) -> Iterator[Run]:
    """Build parts of the case's own: no case knows of another's incidents."""
    temporal = lab.settings.temporal.model_copy(update={"task_queue": f"eval-{uuid.uuid4().hex}"})
    settings = lab.settings.model_copy(
        update={
            "state_dir": _made(directory / "state"),
            "services": {case.name: _service(case, prepared)},
            "temporal": temporal,
        }
    )
    now = datetime.now(UTC)
    alert = alert_in(prepared, service=case.name, received_at=now)
    parts = replace(build_parts(settings), policy=_policy(lab.policy, case), sandbox=lab.sandbox)
    try:
        for deployment in _deployments(case, prepared, alert.occurred_at):
            parts.deployments.record(deployment)
        yield Run(lab=lab, case=case, prepared=prepared, parts=parts, alert=alert)
    finally:
        parts.close()


def _service(case: Case, prepared: Prepared) -> ServiceSettings:
    given = {} if prepared.path_prefixes is None else {"path_prefixes": prepared.path_prefixes}
    return ServiceSettings(
        name=case.name,
        repository=str(prepared.repository.absolute()),
        base_branch=prepared.branch,
        root=prepared.root,
        toolchain=prepared.toolchain,
        test_command=prepared.test_command,
        setup_command=prepared.setup_command,
        **given,
    )


def _policy(policy: Policy, case: Case) -> Policy:
    """Let the repair end by itself before the case's time is up, and say so honestly."""
    seconds = min(policy.budget.repair_seconds, case.seconds * REPAIR_SHARE)
    budget = policy.budget.model_copy(update={"repair_seconds": seconds})
    return policy.model_copy(update={"budget": budget})


def _deployments(case: Case, prepared: Prepared, at: datetime) -> Iterator[Deployment]:
    for age, release in enumerate(reversed(prepared.releases), 1):
        yield Deployment(
            deployment_id=f"{case.name}-{release.name}",
            service=case.name,
            commit=release.commit,
            release=release.name,
            at=at - age * RELEASE_INTERVAL,
        )


def _build_environment(run: Run) -> None:
    """Build what the tests need before the clock starts: in production it is there already."""
    repository = run.parts.sources.open(run.service.remote)
    repository.refresh()
    head = repository.resolve(run.prepared.branch)
    if head is None:
        raise NotFound(f"The case has no branch {run.prepared.branch}.")
    bench = Bench(
        sandbox=stoppable(run.lab.sandbox),
        repository=repository,
        service=run.service,
        bounds=run.parts.policy.sandbox,
    )
    # A set-up that fails is for the incident to find and to tell of.
    with repository.checkout(head) as tree, contextlib.suppress(PermanentError):
        bench.prepare(head, tree)


async def _incident(run: Run, setup_seconds: float) -> Seen:
    """Let the incident happen, within the case's time."""
    arrival = arrival_of(run.alert)
    run.parts.artifacts.put(arrival.content)
    client, queue = run.lab.client, run.parts.settings.temporal.task_queue
    async with running_workers(client, run.parts):
        began = time.monotonic()
        handle = await start_incident(client, queue, arrival, None)
        try:
            in_time = await _ended(handle, run.case.seconds)
        except asyncio.CancelledError:
            await asyncio.shield(cancel_incident(handle))
            raise
        seconds = time.monotonic() - began
        report = await _report(handle)
        trials = await read_trials(client, handle)
    return Seen(
        case=run.case,
        prepared=run.prepared,
        report=report,
        evidence=_evidence(run.parts, report),
        diff=_diff(run.parts, report),
        trials=trials,
        in_time=in_time,
        diagnosis_only=run.lab.diagnosis_only,
        setup_seconds=setup_seconds,
        seconds=seconds,
    )


async def _ended(handle: Handle, seconds: float) -> bool:
    """Wait for the end; False if the time is up before, and then the incident is cancelled.

    Raises:
        SutureError: the workflow itself failed, which is Suture's fault.
    """
    try:
        await asyncio.wait_for(handle.result(), seconds)
    except TimeoutError:
        await cancel_incident(handle)
        return False
    except WorkflowFailureError as error:
        raise SutureError(f"The incident's workflow failed: {error.cause}") from error
    except RPCError as error:
        raise SutureError(f"Temporal went away: {error.message[:300]}") from error
    return True


async def _report(handle: Handle) -> IncidentReport:
    try:
        return await handle.query(
            IncidentWorkflow.show_report, rpc_timeout=timedelta(seconds=QUERY_SECONDS)
        )
    except RPCError as error:
        raise SutureError(f"The incident cannot be read: {error.message[:300]}") from error


def _evidence(parts: Parts, report: IncidentReport) -> Evidence | None:
    if report.evidence is None:
        return None
    return Evidence.model_validate_json(parts.artifacts.get(report.evidence.digest))


def _diff(parts: Parts, report: IncidentReport) -> str:
    verification = report.verification
    if verification is None:
        return ""
    digest = verification.full_diff or verification.patch.digest
    try:
        return parts.artifacts.get(digest).decode(errors="replace")
    except (NotFound, LedgerCorrupt):
        return ""


def _judged(run: Run, seen: Seen) -> CaseResult:
    return result_of(seen, _verdict(run, seen.report) if seen.offered else None)


def _verdict(run: Run, report: IncidentReport) -> JudgeReport | None:
    judge, pull_request, evidence = run.prepared.judge, report.pull_request, report.evidence
    if judge is None or pull_request is None or evidence is None:
        return None
    repository = run.parts.sources.open(run.service.remote)
    repository.refresh()
    head = repository.resolve(pull_request.branch)
    if head is None:
        raise NotFound(f"The fix's branch {pull_request.branch} is gone.")
    court = Courtroom(
        sandbox=stoppable(run.lab.sandbox),
        repository=repository,
        service=run.service,
        bounds=run.parts.policy.sandbox,
    )
    return court.judge(judge, Offer(base_sha=evidence.base_sha, head_sha=head))


def _made(directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    return directory
