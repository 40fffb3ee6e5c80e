"""From the first alert to an open pull request: ticket, root cause, fix, test, proposal."""

import asyncio
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, ChildWorkflowError

with workflow.unsafe.imports_passed_through():
    from activities.enriching import EnrichingActivities, EnrichmentRequest
    from activities.looking import LookingActivities
    from activities.opening import CaseActivities, CaseRequest
    from activities.pull_requests import OpeningRequest, PullRequestActivities
    from activities.watching import ReadingRequest, WatchingActivities
    from suture.audit.events import LedgerEvent
    from suture.canonical import digest_of
    from suture.domain.diagnosis import Diagnosis, Fixability
    from suture.domain.incident import Goal, Stage
    from suture.domain.pull_request import PullRequest, PullRequestState
    from suture.domain.resolution import Resolution, ResolutionKind
    from suture.domain.rollout import Reading
    from suture.policy.autonomy import autonomy_for
    from suture.policy.budgets import Grant
    from suture.policy.model import Autonomy
    from workflows.budgeting import (
        exhausted,
        narrowed,
        narrowing,
        reserve,
        settle,
        settle_lost,
    )
    from workflows.calls import TIMED_OUT, cancellable, cause_of, finish
    from workflows.diagnosing import diagnose, note_diagnosis, wait_for_other_fix
    from workflows.endings import ended
    from workflows.messages import RepairInput, RepairOutcome
    from workflows.repair import RepairWorkflow
    from workflows.state import IncidentState
    from workflows.telling import tell_everybody

SHOWING = "Suture is looking for a test that shows the fault."


async def open_case(state: IncidentState) -> None:
    """Learn what is known of the service and its past, and open the ticket."""
    start, chronicle = state.start, state.chronicle
    request = CaseRequest(key=start.key, now=workflow.now())
    case = await chronicle.insist(state.calls, CaseActivities.open_case, request)
    state.case_opened = True
    strategies = case.policy.strategies
    if start.models is not None:
        strategies = strategies.model_copy(update={"models": start.models})
    state.service = case.service
    state.policy = case.policy.model_copy(update={"strategies": strategies})
    state.heals_this_week = case.heals_this_week
    earlier = case.past[0] if case.past else None
    summary = state.report.summary.model_copy(
        update={"regression_of": earlier.run_id if earlier else None}
    )
    chronicle.change(summary=summary, occurrence=case.occurrence)
    story = f"{summary.title} (first alert from {start.opened_by.source})"
    if earlier:
        story += f"; it recurs: occurrence {case.occurrence}, last closed as {earlier.kind}"
    chronicle.note(
        LedgerEvent.INCIDENT_OPENED,
        story,
        data={
            "service": summary.service,
            "fingerprint": summary.fingerprint,
            "title": summary.title,
            "severity": summary.severity,
            "occurrence": state.report.occurrence,
            "regression_of": summary.regression_of,
            "event": start.opened_by.event,
        },
    )
    chronicle.note(
        LedgerEvent.POLICY_LOADED,
        "The policy of this incident is fixed",
        data={"policy": digest_of(state.policy), "autonomy": _autonomy(state)},
    )
    state.opening_reading = await take_reading(state, summary.opened_at)
    chronicle.move_to(Stage.TICKET)
    await tell_everybody(state)


async def take_reading(state: IncidentState, since: datetime) -> Reading:
    """Count the incident's own events since a moment, and read the service's counters."""
    return await state.calls.vendor(
        WatchingActivities.take_reading,
        ReadingRequest(
            service=state.service, key=state.start.key, since=since, until=workflow.now()
        ),
    )


async def find_root_cause(state: IncidentState) -> Resolution | None:
    """Collect evidence and conclude; return how it ends if it is not for the fix stage."""
    state.chronicle.move_to(Stage.ROOT_CAUSE, "Suture is looking for the root cause.")
    await _enrich(state)
    try:
        await diagnose(state)
    except ActivityError as error:
        kind, message = cause_of(error)
        return ended(
            state,
            ResolutionKind.NEEDS_HUMAN,
            f"The root cause could not be looked for: {kind}",
            explanation=message,
        )
    await tell_everybody(state)
    ending = await wait_for_other_fix(state) or _stop_before_fix(state)
    return ending or await _observe_only(state)


