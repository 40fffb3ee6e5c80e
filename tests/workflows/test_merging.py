"""A merge that cannot be made at once: approvals expire and people change their minds meanwhile."""

import asyncio
from datetime import UTC, datetime

from suture.domain.approval import DecisionKind
from suture.domain.pull_request import PullRequestState
from suture.domain.resolution import ResolutionKind
from suture.policy.model import Approval
from tests.builders.incident import LOOK_SECONDS, Incident
from tests.builders.interceptors import FailingForGood, Holding, Moment, OutOfReach
from workflows.incident import IncidentWorkflow

MERGE = "merge_pull_request"
BRIEF = Approval(look_seconds=0.3, expiry_seconds=10.0)
"""What a test can wait for, and a busy machine merges within."""
TAKE_OVER, REJECT = DecisionKind.TAKE_OVER, DecisionKind.REJECT


async def approve_in_vain(incident: Incident, outage: OutOfReach) -> None:
    """Approve while the code host is out of reach, and see it tried."""
    await incident.alert()
    await incident.approve_until(lambda _: outage.reached.is_set())


async def finish_merged(incident: Incident) -> None:
    """Approve until it is merged, deploy, and see it recover."""
    await incident.approve_until(lambda seen: seen.merge_sha)
    await incident.finish_after_merge()


def impatient(incident: Incident) -> None:
    """Let one call of a vendor take no longer than a test can wait for, and long enough for git."""
    timing = incident.parts.policy.timing.model_copy(update={"vendor_seconds": 8.0})
    incident.rule(timing=timing)


def state_of(incident: Incident) -> PullRequestState:
    (record,) = incident.parts.embedded.code_host.list_pull_requests()
    return incident.parts.code_host.read_pull_request(record.ref).state


async def test_a_rejection_counts_while_the_merge_is_tried_in_vain(incident: Incident) -> None:
    outage = OutOfReach(MERGE)
    async with incident.at_work([outage]):
        await approve_in_vain(incident, outage)
        assert (await incident.send(incident.decision(REJECT, comment="Not now."))).accepted
        report = await incident.until_human()
        assert report.merge_sha is None
        assert (await incident.close_ticket()).kind is ResolutionKind.REJECTED
    assert state_of(incident) is PullRequestState.CLOSED
    events = incident.events()
    assert events.index("consent.staled") < events.index("pull_request.closed")
    assert incident.findings() == []


async def test_changes_can_be_requested_while_the_merge_is_tried_in_vain(
    incident: Incident,
) -> None:
    outage = OutOfReach(MERGE)
    async with incident.at_work([outage]):
        await approve_in_vain(incident, outage)
        first = (await incident.report()).target
        changes = incident.decision(DecisionKind.REQUEST_CHANGES, comment="Raise instead.")
        assert (await incident.send(changes)).accepted
        await incident.until(lambda seen: seen.consent is None)
        outage.names.clear()
        await incident.until(lambda seen: seen.target not in {None, first})
        await incident.finish_fixed()
    assert incident.events().count("consent.staled") == 1
    assert incident.findings() == []


async def test_a_second_approval_changes_nothing_while_the_merge_is_tried(
    incident: Incident,
) -> None:
    outage = OutOfReach(MERGE)
    async with incident.at_work([outage]):
        await approve_in_vain(incident, outage)
        target = (await incident.report()).target
        again = incident.decision(DecisionKind.APPROVE, target=target)
        assert (await incident.send(again)).accepted is False
        outage.names.clear()
        await incident.finish_after_merge()
    assert incident.refusals() == ["late"]
    assert incident.findings() == []


