"""Heads that Suture did not write: held against gate and policy before anybody may approve them."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.fixing import FixingActivities, HeadRequest
    from suture.audit.events import LedgerEvent
    from suture.domain.approval import ConsentTarget
    from suture.domain.verification import Verification
    from workflows.calls import cause_of
    from workflows.state import IncidentState


async def verify_head(state: IncidentState, target: ConsentTarget) -> str:
    """Hold a head that Suture did not write against gate and policy; return what they say.

    Nothing said means that it is verified.
    """
    report = state.report
    if report.verification is None or report.pull_request is None or report.evidence is None:
        return "There is nothing to verify it with."
    state.chronicle.note(
        LedgerEvent.PULL_REQUEST_CHANGED,
        f"Somebody moved the branch to {target.head_sha[:12]}",
        key=f"{target.head_sha}/{workflow.now().isoformat()}",
        data={
            "number": report.pull_request.number,
            "head_sha": target.head_sha,
            "patch_digest": target.patch_digest,
            "authors": list(state.authors),
        },
    )
    bounds = state.policy.sandbox
    try:
        verification = await state.calls.sandbox(
            FixingActivities.verify_head,
            HeadRequest(
                service=state.service,
                policy=state.policy,
                event=state.event,
                evidence=report.evidence,
                verification=report.verification,
                target=target,
            ),
            seconds=4 * bounds.wall_seconds + bounds.setup_seconds,
            summary="Verify a head that somebody pushed",
        )
    except ActivityError as error:
        why = f"It could not be verified: {cause_of(error)[1]}"
        state.chronicle.tell("verification.failed", f"New head {target.head_sha[:12]}. {why}")
        return why
    _note_verification(state, verification, target)
    if not verification.verified:
        return f"{verification.reason}. {verification.explanation}"
    state.chronicle.change(verification=verification)
    return ""


def _note_verification(
    state: IncidentState, verification: Verification, target: ConsentTarget
) -> None:
    state.chronicle.note(
        LedgerEvent.VERIFICATION_MADE,
        f"Verification of {target.head_sha[:12]}: {verification.reason}."
        f" {verification.explanation}",
        key=f"head/{target.head_sha}/{workflow.now().isoformat()}",
        data={
            "attempt": state.attempts,
            "verified": verification.verified,
            "reason": verification.reason,
            "patch_digest": target.patch_digest,
            "red_on_base": verification.red_on_base,
            "green_with_patch": verification.green_with_patch,
            "red_without_fix": verification.red_without_fix,
            "new_failures": list(verification.new_failures[:50]),
            "explanation": verification.explanation[:2_000],
        },
    )