async def _observe_only(state: IncidentState) -> Resolution | None:
    """Where no fix is allowed: show and trace the fault in a test, for the diagnosis, and end."""
    if _autonomy(state) is not Autonomy.OBSERVE:
        return None
    nothing = state.policy.strategies.model_copy(update={"patterns": False, "models": ()})
    state.policy = state.policy.model_copy(update={"strategies": nothing})
    found = await repair_and_propose(state)
    return ended(
        state,
        ResolutionKind.POLICY_FORBIDS,
        "The policy allows Suture to observe only.",
        explanation=found.explanation if found else "",
    )


async def repair_and_propose(state: IncidentState, feedback: str = "") -> Resolution | None:
    """Find a verified fix and open its pull request; return how it ends without one."""
    request = _repair_input(state, feedback)
    if request is None:
        return ended(state, ResolutionKind.NEEDS_HUMAN, "There is no diagnosis to repair from.")
    grant = await reserve(state)
    if grant.overrun is not None:
        return exhausted(state, grant.overrun)
    outcome = await _repair(state, request, grant)
    if isinstance(outcome, Resolution):
        return outcome
    await finish(settle(state, grant, outcome.usage))
    _take_over_findings(state, outcome)
    verification = outcome.verification
    if outcome.kind is not None or verification is None or not verification.verified:
        kind = outcome.kind or ResolutionKind.NO_FIX_FOUND
        return ended(state, kind, outcome.diagnosis.summary, explanation=outcome.explanation)
    await state.chronicle.record(state.calls)
    return await finish(_propose(state))


async def _enrich(state: IncidentState) -> None:
    """Ask the alert's vendor for what it left out; an alert with little in it must do else."""
    request = EnrichmentRequest(event=state.event)
    try:
        found = await state.calls.telling(EnrichingActivities.enrich_alert, request)
    except ActivityError as error:
        state.chronicle.tell("alert.incomplete", f"No more was to be had: {cause_of(error)[1]}")
        return
    if found != state.event:
        state.event = found
        state.chronicle.tell("alert.completed", "The log of what failed was fetched")


def _stop_before_fix(state: IncidentState) -> Resolution | None:
    diagnosis = state.report.diagnosis
    if diagnosis is None:
        return ended(state, ResolutionKind.NEEDS_HUMAN, "There is no diagnosis.")
    if diagnosis.fixability is Fixability.NOT_CODE:
        return ended(state, ResolutionKind.NOT_CODE, diagnosis.summary)
    if diagnosis.fixability is Fixability.NEEDS_HUMAN:
        return ended(state, ResolutionKind.NEEDS_HUMAN, diagnosis.summary)
    guard = _loop_guard(state, diagnosis)
    if guard:
        state.chronicle.note(LedgerEvent.LOOP_GUARDED, guard, data={"reason": guard})
        return ended(state, ResolutionKind.LOOP_GUARD, guard)
    return None


def _loop_guard(state: IncidentState, diagnosis: Diagnosis) -> str:
    if diagnosis.suspect is not None and diagnosis.suspect.by_suture:
        return f"The suspect {diagnosis.suspect.commit[:12]} is a change of Suture's own."
    if state.heals_this_week >= state.policy.budget.heals_per_week:
        return f"Suture has fixed this {state.heals_this_week} times within a week."
    return ""


def _autonomy(state: IncidentState) -> Autonomy:
    summary = state.report.summary
    return autonomy_for(
        state.policy,
        service=summary.service,
        environment=state.report.environment,
        severity=summary.severity,
    )


def _repair_input(state: IncidentState, feedback: str) -> RepairInput | None:
    """Return what the next attempt starts from; None without a diagnosis."""
    report = state.report
    if report.evidence is None or report.diagnosis is None:
        return None
    return RepairInput(
        report=report,
        service=state.service,
        policy=state.policy,
        attempt=state.attempts + 1,
        event=state.event,
        evidence=report.evidence,
        diagnosis=report.diagnosis,
        feedback=feedback,
        rejected_patches=tuple(state.rejected_patches),
    )


async def _repair(
    state: IncidentState, request: RepairInput, grant: Grant
) -> RepairOutcome | Resolution:
    state.attempts = request.attempt
    policy = state.policy
    under_way = f"Repair attempt {state.attempts} is under way."
    state.chronicle.move_to(Stage.FIX, under_way if policy.strategies.can_repair else SHOWING)
    seconds = policy.budget.repair_seconds + policy.timing.repair_slack_seconds
    child = workflow.execute_child_workflow(
        RepairWorkflow.run,
        request.model_copy(
            update={"policy": narrowed(state, grant), "budget_note": narrowing(grant)}
        ),
        id=f"{state.report.case_id}-repair-{state.attempts}",
        execution_timeout=timedelta(seconds=seconds),
        static_summary=f"Repair attempt {state.attempts}",
    )
    try:
        return await cancellable(child)
    except asyncio.CancelledError:
        await asyncio.create_task(settle_lost(state, grant))
        raise
    except ChildWorkflowError as error:
        cost = await settle_lost(state, grant)
        return _unfinished(state, error, cost)


