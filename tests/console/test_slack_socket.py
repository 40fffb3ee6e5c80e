"""From what is typed in Slack, over a real socket, to the decision that its incident judges."""

import asyncio
import dataclasses
from collections.abc import Iterator

import pytest

from apps.cli.stack import running_gateway
from suture.consent import verify_decision
from suture.domain.approval import DecisionKind
from suture.settings import ChatKind
from suture.slack_settings import SlackSettings
from tests.builders.reports import TARGET, build_report
from tests.console.canned import DECISION_KEY
from tests.console.visiting import World, decisions
from tests.fakes.slack_socket import APP_TOKEN, SlackSocketServer, running_socket_mode
from tests.slack.ear import Ear, listening_ear
from tests.slack.typing import typed
from workers.parts import Parts

pytestmark = pytest.mark.asyncio(loop_scope="session")
ANNA = "T000000001/U000000001"


@pytest.fixture
def slack() -> Iterator[SlackSocketServer]:
    with running_socket_mode() as running:
        yield running


@pytest.fixture
def ear() -> Iterator[Ear]:
    with listening_ear() as running:
        yield running


def listening(world: World, slack: SlackSocketServer, ear: Ear) -> Parts:
    """Return parts that take Slack's word over the socket and nothing by HTTP."""
    before = world.parts.settings
    given = {"bot_token": "xoxb-1", "socket_mode_token": APP_TOKEN, "channel": "C001"}
    own = SlackSettings.model_validate({**given, "api_url": slack.api_url})
    # Answers go to Slack's own hosts alone, which the ear is none of.
    assert not ear.url.startswith(slack.api_url)
    anna = before.users["anna"].model_copy(update={"slack_id": ANNA})
    changes = {
        "chat": ChatKind.SLACK,
        "slack": own,
        "users": {**before.users, "anna": anna},
        "gateway": before.gateway.model_copy(update={"port": 0}),
    }
    return dataclasses.replace(world.parts, settings=before.model_copy(update=changes))


async def test_what_is_typed_approves_the_head_that_it_names(
    world: World, slack: SlackSocketServer, ear: Ear
) -> None:
    report = build_report(service="slack-socket")
    handle = await world.start(report)
    line = f"approve {report.key.incident_id} {TARGET.head_sha[:12]} ship it"
    async with running_gateway(world.client, listening(world, slack, ear)):
        await asyncio.to_thread(slack.await_connections, 1)
        envelope = slack.send("slash_commands", typed(line, ANNA, f"{ear.url}/answers"))
        said = await asyncio.to_thread(slack.acknowledged, envelope)
        assert "Taken down" in str(said)
        while not await decisions(handle):
            pass
    (decision,) = await decisions(handle)
    assert verify_decision(decision, DECISION_KEY)
    assert (decision.kind, decision.target) == (DecisionKind.APPROVE, TARGET)
    assert (decision.actor.id, decision.comment) == ("anna", "ship it")
    assert ear.told == []
