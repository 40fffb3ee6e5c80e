"""Waiting for the project's own CI, before humans are asked about a head.

CI has no veto: it may be slow, broken, or red for reasons of its own. It decides when humans are
asked, whether another fix is tried first, and what they are told.
"""

from datetime import timedelta
from enum import StrEnum

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from suture.audit.events import LedgerEvent
    from suture.domain.pull_request import CiReport, CiState
    from suture.domain.value import CommitSha
    from suture.reporting.rendering import one_line
    from workflows.state import IncidentState

MAX_FEEDBACK = 8_000
MAX_NOTE = 300


class CiVerdict(StrEnum):
    """What to do about a head."""

    WAIT = "wait"
    ASK = "ask"
    REPAIR = "repair"


def weigh(state: IncidentState, head: CommitSha, ci: CiReport) -> CiVerdict:
    """Say what to do next. A head that was weighed for good is not weighed again."""
    if state.ci_settled == head:
        return CiVerdict.ASK
    if state.ci_head != head:
        state.ci_head, state.ci_since, state.ci_note = head, workflow.now(), ""
    if _is_early(state, ci.state):
        state.chronicle.change(waiting_for="Waiting for the project's own CI.")
        return CiVerdict.WAIT
    state.ci_settled, state.ci_note = head, _note(ci)
    if ci.state in {CiState.ABSENT, CiState.NONE}:
        return CiVerdict.ASK
    state.chronicle.note(
        LedgerEvent.CI_JUDGED,
        f"CI on {head[:12]}: {state.ci_note}",
        key=head,
        data={
            "head_sha": head,
            "state": ci.state,
            "failures": [failure.name for failure in ci.failures],
        },
    )
    tries = ci.state is CiState.FAILED and state.policy.pull_requests.ci_repair
    return CiVerdict.REPAIR if tries and _is_own(state) else CiVerdict.ASK


def feedback_of(ci: CiReport) -> str:
    """Say what failed, for the next attempt."""
    parts = [f"CI failed: {one.name}\n{one.log}".strip() for one in ci.failures]
    return "\n\n".join(parts)[:MAX_FEEDBACK] or "CI failed and does not say why."


def _is_early(state: IncidentState, ci: CiState) -> bool:
    policy = state.policy.pull_requests
    patience = {CiState.NONE: policy.ci_settle_seconds, CiState.RUNNING: policy.ci_wait_seconds}
    since = state.ci_since or workflow.now()
    return workflow.now() - since < timedelta(seconds=patience.get(ci, 0.0))


def _is_own(state: IncidentState) -> bool:
    """Whether nobody but Suture wrote the head: a human's push is the human's to mend."""
    return not state.authors


def _note(ci: CiReport) -> str:
    match ci.state:
        case CiState.PASSED:
            return "it passed."
        case CiState.RUNNING:
            return "it still runs."
        case CiState.FAILED:
            names = ", ".join(one_line(one.name) for one in ci.failures) or "it does not say what"
            return f"it fails: {names}"[:MAX_NOTE]
        case _:
            return ""
