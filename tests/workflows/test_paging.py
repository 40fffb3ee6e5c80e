"""Whoever is on duty is called when nobody decides, once, until the incident is over."""

import dataclasses

from suture.policy.model import Approval
from tests.builders.incident import Incident
from tests.fakes.pager import FakePager


async def test_silence_pages_somebody_until_the_incident_ends(incident: Incident) -> None:
    pager = FakePager()
    incident.parts = dataclasses.replace(incident.parts, pager=pager)
    incident.rule(approval=Approval(look_seconds=0.3, escalation_seconds=0.5))
    async with incident.at_work():
        await incident.alert()
        report = await incident.until(
            lambda seen: any(one.event == "approval.escalated" for one in seen.timeline)
        )
        while not pager.pages:
            await incident.report()
        [page] = pager.pages.values()
        assert page.key == report.case_id
        assert page.links[0].url.endswith(f"/incidents/{report.case_id}")
        assert pager.stood_down == []
        await incident.finish_fixed()
    assert pager.pages == {}
    assert set(pager.stood_down) == {report.case_id}
