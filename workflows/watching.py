"""After the merge: wait for a deployment that contains it, and watch whether that helped.

Suture never deploys. No deployment, no traffic or no data is not health.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, ChildWorkflowError

with workflow.unsafe.imports_passed_through():
    from activities.pull_requests import PullRequestActivities, RevertRequest
    from activities.telling import TellingActivities
    from activities.watching import DeploymentQuery, WatchingActivities
    from suture.audit.events import LedgerEvent
    from suture.domain.incident import Stage
    from suture.domain.pull_request import PullRequestState
    from suture.domain.resolution import Resolution, ResolutionKind
    from suture.domain.rollout import Deployment, Reading, RolloutReport, RolloutVerdict
    from suture.domain.ticket import TicketState
    from suture.ports.chat import Urgency
    from suture.verdict.rollout import counted
    from workflows.calls import cancellable, cause_of, finish
    from workflows.endings import ended
    from workflows.merging import (
        ensure_merge_reading,
        is_as_consented,
        note_merge,
        note_merged_outside,
        read_pull_request,
    )
    from workflows.messages import RolloutInput
    from workflows.rollout import RolloutWorkflow
    from workflows.state import IncidentState
    from workflows.telling import say, tell_everybody

FIRST_LOOK_SECONDS = 2.0
"""Deployments often follow a merge within seconds; later looks take the policy's time."""


async def watch_deployment(state: IncidentState) -> Resolution | None:
    """Wait for the deployment and judge it; None asks for a new run because history is long."""
    state.chronicle.move_to(Stage.DEPLOY_WATCH, "Waiting for a deployment that contains the fix.")
    await tell_everybody(state)
    merged_at = state.merged_at or workflow.now()
    deadline = merged_at + timedelta(seconds=state.policy.watch.deployment_wait_seconds)
    seconds = FIRST_LOOK_SECONDS
    while True:
        hinted = _hint_since(state)
        deployment = await _find_deployment(state)
        if deployment is not None:
            return await _judge(state, deployment, merged_at)
        if workflow.info().is_continue_as_new_suggested():
            return None
        if workflow.now() >= deadline:
            return ended(
                state,
                ResolutionKind.UNVERIFIED_RECOVERY,
                "Merged, but no deployment that contains the fix was reported.",
                follow_ups=("Report deployments to POST /deployments, then deploy the merge.",),
            )
        await _wait(hinted, seconds, "Look for a deployment that contains the fix")
        seconds = min(seconds * 2, max(state.policy.watch.look_seconds, FIRST_LOOK_SECONDS))


async def attend(state: IncidentState, resolution: Resolution) -> Resolution | None:
    """Keep the incident open for the human, counting its alerts, until they are done with it.

    It ends when the ticket is closed by a human or no alert has come for long. None asks for a
    new run: because history is long, or to watch the deployment of a fix that was merged
    meanwhile, unless a human has taken over.
    """
    attention = state.policy.attention
    state.attending = resolution
    state.chronicle.move_to(Stage.HUMAN, f"A human must look: {resolution.summary}")
    while True:
        hinted = _hint_since(state)
        if workflow.info().is_continue_as_new_suggested():
            return None
        if await _is_merged_meanwhile(state) and not state.taken_over:
            state.attending = None
            state.chronicle.change(resolution=None)
            return None
        if await _ticket_is_closed(state):
            return resolution.model_copy(update={"ticket_closed": True})
        last = state.last_alert_at or state.report.summary.opened_at
        if (workflow.now() - last).total_seconds() >= attention.quiet_seconds:
            return resolution
        await _wait(hinted, attention.look_seconds, "Look whether the ticket is closed")


async def _is_merged_meanwhile(state: IncidentState) -> bool:
    """See whether a human merged the pull request after all, and put it on record."""
    report = state.report
    if report.pull_request is None or report.merge_sha is not None:
        return False
    try:
        current = await read_pull_request(state, state.policy.timing.vendor_seconds)
    except ActivityError:
        return False
    if current.state is not PullRequestState.MERGED:
        return False
    consented = is_as_consented(state, current)
    await ensure_merge_reading(state)
    if not (consented and note_merge(state, current)):
        await note_merged_outside(state, current)
    await tell_everybody(state)
    return True


async def _ticket_is_closed(state: IncidentState) -> bool:
    if state.report.ticket is None:
        return False
    try:
        ticket = await state.calls.vendor(TellingActivities.read_ticket, state.report.ticket)
    except ActivityError:
        return False
    return ticket is TicketState.CLOSED


async def _find_deployment(state: IncidentState) -> Deployment | None:
    report = state.report
    if report.merge_sha is None:
        return None
    query = DeploymentQuery(
        service=state.service, merge_sha=report.merge_sha, since=report.summary.opened_at
    )
    answer = await state.calls.vendor(WatchingActivities.find_deployment, query)
    return answer.deployment


def _hint_since(state: IncidentState) -> Callable[[], bool]:
    """Say whether there was a hint since now: asked before a look, it misses none during it."""
    known = state.hints
    return lambda: state.hints > known


