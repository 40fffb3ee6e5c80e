"""After the merge: deployments, and whether the service recovered."""

from suture.domain.approval import DecisionKind
from suture.domain.incident import Stage
from suture.domain.resolution import ResolutionKind
from suture.domain.ticket import TicketState
from suture.policy.model import Approval, Watch
from tests.builders.incident import QUICK, Incident


async def test_an_alert_becomes_a_merged_fix_whose_recovery_is_verified(
    incident: Incident,
) -> None:
    async with incident.at_work():
        await incident.alert()
        assert (await incident.approve()).accepted
        await incident.deploy()
        resolution = await incident.resolution()
    assert resolution.kind is ResolutionKind.FIXED
    assert resolution.ticket_closed
    (ticket,) = incident.parts.embedded.tracker.list_tickets()
    assert ticket.content.state is TicketState.CLOSED
    assert len(incident.parts.embedded.chat.list_threads()) == 1
    assert incident.git("log", "--merges", "--format=%H", "main") == resolution.merge_sha
    assert incident.findings() == []


async def test_without_a_deployment_the_ticket_stays_open(incident: Incident) -> None:
    incident.rule(watch=QUICK.watch.model_copy(update={"deployment_wait_seconds": 1.0}))
    async with incident.at_work():
        await incident.alert()
        await incident.approve()
        report = await incident.until_human()
        assert report.resolution is not None
        assert report.resolution.kind is ResolutionKind.UNVERIFIED_RECOVERY
        assert "deployment" in report.resolution.summary
        (ticket,) = incident.parts.embedded.tracker.list_tickets()
        assert ticket.content.state is not TicketState.CLOSED
        assert (await incident.close_ticket()).ticket_closed
    assert incident.findings() == []


async def test_an_error_that_stays_brings_a_revert_and_a_human(incident: Incident) -> None:
    incident.traffic.own_after = 400
    async with incident.at_work():
        await incident.alert()
        await incident.approve()
        await incident.deploy()
        report = await incident.until_human()
        assert report.resolution is not None
        assert report.resolution.kind is ResolutionKind.REGRESSED
        assert report.revert is not None
        assert len(incident.branches()) == 2
        await incident.close_ticket()
    assert "revert.proposed" in incident.events()
    assert incident.findings() == []


async def test_too_little_evidence_is_no_recovery(incident: Incident) -> None:
    short = Watch(**{**QUICK.watch.model_dump(), "window_seconds": 0.5, "minimum_requests": 10**6})
    incident.rule(watch=short)
    async with incident.at_work():
        await incident.alert()
        await incident.approve()
        await incident.deploy()
        report = await incident.until_human()
        assert report.resolution is not None
        assert report.resolution.kind is ResolutionKind.UNVERIFIED_RECOVERY
        await incident.close_ticket()
    assert incident.findings() == []


async def test_no_data_is_not_health(incident: Incident) -> None:
    incident.traffic.measured = False
    incident.rule(watch=QUICK.watch.model_copy(update={"window_seconds": 0.5}))
    async with incident.at_work():
        await incident.alert()
        await incident.approve()
        await incident.deploy()
        report = await incident.until_human()
        assert report.rollout is not None
        assert "no data is not health" in report.rollout.explanation
        await incident.close_ticket()


async def test_a_merge_by_a_human_on_the_host_is_watched_too(incident: Incident) -> None:
    async with incident.at_work():
        await incident.alert()
        await incident.until_asked()
        await incident.merge_on_the_host()
        await incident.until(lambda seen: seen.summary.stage is Stage.DEPLOY_WATCH)
        await incident.deploy()
        assert (await incident.resolution()).kind is ResolutionKind.FIXED
    assert "pull_request.merged_outside" in incident.events()
    assert "pull_request.merged" not in incident.events()
    assert incident.findings() == []


async def test_a_deployment_that_lacks_the_fix_is_not_watched(incident: Incident) -> None:
    async with incident.at_work():
        await incident.alert()
        base = incident.git("rev-parse", "main")
        await incident.approve()
        incident.record_deployment(base)
        await incident.until(lambda seen: seen.summary.stage is Stage.DEPLOY_WATCH)
        await incident.deploy()
        resolution = await incident.resolution()
    assert resolution.kind is ResolutionKind.FIXED
    assert incident.events().count("deployment.seen") == 1


async def test_a_merge_by_a_human_who_was_asked_to_look_is_watched_too(
    incident: Incident,
) -> None:
    incident.rule(approval=Approval(look_seconds=0.3, abandon_seconds=1.0))
    async with incident.at_work():
        await incident.alert()
        await incident.until_human()
        await incident.merge_on_the_host()
        await incident.finish_after_merge()
    assert incident.events().count("pull_request.merged_outside") == 1
    assert incident.findings() == []


async def test_a_merge_by_a_human_who_has_taken_over_is_recorded_and_left_alone(
    incident: Incident,
) -> None:
    async with incident.at_work():
        await incident.alert()
        await incident.until_asked()
        await incident.send(incident.decision(DecisionKind.TAKE_OVER))
        await incident.until_human()
        await incident.merge_on_the_host()
        report = await incident.until(lambda seen: seen.merge_sha)
        assert report.summary.stage is Stage.HUMAN
        assert (await incident.close_ticket()).kind is ResolutionKind.TAKEN_OVER
    assert incident.events().count("pull_request.merged_outside") == 1
    assert incident.findings() == []
