"""Alerts that say little: their vendor is asked for more, and nothing hangs on its answer."""

from dataclasses import replace

import pytest

from suture.domain.alert import Alert, AlertSource
from suture.errors import NotAuthorised
from tests.builders.incident import Incident
from workers.choosing_enrichment import VendorEnrichment, choose_enrichment


class Log:
    """A vendor with one log."""

    def __init__(self, said: str | Exception) -> None:
        self._said = said

    def log_of(self, alert: Alert) -> str:
        assert alert.alert_id
        if isinstance(self._said, Exception):
            raise self._said
        return self._said


def ask(incident: Incident, said: str | Exception) -> None:
    vendors = VendorEnrichment({AlertSource.SENTRY: Log(said)})
    incident.parts = replace(incident.parts, enrichment=vendors)


async def test_the_root_cause_is_looked_for_in_what_the_vendor_added(incident: Incident) -> None:
    ask(incident, "fatal: No space left on device")
    async with incident.at_work():
        await incident.alert()
        await incident.finish_fixed()
        report = await incident.report()
    assert "alert.completed" in [entry.event for entry in report.timeline]
    [event] = incident.script.events
    assert "No space left" in Alert.model_validate_json(incident.parts.artifacts.get(event)).log


@pytest.mark.parametrize("said", ["", NotAuthorised("No.")])
async def test_a_vendor_that_adds_nothing_holds_nothing_up(
    incident: Incident, said: str | Exception
) -> None:
    ask(incident, said)
    async with incident.at_work():
        await incident.alert()
        await incident.finish_fixed()
        report = await incident.report()
    assert [*incident.script.events] == [report.notices[0].event]
    told = "alert.incomplete" in [entry.event for entry in report.timeline]
    assert told is isinstance(said, Exception)


async def test_vendors_without_settings_are_not_asked(incident: Incident) -> None:
    nobody = choose_enrichment(incident.parts.settings)
    for source in (AlertSource.GITHUB, AlertSource.SENTRY):
        assert nobody.log_of(incident.event.model_copy(update={"source": source})) == ""
