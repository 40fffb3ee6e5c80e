"""A button in Slack does what the same button in the console does."""

from datetime import UTC, datetime

import pytest

from apps.gateway.slack_desk import TemporalDesk
from integrations.slack.interaction import Press
from suture.consent import verify_decision
from suture.domain.approval import Actor, ConsentTarget, DecisionKind, Role
from suture.domain.report import IncidentReport
from suture.errors import NotFound, Unreachable
from suture.reporting.message import message_for
from tests.builders.reports import CONSOLE, TARGET, build_report
from tests.console.canned import DECISION_KEY, CannedIncident
from tests.console.visiting import World, decisions

pytestmark = pytest.mark.asyncio(loop_scope="session")
ANNA = Actor(id="anna", role=Role.APPROVER, via="slack")
MOVED = ConsentTarget(head_sha="5" * 40, patch_digest="6" * 64)


def press_on(report: IncidentReport, kind: DecisionKind = DecisionKind.APPROVE) -> Press:
    ask = message_for(report, CONSOLE).ask
    assert ask is not None
    return Press(
        decision_id="0" * 32,
        kind=kind,
        slack_id="T1/U1",
        ask=ask,
        comment="Read it.",
        pressed_at=datetime.now(UTC),
    )


def desk_of(world: World) -> TemporalDesk:
    return TemporalDesk(world.client, DECISION_KEY)


async def test_a_press_becomes_a_signed_decision_about_what_the_message_showed(
    world: World,
) -> None:
    report = build_report(service="slack-approved")
    handle = await world.start(report)
    press = press_on(report)
    for _ in range(2):
        assert (await desk_of(world).decide(press, ANNA)).accepted
    (decision,) = await decisions(handle)
    assert verify_decision(decision, DECISION_KEY)
    assert (decision.target, decision.actor, decision.kind) == (TARGET, ANNA, press.kind)
    assert (decision.decided_at, decision.comment) == (press.pressed_at, "Read it.")
    assert (await desk_of(world).ask(press)).accepted
    judged = message_for(await handle.query(CannedIncident.show_report), CONSOLE)
    # What was approved can be stopped until it is merged.
    assert DecisionKind.APPROVE not in judged.choices
    assert DecisionKind.REJECT in judged.choices


async def test_a_message_that_is_behind_cannot_approve_what_it_did_not_show(world: World) -> None:
    report = build_report(service="slack-stale")
    handle = await world.start(report)
    press = press_on(report)
    await handle.signal(CannedIncident.replace, report.model_copy(update={"target": MOVED}))
    verdict = await desk_of(world).decide(press, ANNA)
    assert verdict.accepted is False
    assert "changed" in verdict.reason


async def test_a_message_of_an_earlier_occurrence_decides_nothing(world: World) -> None:
    report = build_report(service="slack-again")
    handle = await world.start(report.model_copy(update={"occurrence": 2}))
    with pytest.raises(NotFound, match="over"):
        await desk_of(world).decide(press_on(report), ANNA)
    assert await decisions(handle) == []


async def test_an_incident_that_nobody_knows_is_said_so(world: World) -> None:
    with pytest.raises(NotFound):
        await desk_of(world).decide(press_on(build_report(service="slack-nowhere")), ANNA)


async def test_without_temporal_the_press_is_to_be_tried_again(lonely_world: World) -> None:
    press = press_on(build_report())
    with pytest.raises(Unreachable):
        await desk_of(lonely_world).decide(press, ANNA)
