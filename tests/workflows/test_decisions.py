"""Who may decide, and what each decision does. Whatever is refused stays on record."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from suture.consent import sign_decision
from suture.domain.approval import Actor, ConsentTarget, DecisionKind, Role
from suture.domain.incident import Stage
from suture.domain.pull_request import PullRequestRef, PullRequestState
from suture.domain.resolution import ResolutionKind
from suture.policy.model import Budget
from tests.builders.incident import Incident
from tests.builders.interceptors import Holding

APPROVE = DecisionKind.APPROVE


async def test_requested_changes_bring_another_patch_on_the_same_pull_request(
    incident: Incident,
) -> None:
    async with incident.at_work():
        await incident.alert()
        first = await incident.until_asked()
        before = await incident.report()
        changes = incident.decision(
            DecisionKind.REQUEST_CHANGES, target=first, comment="Raise a ValueError instead."
        )
        assert (await incident.send(changes)).accepted
        await incident.until(lambda seen: seen.target not in {None, first})
        after = await incident.report()
        assert after.pull_request == before.pull_request
        assert after.usage.attempts == 2
        stale = incident.decision(APPROVE, target=first)
        assert (await incident.send(stale)).accepted is False
        await incident.finish_fixed()
    assert incident.refusals() == ["stale"]
    assert incident.findings() == []
    assert "# 1" in incident.git("show", "main:shop/cart.py")


async def test_a_fix_that_a_human_merges_while_another_is_prepared_is_watched(
    incident: Incident,
) -> None:
    async with incident.at_work():
        ref, gate = await _request_changes(incident)
        seen = incident.parts.code_host.read_pull_request(ref)
        incident.parts.code_host.merge(ref, seen.head_sha, seen.patch_digest)
        gate.set()
        await incident.finish_after_merge()
    events = incident.events()
    assert events.count("pull_request.opened") == 1
    assert "pull_request.merged_outside" in events
    assert "# 1" not in incident.git("show", "main:shop/cart.py")
    assert incident.findings() == []


async def test_a_pull_request_that_a_human_closes_while_another_fix_is_prepared_stays_closed(
    incident: Incident,
) -> None:
    async with incident.at_work():
        ref, gate = await _request_changes(incident)
        incident.parts.code_host.close_pull_request(ref, delete_branch=True)
        gate.set()
        await incident.until_human()
        assert (await incident.close_ticket()).kind is ResolutionKind.REJECTED
    assert incident.branches() == []
    assert incident.events().count("pull_request.opened") == 1
    assert incident.findings() == []


async def test_a_pull_request_that_a_human_closes_before_it_is_asked_about_is_a_rejection(
    incident: Incident,
) -> None:
    holding = Holding("open_pull_request")
    async with incident.at_work([holding]):
        await incident.alert()
        await holding.reached.wait()
        (record,) = incident.parts.embedded.code_host.list_pull_requests()
        incident.parts.code_host.close_pull_request(record.ref, delete_branch=True)
        holding.released.set()
        await incident.until_human()
        resolution = await incident.close_ticket()
    assert resolution.kind is ResolutionKind.REJECTED
    assert "#1 of this case was closed by a human" in resolution.summary
    assert "pull_request.opened" not in incident.events()
    assert incident.findings() == []


async def _request_changes(incident: Incident) -> tuple[PullRequestRef, threading.Event]:
    """Have another fix prepared, which is not ready before the gate is set."""
    await incident.alert()
    target = await incident.until_asked()
    gate = incident.script.hold("try_candidates")
    changes = incident.decision(DecisionKind.REQUEST_CHANGES, target=target, comment="Raise.")
    assert (await incident.send(changes)).accepted
    report = await incident.until(lambda seen: seen.summary.stage in {Stage.FIX, Stage.TEST})
    assert report.pull_request is not None
    return report.pull_request, gate


async def test_changes_beyond_the_budget_close_the_pull_request(incident: Incident) -> None:
    incident.rule(budget=Budget(attempts=1))
    async with incident.at_work():
        await incident.alert()
        target = await incident.until_asked()
        await incident.send(incident.decision(DecisionKind.REQUEST_CHANGES, target=target))
        report = await incident.until_human()
        assert report.resolution is not None
        assert report.resolution.kind is ResolutionKind.BUDGET_EXHAUSTED
        assert incident.branches() == []
        await incident.close_ticket()
    assert incident.findings() == []


async def test_a_rejection_closes_the_pull_request_and_deletes_its_branch(
    incident: Incident,
) -> None:
    async with incident.at_work():
        await incident.alert()
        target = await incident.until_asked()
        rejection = incident.decision(DecisionKind.REJECT, target=target, comment="Not here.")
        await incident.send(rejection)
        report = await incident.until_human()
        assert report.pull_request is not None
        seen = incident.parts.code_host.read_pull_request(report.pull_request)
        assert seen.state is PullRequestState.CLOSED
        assert incident.branches() == []
        resolution = await incident.close_ticket()
    assert resolution.kind is ResolutionKind.REJECTED
    assert resolution.explanation == "Not here."
    assert "pull_request.closed" in incident.events()
    assert incident.findings() == []


async def test_a_pull_request_closed_on_the_host_is_a_rejection(incident: Incident) -> None:
    async with incident.at_work():
        await incident.alert()
        await incident.until_asked()
        report = await incident.report()
        assert report.pull_request is not None
        incident.parts.code_host.close_pull_request(report.pull_request, delete_branch=False)
        await incident.until_human()
        assert (await incident.close_ticket()).kind is ResolutionKind.REJECTED
    assert incident.findings() == []


async def refused(incident: Incident, refusal: str, **changed: object) -> None:
    """See an approval refused, and nothing merged."""
    async with incident.at_work():
        await incident.alert()
        target = await incident.until_asked()
        decision = incident.decision(APPROVE, **{"target": target, **changed})
        answer = await incident.send(decision)
        assert answer.accepted is False
        report = await incident.report()
        assert report.summary.stage is Stage.APPROVAL
        assert report.merge_sha is None
        (thread,) = incident.parts.embedded.chat.list_threads()
        await incident.handle.cancel()
        await incident.resolution()
    assert incident.refusals() == [refusal]
    replies = incident.parts.embedded.chat.get_thread(thread.ref.thread_id).replies
    assert any("was refused" in reply.text for reply in replies)
    assert incident.findings() == []


async def test_a_viewer_may_not_approve(incident: Incident) -> None:
    await refused(incident, "unauthorised", actor=Actor(id="eve", role=Role.VIEWER, via="test"))


async def test_suture_may_not_approve(incident: Incident) -> None:
    await refused(incident, "unauthorised", actor=Actor(id="suture", role=Role.ADMIN, via="test"))


async def test_an_old_approval_has_expired(incident: Incident) -> None:
    await refused(incident, "expired", decided_at=datetime.now(UTC) - timedelta(days=2))


async def test_an_approval_of_another_diff_is_stale(incident: Incident) -> None:
    other = ConsentTarget(head_sha="a" * 40, patch_digest="b" * 64)
    await refused(incident, "stale", target=other)


async def test_an_approval_of_nothing_in_particular_is_invalid(incident: Incident) -> None:
    await refused(incident, "invalid", target=None)


async def test_a_forged_approval_is_refused_and_on_record(incident: Incident) -> None:
    async with incident.at_work():
        await incident.alert()
        target = await incident.until_asked()
        forged = sign_decision(
            incident.decision(APPROVE, target=target), b"not the key of this instance"
        )
        assert (await incident.send(forged)).accepted is False
        stolen = incident.decision(DecisionKind.REJECT, target=target).model_copy(
            update={"kind": APPROVE}
        )
        assert (await incident.send(stolen)).accepted is False
        await incident.finish_fixed()
    assert incident.refusals() == ["unauthenticated", "unauthenticated"]
    assert incident.findings() == []


async def test_a_decision_counts_once_however_often_it_arrives(incident: Incident) -> None:
    async with incident.at_work():
        await incident.alert()
        target = await incident.until_asked()
        decision = incident.decision(APPROVE, target=target)
        for _ in range(3):
            assert (await incident.send(decision)).accepted
        await incident.finish_after_merge()
    assert incident.events().count("decision.accepted") == 1
    assert incident.refusals() == []
    assert incident.findings() == []


@pytest.mark.parametrize("kind", [APPROVE, DecisionKind.REJECT])
async def test_a_decision_after_the_merge_comes_late(
    incident: Incident, kind: DecisionKind
) -> None:
    async with incident.at_work():
        await incident.alert()
        target = await incident.until_asked()
        await incident.approve()
        await incident.until(lambda seen: seen.merge_sha)
        late = incident.decision(kind, target=target)
        assert (await incident.send(late)).accepted is False
        await incident.finish_after_merge()
    assert incident.refusals() == ["late"]
    assert incident.findings() == []


async def test_a_decision_before_anything_is_proposed_comes_at_the_wrong_time(
    incident: Incident,
) -> None:
    gate = incident.script.hold("diagnose")
    async with incident.at_work():
        await incident.alert()
        await incident.until(lambda seen: seen.summary.stage is Stage.ROOT_CAUSE)
        early = incident.decision(DecisionKind.REJECT)
        assert (await incident.send(early)).accepted is False
        gate.set()
        await incident.finish_fixed()
    assert incident.refusals() == ["late"]


async def test_nobody_knows_a_decision_that_never_came(incident: Incident) -> None:
    async with incident.at_work():
        await incident.alert()
        await incident.until_asked()
        answer = await incident.answer_about("never")
        assert not answer.known
        await incident.handle.terminate()


async def test_a_flood_of_decisions_is_bounded(incident: Incident) -> None:
    gate, judging = incident.script.hold("diagnose"), Holding("judge_decision")
    async with incident.at_work([judging]):
        await incident.alert()
        await incident.until(lambda seen: seen.summary.stage is Stage.ROOT_CAUSE)
        for _ in range(3):
            await incident.flood(80)
        await incident.until(lambda seen: any("dropped" in one.summary for one in seen.timeline))
        judging.released.set()
        report = await incident.until(lambda seen: len(seen.judgements) >= 5)
        assert len(report.judgements) <= 50
        gate.set()
        await incident.handle.terminate()
