"""Alerts are counted exactly, whatever the storm, and a recurrence is told as such."""

import asyncio

from apps.cli.incidents import list_incidents
from suture.domain.incident import Stage
from suture.domain.resolution import ResolutionKind
from tests.builders.incident import Incident
from tests.builders.interceptors import Holding


async def test_a_thousand_alerts_are_counted_and_a_sample_is_kept(incident: Incident) -> None:
    incident.script.reproduced = False
    async with incident.at_work():
        await incident.alert()
        batches = [incident.alert(count=37) for _ in range(27)]
        await asyncio.gather(*batches)
        report = await incident.until(lambda seen: seen.summary.alerts == 1_000)
        assert len(report.notices) == 20
        await incident.close_ticket()
    assert len(incident.parts.embedded.tracker.list_tickets()) == 1


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


async def test_an_alert_that_ends_at_its_source_is_told_once_and_closes_nothing(
    incident: Incident,
) -> None:
    incident.script.reproduced = False
    async with incident.at_work():
        await incident.alert()
        await incident.until_human()
        for _ in range(2):
            await incident.resolved("ended-1")
        report = await incident.until(
            lambda seen: any(one.event == "alert.resolved" for one in seen.timeline)
        )
        assert report.summary.stage is Stage.HUMAN
        await incident.close_ticket()
        assert not await incident.resolved("ended-2")
    assert incident.events().count("alert.resolved") == 1
    assert incident.findings() == []


async def test_alerts_that_come_while_an_incident_closes_are_the_next_ones(
    incident: Incident,
) -> None:
    holding = Holding("remember_incident")
    incident.script.reproduced = False
    async with incident.at_work([holding]):
        await incident.alert(count=2)
        await incident.until_human()
        incident.close_tickets_by_hand()
        await holding.reached.wait()
        await incident.alert(count=3, batch_id="late")
        await incident.alert(count=4)
        await incident.alert(count=3, batch_id="late")
        holding.released.set()
        again = await incident.until(
            lambda seen: seen.summary.stage is Stage.HUMAN and seen.occurrence == 2
        )
        assert again.summary.alerts == 7
        assert await listed(incident, [None, "not_reproduced"]) == 2
        await incident.close_ticket()
        assert await listed(incident, ["not_reproduced", "not_reproduced"]) == 2
    assert incident.findings(case=1) == []
    assert incident.findings(case=2) == []


async def listed(incident: Incident, resolutions: list[str | None]) -> int:
    """Wait until the list shows these resolutions, newest first; return how many are told apart."""
    async with asyncio.timeout(30):
        while True:
            rows = [
                row
                for row in await list_incidents(incident.client)
                if row.incident_id == incident.key.incident_id
            ]
            if [row.resolution for row in rows] == resolutions:
                assert all(row.title for row in rows)
                return len({row.run_id for row in rows})
            await asyncio.sleep(0.2)
