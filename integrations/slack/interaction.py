"""What Slack says when somebody presses a button of an incident's message.

https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from integrations.slack.blocks import ACTION_PREFIX, read_value
from suture.domain.approval import DecisionKind
from suture.domain.value import Instant, Line, Value
from suture.errors import InvalidInput
from suture.ports.chat import Ask

ID_CHARACTERS = 32
MAX_FIELD = 500
PRESSED = {ACTION_PREFIX + kind: kind for kind in DecisionKind}


class Press(Value):
    """A button that somebody has pressed. Idempotent by `decision_id`."""

    decision_id: str
    kind: DecisionKind
    slack_id: Line
    """`T123/U456`: team and user, as Slack has authenticated them."""
    ask: Ask
    """What the message showed."""
    response_url: Line = ""
    """Where to answer so that only this person sees it: five times, within half an hour."""
    pressed_at: Instant


def read_press(payload: Mapping[str, Any], received_at: Instant) -> Press | None:
    """Return the press, or None if the payload is about something else.

    Raises:
        InvalidInput: it is about a button of ours and makes no sense.
    """
    actions = payload.get("actions")
    if payload.get("type") != "block_actions" or not isinstance(actions, list) or not actions:
        return None
    action = _table(actions[0])
    kind = PRESSED.get(str(action.get("action_id")))
    if kind is None:
        return None
    user, place = _table(payload.get("user")), _table(payload.get("container"))
    # The user's own team: that of the payload is where the message is.
    team = user.get("team_id") or _table(payload.get("team")).get("id")
    slack_id = f"{_field(team, 'team.id')}/{_field(user.get('id'), 'user.id')}"
    moment = _field(action.get("action_ts"), "action_ts")
    where = (str(place.get("channel_id", "")), str(place.get("message_ts", "")))
    try:
        ask = read_value(str(action.get("value", "")))
    except ValueError as error:
        raise InvalidInput("The button's value is none of ours.") from error
    told = "\n".join((slack_id, kind, moment, *where, ask.model_dump_json()))
    return Press(
        decision_id=hashlib.sha256(told.encode()).hexdigest()[:ID_CHARACTERS],
        kind=kind,
        slack_id=slack_id,
        ask=ask,
        response_url=str(payload.get("response_url") or "")[:MAX_FIELD],
        pressed_at=received_at,
    )


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _field(value: object, name: str) -> str:
    if not isinstance(value, str) or not value or len(value) > MAX_FIELD:
        raise InvalidInput(f"The payload has no {name}.")
    return value
