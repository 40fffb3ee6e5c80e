"""The contract of chats, kept against somebody else's Slack."""

import pytest

from integrations.slack.blocks import read_value
from integrations.slack.calls import retry_after
from integrations.slack.chat import SlackChat
from suture.domain.ticket import ThreadRef
from suture.errors import NotAuthorised, NotFound
from suture.ports.chat import Urgency
from tests.slack.workspace import ASK, FIRST, STRANGER, THEN, Workspace, shown


@pytest.fixture
def chat(workspace: Workspace) -> SlackChat:
    return SlackChat(workspace.settings(escalation_channel=workspace.channel("loud")))


def test_an_incident_has_one_message(chat: SlackChat, workspace: Workspace) -> None:
    before = len(workspace.messages())
    thread = chat.ensure_thread("one-1", FIRST)
    assert chat.ensure_thread("one-1", THEN) == thread
    assert chat.ensure_thread("one-2", FIRST) != thread
    posted = workspace.messages()[before:]
    assert len(posted) == 2
    assert thread.thread_id == f"{workspace.channel('general')}/{posted[0]['ts']}"
    assert posted[0]["ts"].replace(".", "") in thread.url
    assert shown(posted[0]["blocks"]) == "Cart failsIt broke.\nTwice in shop.\nPull request"


def test_a_message_is_updated_in_place_and_found_again(
    chat: SlackChat, workspace: Workspace
) -> None:
    thread = chat.ensure_thread("updated-1", FIRST)
    count = len(workspace.messages())
    for _ in range(2):
        chat.update(thread, THEN)
    assert chat.ensure_thread("updated-1", FIRST) == thread
    said = workspace.messages()
    assert len(said) == count
    assert "Fixed." in shown(said[-1]["blocks"])


def test_buttons_carry_exactly_what_is_shown_and_go_when_nothing_is_asked(
    chat: SlackChat, workspace: Workspace
) -> None:
    thread = chat.ensure_thread("asked-1", THEN)
    actions = workspace.messages()[-1]["blocks"][-1]
    assert [one["text"]["text"] for one in actions["elements"]] == [
        "Approve",
        "Request changes",
        "Reject",
        "Take over",
    ]
    assert {read_value(one["value"]) for one in actions["elements"]} == {ASK}
    assert "Head aaaaaaaaaaaa, diff dddddddddddd" in shown(workspace.messages()[-1]["blocks"])
    chat.update(thread, FIRST)
    assert "actions" not in {block["type"] for block in workspace.messages()[-1]["blocks"]}


def test_without_a_signing_secret_there_are_no_buttons(workspace: Workspace) -> None:
    SlackChat(workspace.settings(signing_secret=None)).ensure_thread("mute-1", THEN)
    assert "actions" not in {block["type"] for block in workspace.messages()[-1]["blocks"]}


def test_a_reply_with_the_same_key_is_one_reply(chat: SlackChat, workspace: Workspace) -> None:
    thread = chat.ensure_thread("replied-1", FIRST)
    for text in ("asked", "asked again"):
        chat.ensure_reply(thread, "approval", text, Urgency.ACTION)
    chat.ensure_reply(thread, "merged", "done", Urgency.INFO)
    said = [shown(one["blocks"]).strip() for one in workspace.replies(thread.thread_id)]
    assert said == ["Decide: asked", "done"]


def test_an_escalation_is_told_once_in_its_own_channel_too(
    chat: SlackChat, workspace: Workspace
) -> None:
    thread = chat.ensure_thread("escalated-1", FIRST)
    for _ in range(2):
        chat.ensure_reply(thread, "late", "Nobody looks.", Urgency.ESCALATION)
    [loud] = workspace.messages("loud")
    assert thread.url in shown(loud["blocks"])
    assert len(workspace.replies(thread.thread_id)) == 1


@pytest.mark.parametrize("place", ["999", "C999/1.1", "{channel}/1.1"])
def test_a_thread_that_does_not_exist_is_not_found(
    chat: SlackChat, workspace: Workspace, place: str
) -> None:
    name = place.replace("{channel}", workspace.channel("general"))
    nowhere = ThreadRef(thread_id=name, url="http://nowhere.invalid")
    with pytest.raises(NotFound):
        chat.update(nowhere, FIRST)
    with pytest.raises(NotFound):
        chat.ensure_reply(nowhere, "key", "text", Urgency.INFO)


def test_a_message_of_somebody_else_with_our_key_is_not_ours(
    chat: SlackChat, workspace: Workspace
) -> None:
    channel = workspace.channel("general")
    forged = workspace.call(
        "chat.postMessage",
        STRANGER,
        channel=channel,
        text="mine now",
        metadata={"event_type": "suture_thread", "event_payload": {"key": "forged-1"}},
    )
    assert chat.ensure_thread("forged-1", FIRST).thread_id != f"{channel}/{forged['ts']}"


def test_a_missing_scope_is_named(workspace: Workspace) -> None:
    chat = SlackChat(workspace.settings(bot_token=STRANGER))
    with pytest.raises(NotAuthorised, match="channels:history"):
        chat.ensure_thread("scopes-1", FIRST)


def test_a_message_is_found_behind_pages_of_newer_ones(workspace: Workspace) -> None:
    busy = workspace.channel("random")
    chat = SlackChat(workspace.settings(channel=busy), page_size=2)
    thread = chat.ensure_thread("buried-1", FIRST)
    for number in range(5):
        workspace.call("chat.postMessage", channel=busy, text=f"chatter {number}")
    assert chat.ensure_thread("buried-1", FIRST) == thread


@pytest.mark.parametrize(
    ("wanted", "seconds"), [("7", 7), ("0", 1), ("999999", 3_600), ("Wed, 21 Oct", 30), ("", 30)]
)
def test_the_patience_asked_for_stays_within_bounds(wanted: str, seconds: float) -> None:
    assert retry_after(wanted) == seconds
