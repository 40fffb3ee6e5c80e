"""Request changes asks for a comment first, in a form of Slack's."""

from typing import Any

import pytest
from sqlalchemy import Engine

from integrations.slack.comment_form import comment_form
from integrations.slack.interaction import COMMENT_ACTION, COMMENT_BLOCK, Press, read_press
from integrations.slack.presses import SlackPresses
from suture.domain.approval import DecisionKind
from suture.errors import InvalidInput
from suture.settings import Settings
from tests.gateway.harness import client_of
from tests.slack.pressing import ANNA, NOW, Clock, FakeDesk, app_of, form, payload, settings, signed
from tests.slack.workspace import ASK, Workspace

PATH = "/slack/interactivity"
CHANGES = DecisionKind.REQUEST_CHANGES


def at(workspace: Workspace) -> Settings:
    secret = settings().slack
    assert secret is not None
    slack = workspace.settings(workspace.url, signing_secret=secret.signing_secret)
    return settings().model_copy(update={"slack": slack})


def opened_by() -> Press:
    press = read_press(payload(CHANGES), Clock()())
    assert press is not None
    return press


def submission(comment: object, **view: object) -> dict[str, Any]:
    """Return https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload."""
    values = {COMMENT_BLOCK: {COMMENT_ACTION: {"type": "plain_text_input", "value": comment}}}
    shown = {**comment_form(opened_by()), "id": "V0001", "state": {"values": values}, **view}
    whole = payload()
    return {"type": "view_submission", "team": whole["team"], "user": whole["user"], "view": shown}


async def test_the_button_opens_a_form_and_decides_nothing_yet(
    workspace: Workspace, engine: Engine
) -> None:
    trigger = workspace.call("views.generateTriggerId")["trigger_id"]
    body = form(payload(CHANGES, trigger_id=trigger))
    desk = FakeDesk()
    async with client_of(app_of(engine, desk, at(workspace))) as client:
        first = await client.post(PATH, content=body, headers=signed(body))
        # The trigger is used up, which only an opened form does.
        second = await client.post(PATH, content=body, headers=signed(body))
    assert (first.status_code, second.status_code) == (200, 503)
    assert "exchanged_trigger_id" in second.json()["reason"]
    assert desk.decided == []
    assert SlackPresses(engine).due(Clock(NOW + 60)()) == ()


async def test_a_form_that_slack_does_not_open_is_an_error_that_the_person_sees(
    engine: Engine,
) -> None:
    body = form(payload(CHANGES))
    async with client_of(app_of(engine, FakeDesk())) as client:
        answer = await client.post(PATH, content=body, headers=signed(body))
    assert answer.status_code == 503


async def test_the_form_that_is_sent_decides_with_its_comment_about_what_was_shown(
    engine: Engine,
) -> None:
    desk, body = FakeDesk(), form(submission("  Keep the \0total.\n"))
    async with client_of(app_of(engine, desk)) as client:
        for _ in range(2):
            answer = await client.post(PATH, content=body, headers=signed(body))
            assert (answer.status_code, answer.content) == (200, b"")
        await desk.reached.wait()
    [(press, actor)] = desk.decided
    assert (press.kind, press.comment, press.ask) == (CHANGES, "Keep the total.", ASK)
    assert (press.slack_id, actor.id) == (ANNA, "anna")


@pytest.mark.parametrize(
    "wrong",
    [
        submission(None),
        submission("   "),
        submission("Fine.", private_metadata="{}"),
        submission("Fine.", id=None),
    ],
)
def test_a_form_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        read_press(wrong, Clock()())


def test_a_form_of_somebody_else_is_not_ours() -> None:
    assert read_press(submission("Fine.", callback_id="another"), Clock()()) is None


def test_text_that_no_database_holds_is_mended() -> None:
    press = read_press(submission("\ud800 fine"), Clock()())
    assert press is not None
    assert press.comment == "? fine"
    press.model_dump_json()