async def _wait(for_what: Callable[[], bool], seconds: float, summary: str) -> None:
    """Wait so long at most, and no longer than history may grow: alerts make it grow, too."""
    try:
        await workflow.wait_condition(
            lambda: for_what() or workflow.info().is_continue_as_new_suggested(),
            timeout=timedelta(seconds=seconds),
            timeout_summary=summary,
        )
    except TimeoutError:
        return


async def _judge(state: IncidentState, deployment: Deployment, merged_at: datetime) -> Resolution:
    chronicle = state.chronicle
    chronicle.move_to(Stage.DEPLOY_WATCH, "Watching the deployment that contains the fix.")
    chronicle.note(
        LedgerEvent.DEPLOYMENT_SEEN,
        f"Deployed: {deployment.commit[:12]} contains the fix",
        key=deployment.deployment_id,
        data={
            "deployment_id": deployment.deployment_id,
            "commit": deployment.commit,
            "at": deployment.at.isoformat(),
            "release": deployment.release,
        },
    )
    await tell_everybody(state)
    rollout = await _watch(state, deployment, merged_at)
    if isinstance(rollout, Resolution):
        return rollout
    chronicle.change(rollout=rollout)
    chronicle.note(
        LedgerEvent.ROLLOUT_JUDGED,
        f"Verdict: {rollout.verdict}. {rollout.explanation}",
        key=deployment.deployment_id,
        data={
            "verdict": rollout.verdict,
            "explanation": rollout.explanation,
            "e_value_recovered": min(rollout.e_value_recovered, 1e300),
            "e_value_regressed": min(rollout.e_value_regressed, 1e300),
            "watched_seconds": rollout.watched_seconds,
        },
    )
    return await finish(_conclude(state, rollout))


async def _watch(
    state: IncidentState, deployment: Deployment, merged_at: datetime
) -> RolloutReport | Resolution:
    before, seconds = _before(state, merged_at)
    request = RolloutInput(
        incident_id=state.report.case_id,
        key=state.start.key,
        service=state.service,
        policy=state.policy,
        deployment=deployment,
        before=before,
        before_seconds=seconds,
    )
    child = workflow.execute_child_workflow(
        RolloutWorkflow.run,
        request,
        id=f"{state.report.case_id}-rollout",
        static_summary=f"Watch {deployment.commit[:12]} of {state.service.name}",
    )
    try:
        return await cancellable(child)
    except ChildWorkflowError as error:
        return ended(
            state,
            ResolutionKind.UNVERIFIED_RECOVERY,
            "The deployment could not be watched.",
            explanation=": ".join(cause_of(error)),
        )


def _before(state: IncidentState, merged_at: datetime) -> tuple[Reading, float]:
    """Return what was counted from the first alert to the merge."""
    opening, merge = state.opening_reading, state.merge_reading
    if opening is None or merge is None:
        return Reading(at=merged_at), 1.0
    seconds = (merge.at - state.report.summary.opened_at).total_seconds()
    return counted([opening, merge]), max(seconds, 1.0)


async def _conclude(state: IncidentState, rollout: RolloutReport) -> Resolution:
    if rollout.verdict is RolloutVerdict.RECOVERED:
        return ended(
            state,
            ResolutionKind.FIXED,
            f"Fixed by {state.report.merge_sha or ''}: {rollout.explanation}",
            follow_ups=("Look at neighbouring code for the same fault.",),
        )
    if rollout.verdict is RolloutVerdict.REGRESSED:
        await _propose_revert(state, rollout)
        return ended(
            state,
            ResolutionKind.REGRESSED,
            f"The deployed fix did not help: {rollout.explanation}",
            follow_ups=("Review the proposed revert.",),
        )
    return ended(
        state,
        ResolutionKind.UNVERIFIED_RECOVERY,
        f"Deployed, but recovery is not shown: {rollout.explanation}",
        follow_ups=("Look at the service, then close the ticket by hand.",),
    )


async def _propose_revert(state: IncidentState, rollout: RolloutReport) -> None:
    ref, chronicle = state.report.pull_request, state.chronicle
    if ref is None:
        return
    request = RevertRequest(pull_request=ref, key=f"revert-{ref.number}")
    try:
        revert = await state.calls.vendor(PullRequestActivities.propose_revert, request)
    except ActivityError as error:
        chronicle.tell("revert.failed", f"No revert could be proposed: {cause_of(error)[1]}")
        return
    chronicle.change(revert=revert)
    chronicle.note(
        LedgerEvent.REVERT_PROPOSED,
        f"Revert proposed as pull request #{revert.number}",
        data={
            "number": revert.number,
            "url": revert.url,
            "merge_sha": state.report.merge_sha,
        },
    )
    await say(
        state,
        "revert",
        f"The fix did not help: {rollout.explanation} A revert is proposed: {revert.url}",
        Urgency.ESCALATION,
    )
