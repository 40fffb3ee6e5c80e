"""Activities that fail: once each, or for good. The end is the same, with no twin of anything."""

import pytest

from suture.domain.approval import DecisionKind
from suture.domain.resolution import ResolutionKind
from tests.builders.incident import Incident
from tests.builders.interceptors import FailingForGood, FailingOnce, Moment, OutOfReach
from workers.worker import orchestration_activities

NOT_ON_THE_WAY = {
    "comment_ticket",
    "comment_pull_request",
    "read_ticket",
    "close_pull_request",
    "withdraw_merge",
    "propose_revert",
    "look_at_fix",
}
"""Activities that an incident does not need to be fixed."""


@pytest.mark.parametrize("moment", list(Moment))
async def test_every_activity_may_fail_once_and_nothing_has_a_twin(
    incident: Incident, moment: Moment
) -> None:
    failing = FailingOnce(moment)
    async with incident.at_work([failing]):
        await incident.alert()
        await incident.finish_fixed()
    names = {step.__name__ for step in orchestration_activities(incident.parts)}
    assert names - NOT_ON_THE_WAY <= set(failing.struck)
    assert len(incident.parts.embedded.tracker.list_tickets()) == 1
    assert len(incident.parts.embedded.chat.list_threads()) == 1
    assert incident.branches() == []
    assert incident.git("rev-list", "--merges", "--count", "main") == "1"
    assert len(incident.events()) == len(set(incident.keys()))
    assert incident.findings() == []


@pytest.mark.parametrize(
    "names",
    [
        ("open_ticket", "update_ticket", "comment_ticket"),
        ("open_thread", "update_thread", "notify"),
        ("publish_checks",),
    ],
    ids=["tracker", "chat", "checks"],
)
async def test_a_tracker_or_chat_that_refuses_does_not_stop_an_incident(
    incident: Incident, names: tuple[str, ...]
) -> None:
    async with incident.at_work([FailingForGood(*names)]):
        await incident.alert()
        await incident.approve()
        report = await incident.until(lambda seen: seen.merge_sha)
        assert any("could not" in entry.summary for entry in report.timeline)
        await incident.finish_after_merge()
    assert incident.findings() == []


async def test_a_tracker_that_is_down_does_not_hold_an_incident_up_for_ever(
    incident: Incident,
) -> None:
    timing = incident.parts.policy.timing.model_copy(update={"telling_seconds": 1.0})
    incident.rule(timing=timing)
    async with incident.at_work([OutOfReach("open_ticket", "update_ticket")]):
        await incident.alert()
        await incident.finish_fixed()
    assert incident.parts.embedded.tracker.list_tickets() == ()
    assert incident.findings() == []


@pytest.mark.parametrize("name", ["push_branch", "open_pull_request", "read_pull_request"])
async def test_a_host_that_refuses_the_pull_request_leaves_the_fix_to_a_human(
    incident: Incident, name: str
) -> None:
    async with incident.at_work([FailingForGood(name)]):
        await incident.alert()
        report = await incident.until_human()
        assert report.verification is not None
        assert report.verification.verified
        assert (await incident.close_ticket()).kind is ResolutionKind.NEEDS_HUMAN
    assert incident.findings() == []


async def test_a_decision_that_cannot_be_judged_is_refused_on_record(incident: Incident) -> None:
    async with incident.at_work([FailingForGood("judge_decision")]):
        await incident.alert()
        target = await incident.until_asked()
        approval = incident.decision(DecisionKind.APPROVE, target=target)
        answer = await incident.send(approval)
        assert answer.accepted is False
        assert "could not be judged" in answer.reason
        await incident.handle.cancel()
        await incident.resolution()
    assert incident.refusals() == ["invalid"]
    assert incident.findings() == []


async def test_a_watch_that_fails_is_no_recovery(incident: Incident) -> None:
    async with incident.at_work([FailingForGood("judge_rollout")]):
        await incident.alert()
        await incident.approve()
        await incident.deploy()
        await incident.until_human()
        assert (await incident.close_ticket()).kind is ResolutionKind.UNVERIFIED_RECOVERY
    assert incident.findings() == []


async def test_a_revert_that_fails_is_told_and_a_human_asked(incident: Incident) -> None:
    incident.traffic.own_after = 400
    async with incident.at_work([FailingForGood("propose_revert")]):
        await incident.alert()
        await incident.approve()
        await incident.deploy()
        report = await incident.until_human()
        assert report.revert is None
        assert any("No revert" in entry.summary for entry in report.timeline)
        assert (await incident.close_ticket()).kind is ResolutionKind.REGRESSED


async def test_a_pull_request_that_cannot_be_closed_is_told(incident: Incident) -> None:
    async with incident.at_work([FailingForGood("close_pull_request", "read_ticket")]):
        await incident.alert()
        await incident.until_asked()
        await incident.handle.cancel()
        resolution = await incident.resolution()
        report = await incident.report()
    assert resolution.kind is ResolutionKind.CANCELLED
    assert any(entry.event == "pull_request.stayed" for entry in report.timeline)
    assert incident.findings() == []
