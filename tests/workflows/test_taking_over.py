"""A human may take over at any stage, and an operator may cancel: nothing stays half done."""

import pytest

from suture.domain.approval import DecisionKind
from suture.domain.incident import Stage
from suture.domain.pull_request import PullRequestState
from suture.domain.resolution import ResolutionKind
from tests.builders.incident import Incident
from tests.builders.interceptors import Holding

HELD = ["collect_evidence", "diagnose", "prepare_environment", "try_candidates"]


@pytest.mark.parametrize("name", HELD)
async def test_a_human_takes_over_while_suture_works(incident: Incident, name: str) -> None:
    gate = incident.script.hold(name)
    async with incident.at_work():
        await incident.alert()
        await incident.until_called(name)
        assert (await incident.send(incident.decision(DecisionKind.TAKE_OVER))).accepted
        report = await incident.until_human()
        gate.set()
        assert report.resolution is not None
        assert report.resolution.kind is ResolutionKind.TAKEN_OVER
        assert (await incident.close_ticket()).kind is ResolutionKind.TAKEN_OVER
    assert incident.branches() == []
    assert "incident.handed_over" in incident.events()
    assert incident.findings() == []


async def test_a_human_takes_over_while_suture_asks(incident: Incident) -> None:
    async with incident.at_work():
        await incident.alert()
        await incident.until_asked()
        await incident.send(incident.decision(DecisionKind.TAKE_OVER))
        report = await incident.until_human()
        assert report.target is None
        # The pull request is the human's now, also when an operator cancels the rest.
        await incident.handle.cancel()
        await incident.resolution()
    assert len(incident.branches()) == 1
    assert incident.findings() == []


async def test_a_human_takes_over_while_suture_watches(incident: Incident) -> None:
    incident.traffic.measured = False
    async with incident.at_work():
        await incident.alert()
        await incident.approve()
        await incident.deploy()
        await incident.until(lambda seen: "Watching" in seen.waiting_for)
        await incident.send(incident.decision(DecisionKind.TAKE_OVER))
        await incident.until_human()
        assert (await incident.close_ticket()).kind is ResolutionKind.TAKEN_OVER
    assert incident.findings() == []


async def test_a_merge_that_began_is_recorded_though_a_human_takes_over(
    incident: Incident,
) -> None:
    holding = Holding("merge_pull_request")
    async with incident.at_work([holding]):
        await incident.alert()
        target = await incident.until_asked()
        approval = incident.decision(DecisionKind.APPROVE, target=target)
        await incident.send(approval)
        await holding.reached.wait()
        await incident.send(incident.decision(DecisionKind.TAKE_OVER))
        holding.released.set()
        report = await incident.until_human()
        assert report.merge_sha is not None
        assert (await incident.close_ticket()).kind is ResolutionKind.TAKEN_OVER
    assert "pull_request.merged" in incident.events()
    assert incident.findings() == []


@pytest.mark.parametrize("name", HELD)
async def test_a_cancellation_stops_the_work_and_says_so(incident: Incident, name: str) -> None:
    gate = incident.script.hold(name)
    async with incident.at_work():
        await incident.alert()
        await incident.until_called(name)
        await incident.handle.cancel()
        resolution = await incident.resolution()
        gate.set()
    assert resolution.kind is ResolutionKind.CANCELLED
    assert incident.branches() == []
    assert incident.events()[-2:] == ["incident.cancelled", "incident.closed"]
    assert incident.findings() == []


async def test_a_cancellation_closes_the_pull_request(incident: Incident) -> None:
    async with incident.at_work():
        await incident.alert()
        await incident.until_asked()
        ref = (await incident.report()).pull_request
        assert ref is not None
        await incident.handle.cancel()
        resolution = await incident.resolution()
        seen = incident.parts.code_host.read_pull_request(ref)
    assert resolution.kind is ResolutionKind.CANCELLED
    assert seen.state is PullRequestState.CLOSED
    assert incident.branches() == []
    assert incident.findings() == []


async def test_a_cancellation_while_the_pull_request_opens_leaves_none(
    incident: Incident,
) -> None:
    holding = Holding("open_pull_request")
    async with incident.at_work([holding]):
        await incident.alert()
        await holding.reached.wait()
        await incident.handle.cancel()
        holding.released.set()
        resolution = await incident.resolution()
    assert resolution.kind is ResolutionKind.CANCELLED
    assert incident.branches() == []
    assert "pull_request.closed" in incident.events()
    assert incident.findings() == []


async def test_a_cancellation_while_a_human_looks_ends_it(incident: Incident) -> None:
    incident.script.reproduced = False
    async with incident.at_work():
        await incident.alert()
        await incident.until(lambda seen: seen.summary.stage is Stage.HUMAN)
        await incident.handle.cancel()
        assert (await incident.resolution()).kind is ResolutionKind.CANCELLED
    assert incident.findings() == []