async def test_a_human_takes_over_while_the_merge_is_tried_in_vain(incident: Incident) -> None:
    outage = OutOfReach(MERGE)
    async with incident.at_work([outage]):
        await approve_in_vain(incident, outage)
        assert (await incident.send(incident.decision(TAKE_OVER))).accepted
        report = await incident.until_human()
        assert report.merge_sha is None
        assert report.consent is None
        outage.names.clear()
        assert (await incident.close_ticket()).kind is ResolutionKind.TAKEN_OVER
    assert state_of(incident) is PullRequestState.OPEN
    assert "consent.staled" in incident.events()
    assert incident.findings() == []


async def test_an_operator_cancels_while_the_merge_is_tried_in_vain(incident: Incident) -> None:
    outage = OutOfReach(MERGE)
    async with incident.at_work([outage]):
        await approve_in_vain(incident, outage)
        await incident.handle.cancel()
        assert (await incident.resolution()).kind is ResolutionKind.CANCELLED
    assert state_of(incident) is PullRequestState.CLOSED
    assert incident.findings() == []


async def test_a_human_takes_over_before_the_merge_can_be_tried(incident: Incident) -> None:
    outage = OutOfReach()
    async with incident.at_work([outage]):
        await incident.alert()
        await incident.until_asked()
        outage.names.add("take_reading")
        await incident.approve()
        await outage.reached.wait()
        assert (await incident.send(incident.decision(TAKE_OVER))).accepted
        report = await incident.until_human()
        assert report.merge_sha is None
        assert (await incident.close_ticket()).kind is ResolutionKind.TAKEN_OVER
    assert state_of(incident) is PullRequestState.OPEN
    assert incident.findings() == []


async def test_a_rejection_counts_before_the_merge_can_be_tried(incident: Incident) -> None:
    outage = OutOfReach()
    async with incident.at_work([outage]):
        await incident.alert()
        await incident.until_asked()
        outage.names.add("take_reading")
        await incident.approve()
        await outage.reached.wait()
        assert (await incident.send(incident.decision(REJECT))).accepted
        await incident.until_human()
        assert (await incident.close_ticket()).kind is ResolutionKind.REJECTED
    assert state_of(incident) is PullRequestState.CLOSED
    assert incident.findings() == []


async def test_a_merge_whose_answer_was_lost_is_recorded_as_approved_though_it_is_rejected(
    incident: Incident,
) -> None:
    outage = OutOfReach(MERGE, moment=Moment.AFTER)
    async with incident.at_work([outage]):
        await approve_in_vain(incident, outage)
        await incident.send(incident.decision(REJECT))
        report = await incident.until(lambda seen: seen.merge_sha)
        (thread,) = incident.parts.embedded.chat.list_threads()
        await incident.finish_after_merge()
    assert report.merge_sha == incident.git("rev-parse", "main")
    replies = incident.parts.embedded.chat.get_thread(thread.ref.thread_id).replies
    assert any("had merged it before" in reply.text for reply in replies)
    events = incident.events()
    assert "pull_request.merged" in events
    assert "pull_request.merged_outside" not in events
    assert incident.findings() == []


async def test_a_merge_whose_answer_was_lost_is_recorded_though_a_human_takes_over(
    incident: Incident,
) -> None:
    outage = OutOfReach(MERGE, moment=Moment.AFTER)
    async with incident.at_work([outage]):
        await approve_in_vain(incident, outage)
        await incident.send(incident.decision(TAKE_OVER))
        report = await incident.until_human()
        assert report.merge_sha == incident.git("rev-parse", "main")
        assert (await incident.close_ticket()).kind is ResolutionKind.TAKEN_OVER
    assert "pull_request.merged" in incident.events()
    assert incident.findings() == []


async def test_a_rejection_waits_for_a_host_that_does_not_say_what_was_merged(
    incident: Incident,
) -> None:
    impatient(incident)
    outage = OutOfReach(MERGE, moment=Moment.AFTER)
    async with incident.at_work([outage]):
        await approve_in_vain(incident, outage)
        outage.names.add("read_pull_request")
        await incident.send(incident.decision(REJECT))
        await incident.until(
            lambda seen: any(one.event == "merge.unclear" for one in seen.timeline)
        )
        outage.names.clear()
        await incident.finish_after_merge()
    assert "pull_request.merged" in incident.events()
    assert "consent.staled" not in incident.events()
    assert incident.findings() == []


