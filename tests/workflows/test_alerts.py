"""Alerts are counted exactly, whatever the storm, and a recurrence is told as such."""

import asyncio

from suture.domain.incident import Stage
from suture.domain.resolution import ResolutionKind
from tests.builders.incident import Incident


async def test_a_thousand_alerts_are_counted_and_a_sample_is_kept(incident: Incident) -> None:
    incident.script.reproduced = False
    async with incident.at_work():
        await incident.alert()
        batches = [incident.alert(count=37) for _ in range(27)]
        await asyncio.gather(*batches)
        report = await incident.until(lambda seen: seen.summary.alerts == 1_000)
        assert len(report.notices) == 20
        await incident.close_ticket()
    assert len(incident.parts.tracker.list_tickets()) == 1


async def test_a_batch_that_is_delivered_twice_counts_once(incident: Incident) -> None:
    gate = incident.script.hold("diagnose")
    async with incident.at_work():
        for _ in range(3):
            await incident.alert(count=5, batch_id="the-same")
        await incident.alert(count=2, batch_id="another")
        report = await incident.until(
            lambda seen: seen.summary.stage is Stage.ROOT_CAUSE and seen.summary.alerts >= 7
        )
        assert report.summary.alerts == 7
        gate.set()
        await incident.finish_fixed()


async def test_a_recurrence_is_a_new_incident_that_names_the_old(incident: Incident) -> None:
    incident.script.reproduced = False
    async with incident.at_work():
        await incident.alert()
        first = await incident.until_human()
        await incident.close_ticket()
        await incident.alert()
        again = await incident.until(
            lambda seen: seen.summary.stage is Stage.HUMAN and seen.occurrence == 2
        )
        assert again.summary.regression_of == first.summary.run_id
        assert again.ticket != first.ticket
        assert again.thread != first.thread
        assert "recurs" in again.timeline[0].summary
        assert (await incident.close_ticket()).kind is ResolutionKind.NOT_REPRODUCED
    assert incident.findings(case=1) == []
    assert incident.findings(case=2) == []
