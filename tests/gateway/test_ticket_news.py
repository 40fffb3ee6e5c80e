"""What people do to Suture's tickets in their trackers reaches the incident at once."""

import json
from typing import Any

import pytest
from pydantic import SecretStr

from benchmarks.envelopes import NOW
from suture.domain.alert import AlertSource
from suture.settings import WebhookSettings
from tests.gateway.harness import World, client_of
from tests.vendors import jira_samples, linear_samples
from tests.vendors.deliveries import SECRET
from tests.vendors.proofs import PROOFS

CLOSED = jira_samples.change("status", "To Do", "Done")
PLAIN = linear_samples.issue(labels=[])
OWN = {"id": "a1", "type": "oauthClient", "name": "Suture"}


@pytest.mark.parametrize(
    ("vendor", "payload", "nudged"),
    [
        ("jira", jira_samples.updated(CLOSED, labels=[]), ["SHOP-12"]),
        ("jira", jira_samples.comment(), ["SHOP-12"]),
        ("jira", jira_samples.comment(author="Suture"), []),
        (
            "linear",
            linear_samples.delivery_of("update", PLAIN, updatedFrom={"stateId": "s0"}),
            ["SHOP-12"],
        ),
        ("linear", linear_samples.comment(), ["SHOP-12"]),
        ("linear", linear_samples.comment(actor=OWN), []),
    ],
)
async def test_a_persons_change_is_looked_at_and_is_no_alert(
    vendor: str, payload: dict[str, Any], nudged: list[str]
) -> None:
    body = json.dumps(payload).encode()
    headers = PROOFS[AlertSource(vendor)][-1].of(body, NOW)
    world = World(webhooks={vendor: WebhookSettings(secrets=(SecretStr(SECRET),))})
    async with client_of(world.app()) as client:
        answer = await client.post(f"/webhooks/{vendor}", content=body, headers=dict(headers))
    assert answer.status_code == 200, answer.text
    assert answer.json()["raised"] == 0
    assert world.starter.nudged == nudged
