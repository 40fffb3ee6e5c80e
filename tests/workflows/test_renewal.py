"""A long history goes on in a new run: nothing that counts is lost on the way."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from suture.domain.approval import DecisionKind
from suture.domain.incident import Stage
from suture.domain.resolution import ResolutionKind
from tests.builders import temporal
from tests.builders.incident import QUICK, Incident
from tests.builders.replay import histories_of, replay

SHORT = ("--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=150")


@pytest.fixture(scope="module")
def impatient_address() -> Iterator[str]:
    """A server that soon suggests a new run."""
    with temporal.temporal_address(SHORT) as address:
        yield address


@pytest.fixture
async def incident(tmp_path: Path, impatient_address: str) -> AsyncIterator[Incident]:
    staged = Incident(tmp_path, impatient_address)
    await staged.connect()
    yield staged
    staged.parts.close()
    assert await replay(await histories_of(staged.client, staged.key.incident_id)) == []


async def runs(incident: Incident, count: int) -> None:
    """Wait until the incident is in its n-th run."""
    query = f"WorkflowId = '{incident.key.incident_id}'"
    async with asyncio.timeout(150):
        # Runs are another process's: there is no event to wait for.
        while (await incident.client.count_workflows(query)).count < count:  # noqa: ASYNC110
            await asyncio.sleep(0.2)


async def test_an_incident_that_waits_long_keeps_counts_and_decisions(
    incident: Incident,
) -> None:
    async with incident.at_work():
        await incident.alert(count=5, batch_id="first")
        target = await incident.until_asked()
        refused = incident.decision(DecisionKind.APPROVE, target=None)
        assert (await incident.send(refused)).accepted is False
        before = await incident.report()
        await runs(incident, 3)
        await incident.alert(count=5, batch_id="first")
        await incident.alert(count=2, batch_id="second")
        report = await incident.until(lambda seen: seen.summary.alerts >= 7)
        assert report.summary.alerts == 7
        assert report.target == target
        assert report.summary.run_id == before.summary.run_id
        assert (await incident.send(refused)).accepted is False
        await incident.finish_fixed()
    assert incident.refusals() == ["invalid"]
    assert incident.events().count("approval.requested") == 1
    assert len(incident.parts.embedded.tracker.list_tickets()) == 1
    assert incident.findings() == []


async def test_a_reminder_is_not_repeated_in_a_new_run(incident: Incident) -> None:
    approval = QUICK.approval.model_copy(
        update={"reminder_seconds": 0.5, "escalation_seconds": 1.0, "look_seconds": 0.2}
    )
    incident.rule(approval=approval)
    async with incident.at_work():
        await incident.alert()
        await incident.until_asked()
        await incident.until(
            lambda seen: any(one.event == "approval.escalated" for one in seen.timeline)
        )
        await runs(incident, 3)
        report = await incident.report()
        await incident.handle.cancel()
        await incident.resolution()
    told = [entry.event for entry in report.timeline]
    assert told.count("approval.reminded") <= 1
    assert told.count("approval.escalated") == 1


async def test_decisions_that_arrive_at_a_renewal_are_judged_once(incident: Incident) -> None:
    async with incident.at_work():
        await incident.alert()
        await incident.until_asked()
        for _ in range(20):
            await incident.flood(4)
        await runs(incident, 2)
        await incident.until(lambda seen: len(seen.judgements) >= 1)
        await incident.until_human()
        assert (await incident.close_ticket()).kind is ResolutionKind.REJECTED
    assert incident.events().count("decision.accepted") == 1
    assert len(incident.keys()) == len(set(incident.keys()))
    assert incident.findings() == []


async def test_an_incident_that_waits_for_a_human_waits_on_in_new_runs(
    incident: Incident,
) -> None:
    incident.script.reproduced = False
    async with incident.at_work():
        await incident.alert()
        await incident.until_human()
        await runs(incident, 2)
        report = await incident.report()
        assert report.summary.stage is Stage.HUMAN
        assert (await incident.close_ticket()).kind is ResolutionKind.NOT_REPRODUCED
    assert incident.findings() == []


async def test_the_wait_for_a_deployment_ends_however_often_history_starts_anew(
    incident: Incident,
) -> None:
    watch = QUICK.watch.model_copy(update={"deployment_wait_seconds": 12.0, "look_seconds": 0.1})
    incident.rule(watch=watch)
    async with incident.at_work():
        await incident.alert()
        await incident.approve()
        await runs(incident, 2)
        report = await incident.until_human()
        assert report.resolution is not None
        assert report.resolution.kind is ResolutionKind.UNVERIFIED_RECOVERY
        await incident.close_ticket()
    assert incident.findings() == []


async def test_a_human_takes_over_though_history_starts_anew(incident: Incident) -> None:
    async with incident.at_work():
        await incident.alert()
        await incident.until_asked()
        await runs(incident, 2)
        await incident.send(incident.decision(DecisionKind.TAKE_OVER))
        await incident.until_human()
        assert (await incident.close_ticket()).kind is ResolutionKind.TAKEN_OVER
    assert incident.findings() == []
