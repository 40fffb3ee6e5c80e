"""From the message that is posted in Slack to the decision that its incident judges."""

import dataclasses
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from slack_sdk.signature import SignatureVerifier

from apps.cli.stack import running_gateway
from suture.consent import verify_decision
from suture.domain.approval import DecisionKind
from suture.reporting.message import message_for
from suture.settings import ChatKind
from tests.builders.reports import CONSOLE, TARGET, build_report
from tests.console.canned import DECISION_KEY, CannedIncident
from tests.console.visiting import World, decisions
from tests.peers.emulate import running
from tests.slack.workspace import SEED, Workspace
from workers.choosing import choose_chat

pytestmark = pytest.mark.asyncio(loop_scope="session")
SECRET = "the-signing-secret-of-this-loop"


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with running("slack", SEED) as url:
        yield Workspace(url)


async def test_a_press_on_the_posted_message_approves_what_it_showed(
    world: World, workspace: Workspace
) -> None:
    before = world.parts.settings
    slack = workspace.settings(workspace.url, signing_secret=SECRET)
    anna = before.users["anna"].model_copy(update={"slack_id": "T000000001/U000000001"})
    chosen = before.model_copy(
        update={
            "chat": ChatKind.SLACK,
            "slack": slack,
            "users": {**before.users, "anna": anna},
            "gateway": before.gateway.model_copy(update={"port": 0}),
        }
    )
    report = build_report(service="slack-loop")
    handle = await world.start(report)
    chat = choose_chat(chosen, world.parts.embedded)
    thread = chat.ensure_thread(report.case_id, message_for(report, CONSOLE))
    [posted] = workspace.messages()
    button = posted["blocks"][-1]["elements"][0]
    payload = {
        "type": "block_actions",
        "user": {"id": "U000000001", "team_id": "T000000001"},
        "team": {"id": "T000000001"},
        "container": {"message_ts": posted["ts"], "channel_id": slack.channel},
        "actions": [{**button, "action_ts": posted["ts"]}],
    }
    body = urlencode({"payload": json.dumps(payload)})
    moment = str(int(time.time()))
    signature = SignatureVerifier(SECRET).generate_signature(timestamp=moment, body=body)
    headers = {
        "X-Slack-Request-Timestamp": moment,
        "X-Slack-Signature": str(signature),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    parts = dataclasses.replace(world.parts, settings=chosen)
    async with running_gateway(world.client, parts) as url, httpx.AsyncClient(timeout=60) as http:
        answer = await http.post(f"{url}/slack/interactivity", content=body, headers=headers)
        assert answer.status_code == 200
        while not await decisions(handle):
            pass

    (decision,) = await decisions(handle)
    assert verify_decision(decision, DECISION_KEY)
    assert (decision.kind, decision.target) == (DecisionKind.APPROVE, TARGET)
    assert (decision.actor.id, decision.actor.via) == ("anna", "slack")
    judged = await handle.query(CannedIncident.show_report)
    chat.update(thread, message_for(judged, CONSOLE))
    [updated] = workspace.messages()
    assert offered(updated) == ["suture.request_changes", "suture.reject", "suture.take_over"]


def offered(message: dict[str, Any]) -> list[str]:
    """Return what the buttons of a message do."""
    rows = [block["elements"] for block in message["blocks"] if block["type"] == "actions"]
    return [button["action_id"] for row in rows for button in row]