async def test_a_takeover_does_not_wait_for_a_host_that_is_out_of_reach(
    incident: Incident,
) -> None:
    impatient(incident)
    outage = OutOfReach(MERGE)
    async with incident.at_work([outage]):
        await approve_in_vain(incident, outage)
        outage.names.add("read_pull_request")
        await incident.send(incident.decision(TAKE_OVER))
        report = await incident.until_human()
        assert any(one.event == "merge.unclear" for one in report.timeline)
        assert (await incident.close_ticket()).kind is ResolutionKind.TAKEN_OVER
    assert incident.findings() == []


async def test_an_approval_that_expires_during_an_outage_is_asked_for_again(
    incident: Incident,
) -> None:
    incident.rule(approval=BRIEF)
    outage = OutOfReach(MERGE)
    async with incident.at_work([outage]):
        await approve_in_vain(incident, outage)
        consent = (await incident.report()).consent
        assert consent is not None
        # The server's clock and this one are the same: a later try comes too late.
        age = (datetime.now(UTC) - consent.granted_at).total_seconds()
        await asyncio.sleep(max(BRIEF.expiry_seconds - age, 0.0) + LOOK_SECONDS)
        outage.names.clear()
        report = await incident.until(lambda seen: seen.consent is None)
        assert any("The approval expired at" in one.summary for one in report.timeline)
        assert report.merge_sha is None
        await finish_merged(incident)
    assert "consent.staled" in incident.events()
    assert incident.findings() == []


async def test_an_approval_expires_though_the_outage_goes_on(incident: Incident) -> None:
    impatient(incident)
    incident.rule(approval=BRIEF)
    outage = OutOfReach(MERGE)
    async with incident.at_work([outage]):
        await approve_in_vain(incident, outage)
        await incident.until(lambda seen: seen.consent is None)
        outage.names.clear()
        await finish_merged(incident)
    assert "consent.staled" in incident.events()
    assert incident.findings() == []


async def test_a_merge_that_was_made_in_time_counts_after_the_approval_has_expired(
    incident: Incident,
) -> None:
    impatient(incident)
    incident.rule(approval=BRIEF)
    outage = OutOfReach(MERGE, moment=Moment.AFTER)
    async with incident.at_work([outage]):
        await approve_in_vain(incident, outage)
        await incident.finish_after_merge()
    assert "pull_request.merged" in incident.events()
    assert "consent.staled" not in incident.events()
    assert incident.findings() == []


async def test_a_merge_that_is_refused_for_good_is_stuck_and_told(incident: Incident) -> None:
    async with incident.at_work([FailingForGood(MERGE)]):
        await incident.alert()
        await incident.approve()
        report = await incident.until_human()
        assert report.merge_sha is None
        assert (await incident.close_ticket()).kind is ResolutionKind.NEEDS_HUMAN
    assert incident.findings() == []


async def test_a_rejection_that_the_merge_overtook_while_it_was_judged_is_late(
    incident: Incident,
) -> None:
    merging, judging = Holding(MERGE), Holding("judge_decision")
    judging.released.set()
    async with incident.at_work([merging, judging]):
        await incident.alert()
        await incident.approve()
        await merging.reached.wait()
        judging.reached.clear()
        judging.released.clear()
        rejection = incident.decision(REJECT)
        await incident.handle.signal(IncidentWorkflow.receive_decision, rejection)
        await judging.reached.wait()
        merging.released.set()
        await incident.until(lambda seen: seen.merge_sha)
        judging.released.set()
        assert (await incident.send(rejection)).accepted is False
        await incident.finish_after_merge()
    assert incident.refusals() == ["late"]
    assert incident.findings() == []
