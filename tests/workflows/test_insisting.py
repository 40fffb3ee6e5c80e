"""What an incident cannot do without is waited for, in plain sight, until an operator mends it."""

import pytest

from suture.domain.incident import Stage
from tests.builders.incident import Incident
from tests.builders.interceptors import RefusingUntilMended


@pytest.mark.parametrize("name", ["open_case", "record"])
async def test_an_incident_waits_for_what_an_operator_must_mend(
    incident: Incident, name: str
) -> None:
    refusing = RefusingUntilMended(name)
    async with incident.at_work([refusing]):
        await incident.alert(count=2)
        report = await incident.until(lambda seen: "operator" in seen.waiting_for)
        assert "The key is readable by others" in report.waiting_for
        assert report.summary.stage in {Stage.DETECTED, Stage.TICKET}
        refusing.mended = True
        await incident.finish_fixed()
        told = [one for one in (await incident.report()).timeline if one.event == "operator.needed"]
    assert len(told) == 1
    assert refusing.refused >= 1
    assert incident.events()[0] == "incident.opened"
    assert incident.findings() == []


async def test_an_incident_that_waits_for_an_operator_can_be_cancelled(
    incident: Incident,
) -> None:
    refusing = RefusingUntilMended("record")
    incident.script.reproduced = False
    async with incident.at_work([refusing]):
        await incident.alert()
        await incident.until(lambda seen: "operator" in seen.waiting_for)
        await incident.handle.cancel()
        refusing.mended = True
        assert (await incident.resolution()).kind == "cancelled"
    assert incident.findings() == []