def _unfinished(state: IncidentState, error: ChildWorkflowError, cost: str) -> Resolution:
    kind, message = cause_of(error)
    if kind == TIMED_OUT:
        used_up = "budget.repair_seconds is used up."
        return ended(state, ResolutionKind.BUDGET_EXHAUSTED, used_up, explanation=cost)
    return ended(
        state,
        ResolutionKind.NEEDS_HUMAN,
        "The repair did not come to an end by itself.",
        explanation=f"{kind}: {message}\n{cost}".strip(),
    )


def _take_over_findings(state: IncidentState, outcome: RepairOutcome) -> None:
    chronicle, attempt = state.chronicle, state.attempts
    if outcome.diagnosis != state.report.diagnosis:
        note_diagnosis(state, outcome.diagnosis)
    chronicle.change(
        reproduction=outcome.reproduction,
        verification=outcome.verification,
        mitigation=outcome.mitigation,
    )
    reproduction, verification = outcome.reproduction, outcome.verification
    if reproduction is not None:
        chronicle.note(
            LedgerEvent.REPRODUCTION_MADE,
            "Reproduced: red on the base" if reproduction.reproduced else "Not reproduced",
            key=str(attempt),
            data={
                "attempt": attempt,
                "reproduced": reproduction.reproduced,
                "files": reproduction.files,
                "oracle": reproduction.oracle,
                "reason": reproduction.reason[:500],
            },
        )
    if verification is not None:
        chronicle.note(
            LedgerEvent.VERIFICATION_MADE,
            f"Verification: {verification.reason}. {verification.explanation}",
            key=f"{attempt}/{verification.full_diff or verification.patch.digest}",
            data={
                "attempt": attempt,
                "verified": verification.verified,
                "reason": verification.reason,
                "patch_digest": verification.full_diff,
                "red_on_base": verification.red_on_base,
                "green_with_patch": verification.green_with_patch,
                "red_without_fix": verification.red_without_fix,
                "new_failures": list(verification.new_failures[:50]),
                "oracle": verification.reproduction.oracle,
                "base_suite": verification.base_suite.report if verification.base_suite else None,
                "patched_suite": verification.patched_suite.report
                if verification.patched_suite
                else None,
            },
        )


async def _propose(state: IncidentState) -> Resolution | None:
    """Push the branch and open its pull request."""
    chronicle = state.chronicle
    request = OpeningRequest(
        report=state.report,
        service=state.service,
        authored_at=workflow.now(),
        # Nobody waits for CI where the pull request is all that was asked for.
        draft=state.policy.pull_requests.draft and state.start.goal is Goal.RECOVERY,
    )
    try:
        await state.calls.vendor(PullRequestActivities.push_branch, request)
        ref = await state.calls.vendor(PullRequestActivities.open_pull_request, request)
        current = await state.calls.vendor(LookingActivities.read_pull_request, ref)
    except ActivityError as error:
        kind, message = cause_of(error)
        return ended(
            state,
            ResolutionKind.NEEDS_HUMAN,
            f"A verified fix exists, but no pull request could be opened: {kind}",
            explanation=message,
        )
    if current.state is not PullRequestState.OPEN:
        return _settled(state, current)
    chronicle.change(pull_request=ref)
    chronicle.note(
        LedgerEvent.PULL_REQUEST_OPENED,
        f"Pull request #{ref.number} opened on branch {ref.branch}",
        key=current.head_sha,
        data={
            "number": ref.number,
            "url": ref.url,
            "head_sha": current.head_sha,
            "patch_digest": current.patch_digest,
        },
    )
    return None


def _settled(state: IncidentState, current: PullRequest) -> Resolution | None:
    """Respect what a human made of this case's pull request meanwhile: it is no new proposal."""
    if state.report.pull_request is not None:
        # It was asked about before: whoever asks sees what became of it, and goes on from there.
        return None
    closed = current.state is PullRequestState.CLOSED
    return ended(
        state,
        ResolutionKind.REJECTED if closed else ResolutionKind.NEEDS_HUMAN,
        f"Pull request #{current.ref.number} of this case was {current.state} by a human already.",
    )
