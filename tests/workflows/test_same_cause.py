"""Two incidents of one cause become one fix, and the second one outlives a first without."""

from datetime import UTC, datetime

from suture.domain.evidence import Location, Suspect
from suture.domain.incident import Stage
from suture.domain.resolution import ResolutionKind
from tests.builders.incident import Incident
from tests.builders.replay import histories_of, replay
from tests.fakes.fixing import CODE_DEFECT

KNOWN_CAUSE = CODE_DEFECT.model_copy(
    update={
        "cause": Location(path="shop/cart.py", line=2, function="mean"),
        "suspect": Suspect(
            commit="a" * 40,
            author="Ada",
            committed_at=datetime(2026, 1, 1, tzinfo=UTC),
            summary="Sell things",
            score=0.9,
            reasons=("It changed mean.",),
        ),
    }
)


async def until_it_waits(second: Incident, first: Incident) -> None:
    name = first.key.incident_id
    seen = await second.until(lambda report: name in report.waiting_for)
    assert seen.diagnosis is not None
    assert any(name in each.text for each in seen.diagnosis.statements)
    assert seen.pull_request is None


async def test_the_second_waits_for_the_fix_of_the_first_and_proposes_none(
    incident: Incident,
) -> None:
    incident.script.diagnosis = KNOWN_CAUSE
    second = incident.beside()
    async with incident.at_work():
        await incident.alert()
        await incident.until_asked()
        await second.alert()
        await until_it_waits(second, incident)
        bodies = [each.content.body for each in incident.parts.embedded.tracker.list_tickets()]
        assert sum(f"Incident {incident.key.incident_id}" in body for body in bodies) == 1
        assert len(incident.branches()) == 1
        await incident.finish_fixed()
        report = await second.until_human()
        assert report.resolution is not None
        assert report.resolution.kind is ResolutionKind.NEEDS_HUMAN
        assert f"{incident.key.incident_id} has fixed the same cause" in report.resolution.summary
        assert incident.script.calls["prepare_environment"] == 1
        await second.close_ticket()
    assert second.findings() == []
    assert await replay(await histories_of(second.client, second.key.incident_id)) == []


async def test_the_second_goes_on_by_itself_when_the_first_ends_without_a_fix(
    incident: Incident,
) -> None:
    incident.script.diagnosis = KNOWN_CAUSE
    incident.script.verified = False
    second = incident.beside()
    async with incident.at_work():
        await incident.alert()
        await incident.until_human()
        await second.alert()
        await until_it_waits(second, incident)
        [first_ticket, _] = sorted(
            incident.parts.embedded.tracker.list_tickets(), key=lambda each: each.ref.ticket_id
        )
        # The second may go on before anybody hears of the end of the first.
        incident.script.verified = True
        incident.parts.embedded.tracker.close_by_human(first_ticket.ref.ticket_id, "ada")
        resolution = await incident.resolution()
        assert resolution.kind is ResolutionKind.NO_FIX_FOUND
        await second.until_asked()
        assert (await second.report()).summary.stage is Stage.APPROVAL
        assert incident.script.calls["prepare_environment"] == 2
        await second.finish_fixed()
    assert second.findings() == []
    assert await replay(await histories_of(second.client, second.key.incident_id)) == []
