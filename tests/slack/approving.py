"""An approval by the button of a message that was really posted."""

import time
from typing import Any

from integrations.slack.blocks import ACTION_PREFIX
from suture.domain.approval import DecisionKind
from tests.slack.pressing import payload

EMULATED_PERSON = "T000000001/U000000001"
"""Somebody in the emulator's workspace."""


def approve_button(posted: dict[str, Any]) -> dict[str, Any] | None:
    """Return the button of a message that approves, if it has one."""
    rows = (block["elements"] for block in posted["blocks"] if block["type"] == "actions")
    buttons = (button for row in rows for button in row)
    wanted = f"{ACTION_PREFIX}{DecisionKind.APPROVE}"
    return next((button for button in buttons if button["action_id"] == wanted), None)


def press_on(posted: dict[str, Any], channel: str) -> dict[str, Any]:
    """Return what Slack sends when somebody approves by the button of a posted message."""
    button = approve_button(posted)
    assert button is not None
    return payload(
        slack_id=EMULATED_PERSON,
        container={"type": "message", "message_ts": posted["ts"], "channel_id": channel},
        actions=[{**button, "action_ts": f"{time.time():.6f}"}],
    )
