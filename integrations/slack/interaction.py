"""What Slack says when somebody presses a button of an incident's message, or fills its form in.

https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from integrations.slack.blocks import ACTION_PREFIX, read_value
from suture.domain.approval import DecisionKind
from suture.domain.value import Instant, Line, Prose, Value
from suture.errors import InvalidInput
from suture.ports.chat import Ask

ID_CHARACTERS = 32
NAME = re.compile(r"[A-Z0-9.]{1,60}")
"""Ids and time stamps of Slack's."""
MAX_URL = 500
FORM, COMMENT_BLOCK, COMMENT_ACTION = "suture.changes", "suture.comment", "text"
MAX_COMMENT = 3_000
PRESSED = {ACTION_PREFIX + kind: kind for kind in DecisionKind}


class Press(Value):
    """A button that somebody has pressed. Idempotent by `decision_id`."""

    decision_id: str
    kind: DecisionKind
    slack_id: Line
    """`T123/U456`: team and user, as Slack has authenticated them."""
    ask: Ask
    """What the message showed."""
    comment: Prose = ""
    response_url: Line = ""
    """Where to answer so that only this person sees it: five times, within half an hour."""
    pressed_at: Instant
    typed: bool = False
    """Whether it was a command: then there may be no message that shows what came of it."""

    @property
    def wants_comment(self) -> bool:
        """Whether it says too little yet to be a decision."""
        return self.kind is DecisionKind.REQUEST_CHANGES and not self.comment


def read_press(payload: Mapping[str, Any], received_at: Instant) -> Press | None:
    """Return the press, or None if the payload is about something else.

    Raises:
        InvalidInput: it is about a button of ours and makes no sense.
    """
    if payload.get("type") == "view_submission":
        return _read_form(payload, received_at)
    actions = payload.get("actions")
    if payload.get("type") != "block_actions" or not isinstance(actions, list) or not actions:
        return None
    action = _table(actions[0])
    kind = PRESSED.get(str(action.get("action_id")))
    if kind is None:
        return None
    slack_id, place = _slack_id(payload), _table(payload.get("container"))
    moment = name_of(action.get("action_ts"), "action_ts")
    where = (str(place.get("channel_id", "")), str(place.get("message_ts", "")))
    try:
        ask = read_value(str(action.get("value", "")))
    except ValueError as error:
        raise InvalidInput("The button's value is none of ours.") from error
    return Press(
        decision_id=id_of(slack_id, kind, moment, *where, ask.model_dump_json()),
        kind=kind,
        slack_id=slack_id,
        ask=ask,
        response_url=text_of(payload.get("response_url"))[:MAX_URL],
        pressed_at=received_at,
    )


def _read_form(payload: Mapping[str, Any], received_at: Instant) -> Press | None:
    """Return the press that opened the form, with the comment and by whoever sent it."""
    view = _table(payload.get("view"))
    if view.get("callback_id") != FORM:
        return None
    try:
        press = Press.model_validate_json(str(view.get("private_metadata", "")))
    except ValidationError as error:
        raise InvalidInput("The form is none of ours.") from error
    values = _table(_table(view.get("state")).get("values"))
    answer = _table(_table(values.get(COMMENT_BLOCK)).get(COMMENT_ACTION))
    comment = text_of(answer.get("value")).strip()[:MAX_COMMENT]
    if not comment:
        raise InvalidInput("The form says nothing.")
    slack_id = _slack_id(payload)
    return press.model_copy(
        update={
            "decision_id": id_of(slack_id, name_of(view.get("id"), "view.id"), press.decision_id),
            "slack_id": slack_id,
            "comment": comment,
            "pressed_at": received_at,
        }
    )


def _slack_id(payload: Mapping[str, Any]) -> str:
    user = _table(payload.get("user"))
    # The user's own team: that of the payload is where the message is.
    team = user.get("team_id") or _table(payload.get("team")).get("id")
    return f"{name_of(team, 'team.id')}/{name_of(user.get('id'), 'user.id')}"


def id_of(*told: str) -> str:
    """Return what names a decision, made of all that tells it from others."""
    return hashlib.sha256("\n".join(told).encode("utf-8", "surrogatepass")).hexdigest()[
        :ID_CHARACTERS
    ]


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def text_of(value: object) -> str:
    """Return text without what neither JSON nor a database can hold."""
    text = value if isinstance(value, str) else ""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def name_of(value: object, name: str) -> str:
    """Return an id or a time stamp of Slack's.

    Raises:
        InvalidInput: it is none.
    """
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise InvalidInput(f"The payload has no {name}.")
    return value
