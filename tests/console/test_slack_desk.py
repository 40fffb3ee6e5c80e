"""A button in Slack does what the same button in the console does."""

import asyncio
from datetime import UTC, datetime

import pytest

from apps.gateway.slack_desk import TemporalDesk, TemporalReading
from integrations.slack.command_blocks import Listed
from integrations.slack.commands import Typed
from integrations.slack.interaction import Press
from suture.consent import verify_decision
from suture.domain.approval import Actor, ConsentTarget, DecisionKind, Role
from suture.domain.report import IncidentReport
from suture.errors import InvalidInput, NotFound, Unreachable
from suture.reporting.message import message_for
from tests.builders.reports import CONSOLE, TARGET, build_report
from tests.console.canned import DECISION_KEY, CannedIncident
from tests.console.visiting import World, decisions

pytestmark = pytest.mark.asyncio(loop_scope="session")
ANNA = Actor(id="anna", role=Role.APPROVER, via="slack")
APPROVE = DecisionKind.APPROVE
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


def typed(report: IncidentReport, head: str = "", name: str = "") -> Typed:
    return Typed(
        decision_id="1" * 32,
        kind=APPROVE,
        slack_id="T1/U1",
        incident=name or report.key.incident_id,
        head=head,
        pressed_at=datetime.now(UTC),
    )


async def until_listed(world: World, report: IncidentReport) -> Listed:
    """Wait until Temporal's lists, which lag behind, have it."""
    reading = TemporalReading(world.client, CONSOLE, world.parts.artifacts)
    while True:
        for row in await reading.open_incidents():
            if row.incident_id == report.key.incident_id:
                return row
        await asyncio.sleep(0.05)


async def test_a_typed_decision_is_about_the_incident_that_its_name_means(world: World) -> None:
    report = build_report(service="slack-typed")
    handle = await world.start(report)
    desk = desk_of(world)
    press = await desk.settle(typed(report, TARGET.head_sha[:12]))
    await until_listed(world, report)
    again = await desk.settle(typed(report, TARGET.head_sha[:12], "slack-typed-0"))
    assert again.ask == press.ask
    assert (press.ask.case_id, press.ask.target) == (report.case_id, TARGET)
    assert (await desk.decide(press, ANNA)).accepted
    (decision,) = await decisions(handle)
    assert (decision.target, decision.decision_id) == (TARGET, "1" * 32)


async def test_a_typed_approval_of_another_head_is_told_what_to_type(world: World) -> None:
    report = build_report(service="slack-typed-stale")
    handle = await world.start(report)
    for head in ("", MOVED.head_sha[:12]):
        with pytest.raises(InvalidInput, match=f"/suture approve .* {TARGET.head_sha[:12]}"):
            await desk_of(world).settle(typed(report, head))
    assert await decisions(handle) == []


async def test_a_name_that_means_no_open_incident_decides_nothing(world: World) -> None:
    gone = build_report(service="slack-typed-nowhere")
    with pytest.raises(NotFound):
        await desk_of(world).settle(typed(gone, TARGET.head_sha))
    report = build_report(service="slack-typed-over")
    ended = report.summary.model_copy(update={"closed_at": datetime.now(UTC)})
    await world.start(report.model_copy(update={"summary": ended}))
    with pytest.raises(NotFound, match="over"):
        await desk_of(world).settle(typed(report, TARGET.head_sha))


async def test_who_may_not_decide_and_who_comes_too_late_are_told(world: World) -> None:
    report = build_report(service="slack-refused")
    await world.start(report)
    viewer = Actor(id="vera", role=Role.VIEWER, via="slack")
    refused = await desk_of(world).decide(press_on(report), viewer)
    assert refused.accepted is False
    assert "the policy asks for" in refused.reason
    first = press_on(report).model_copy(update={"decision_id": "2" * 32})
    assert (await desk_of(world).decide(first, ANNA)).accepted
    late = press_on(report).model_copy(update={"decision_id": "3" * 32})
    refused = await desk_of(world).decide(late, ANNA)
    assert refused.accepted is False
    assert "does not wait" in refused.reason


async def test_incidents_are_read_as_their_messages_are(world: World) -> None:
    report = build_report(service="slack-read")
    await world.start(report)
    reading = TemporalReading(world.client, CONSOLE, world.parts.artifacts)
    row = await until_listed(world, report)
    assert (row.title, row.stage) == (report.summary.title, report.summary.stage)
    message = await reading.message("slack-read")
    assert message.ask == message_for(report, CONSOLE).ask
    with pytest.raises(NotFound):
        await reading.message("slack-unread")
