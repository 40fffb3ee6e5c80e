"""Merging what was approved: while the approval counts, and unless a newer decision comes first.

A code host may be out of reach for hours. Meanwhile the merge is tried again, the approval
expires, and people change their minds: then the tries stop, and what really happened is read from
the code host before anything else is done.
"""

import asyncio
import contextlib
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.looking import LookingActivities
    from activities.pull_requests import MergeRequest, PullRequestActivities
    from suture.audit.events import LedgerEvent
    from suture.domain.approval import Consent
    from suture.domain.pull_request import PullRequest, PullRequestState
    from workflows.calls import finish
    from workflows.messages import Answer
    from workflows.repairing import take_reading
    from workflows.state import IncidentState


class Merging:
    """One merge of what was approved."""

    def __init__(self, state: IncidentState) -> None:
        self._state = state
        self.failure: ActivityError | None = None
        """What ended the tries, if they began and did not merge."""
        self.unclear = False
        """Whether the code host would not say what came of the tries."""

    async def run(self) -> bool:
        """Merge, unless a newer decision comes first; tell whether it is merged.

        A cancellation is let through in bounded time, once it is known what was done: one try of
        the merge, at most, and one of the look at what came of it.
        """
        state = self._state
        trying = asyncio.create_task(self._try())
        with contextlib.suppress(asyncio.CancelledError):
            # `finish` remembers the cancellation.
            await workflow.wait_condition(
                lambda: trying.done() or state.answer is not Answer.APPROVED
            )
        return await finish(self._conclude(trying))

    async def _try(self) -> None:
        state, ref = self._state, self._state.report.pull_request
        consent = state.report.consent
        if consent is None or ref is None:
            raise RuntimeError("Nothing was approved.")
        await state.chronicle.record(state.calls)
        state.merge_reading = await take_reading(state, state.report.summary.opened_at)
        expiry = timedelta(seconds=state.policy.approval.expiry_seconds)
        request = MergeRequest(pull_request=ref, consent=consent, not_after=oldest(state) + expiry)
        left = (request.not_after - workflow.now()).total_seconds()
        try:
            merged = await state.calls.binding(
                PullRequestActivities.merge_pull_request,
                request,
                # A try that begins in time may come to its end.
                seconds=max(left, 0.0) + state.policy.timing.vendor_seconds,
            )
        except ActivityError as error:
            self.failure = error
            return
        if merged.merge_sha is None:
            state.queued = True
            return
        _note(state, consent, merged.merge_sha)

    async def _conclude(self, trying: asyncio.Task[None]) -> bool:
        """Stop what still goes on and find out what it came to."""
        state = self._state
        trying.cancel()
        await workflow.wait([trying])
        if trying.cancelled():
            return False
        trying.result()
        if self.failure is None:
            return not state.queued
        try:
            current = await read_pull_request(state, state.policy.timing.vendor_seconds)
        except ActivityError:
            self.unclear = True
            state.chronicle.tell(
                "merge.unclear", "The code host does not say whether the merge was made"
            )
            return False
        return note_merge(state, current)


async def ensure_merge_reading(state: IncidentState) -> None:
    """Count now, unless that was done before the merge: it was not if Suture did not make it."""
    if state.merge_reading is None:
        state.merge_reading = await take_reading(state, state.report.summary.opened_at)


def oldest(state: IncidentState) -> datetime:
    """Return when the first of the approvals was given: with it the whole consent expires."""
    return min(one.granted_at for one in state.report.consents)


def is_as_consented(state: IncidentState, current: PullRequest) -> bool:
    """Tell whether exactly what is consented to is merged."""
    consent = state.report.consent
    if current.state is not PullRequestState.MERGED or consent is None:
        return False
    return current.merge_sha is not None and current.target == consent.target


def note_merge(state: IncidentState, current: PullRequest) -> bool:
    """Put a merge of exactly what was consented to on record; tell whether there is one."""
    consent, merge_sha = state.report.consent, current.merge_sha
    if consent is None or merge_sha is None or not is_as_consented(state, current):
        return False
    _note(state, consent, merge_sha)
    return True


async def note_merged_outside(state: IncidentState, current: PullRequest) -> None:
    """Put a merge that a human made on record: the code host's permissions were the consent."""
    state.merge_reading = await take_reading(state, state.report.summary.opened_at)
    state.merged_at = workflow.now()
    state.chronicle.change(merge_sha=current.merge_sha, target=None)
    state.chronicle.note(
        LedgerEvent.PULL_REQUEST_MERGED_OUTSIDE,
        "A human merged the pull request on the code host",
        key=current.head_sha,
        data={
            "number": current.ref.number,
            "head_sha": current.head_sha,
            "patch_digest": current.patch_digest,
            "merge_sha": current.merge_sha,
        },
    )


def _note(state: IncidentState, consent: Consent, merge_sha: str) -> None:
    ref, target = state.report.pull_request, consent.target
    state.merged_at = workflow.now()
    state.chronicle.change(merge_sha=merge_sha, target=None)
    state.chronicle.note(
        LedgerEvent.PULL_REQUEST_MERGED,
        f"Merged as approved: {merge_sha[:12]}",
        key=target.head_sha,
        data={
            "number": ref.number if ref else 0,
            "merge_sha": merge_sha,
            "head_sha": target.head_sha,
            "patch_digest": target.patch_digest,
            "decision_id": consent.decision_id,
            "approvals": [one.decision_id for one in state.report.consents],
            "authors": list(state.authors),
        },
    )


async def read_pull_request(
    state: IncidentState, within_seconds: float | None = None
) -> PullRequest:
    """Return the incident's pull request as the code host has it now."""
    ref = state.report.pull_request
    if ref is None:
        raise RuntimeError("There is no pull request to read.")
    return await state.calls.vendor(
        LookingActivities.read_pull_request, ref, within_seconds=within_seconds
    )
