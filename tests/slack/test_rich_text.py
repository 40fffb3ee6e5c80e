"""Hostile text in messages: it is shown, and does nothing."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.slack.blocks import message_body, read_value, reply_body
from integrations.slack.rich_text import rich_text
from suture.domain.approval import DecisionKind
from suture.domain.ticket import Link
from suture.ports.chat import Ask, Message, Urgency
from suture.reporting.rendering import plain
from tests.slack.workspace import THEN, shown

HOSTILE = (
    "<!channel> wake up",
    "<!here|nothing>",
    "<@U123> and <#C123> and <!subteam^S1>",
    "<https://evil.invalid|your bank>",
    "[your bank](https://evil.invalid)",
    "![x](https://evil.invalid/x.png)",
    "<https://evil.invalid>",
    "[a]: https://evil.invalid\n\n[a]",
)
KNOWN = {"header", "rich_text", "rich_text_section", "rich_text_preformatted", "text", "plain_text"}


def kinds(block: Any) -> set[str]:  # noqa: ANN401 -- any JSON
    """Return every type that occurs in blocks."""
    if isinstance(block, list):
        return set().union(*(kinds(one) for one in block)) if block else set()
    if not isinstance(block, dict):
        return set()
    own = {block["type"]} if "type" in block else set()
    return own.union(*(kinds(one) for one in block.values()))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_neither_mentions_nor_links(text: str) -> None:
    for body in (
        message_body(Message(title=text.replace("\n", " "), text=text), buttons=True),
        reply_body(text, Urgency.INFO),
    ):
        assert kinds(body["blocks"]) <= KNOWN
        assert "<" not in body["text"]
        assert ">" not in body["text"]
        assert "evil" not in text or "evil.invalid" in shown(body["blocks"])


@settings(max_examples=60)
@given(st.text(max_size=200))
def test_any_text_becomes_blocks_of_text_only(text: str) -> None:
    body = message_body(Message(title=text[:100], text=text), buttons=True)
    assert kinds(body["blocks"]) <= KNOWN
    json.dumps(body)


def test_what_the_reports_escape_reads_as_it_was() -> None:
    assert shown(rich_text(plain("a_b*c `d` <e>"))).strip() == "a_b*c `d` <e>"


def test_markdown_keeps_its_shape() -> None:
    block = rich_text("# Head\n\n**bold** ~~gone~~ *so* `x`\n\n- one\n- two\n\n```\ncode\n```\n")
    assert block is not None
    assert shown(block) == "Head\nbold gone so x\n• one\n• two\ncode\n"
    styles = [piece.get("style") for piece in block["elements"][1]["elements"]]
    assert styles[::2] == [{"bold": True}, {"strike": True}, {"italic": True}, {"code": True}]
    assert rich_text("\n") is None


def test_links_lead_to_the_web_only() -> None:
    links = (
        Link(title="bad", url="javascript:alert(1)"),
        Link(title="Ticket", url="https://tracker.invalid/1"),
        Link(title="", url="http://console.invalid"),
    )
    body = message_body(Message(title="", text="", links=links), buttons=False)
    shown_links = [one for one in body["blocks"][-1]["elements"][0]["elements"] if "url" in one]
    assert [one["text"] for one in shown_links] == ["Ticket", "http://console.invalid"]
    assert body["blocks"][0]["text"]["text"] == "Incident"


def test_long_texts_are_cut_visibly() -> None:
    body = message_body(Message(title="t" * 500, text="x" * 8_000), buttons=False)
    assert len(body["blocks"][0]["text"]["text"]) == 150
    assert shown(body["blocks"][1]).strip().endswith("…")
    assert shown(reply_body("", Urgency.INFO)["blocks"]) == "…"


@pytest.mark.parametrize("value", ["", "{}", "x" * 3_000])
def test_a_value_that_no_button_of_ours_has_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="the value is"):
        read_value(value)


def test_who_is_called_is_mentioned_by_id_where_it_is_loud() -> None:
    called = ("U0ANNA", "W0OTTO", "S0CREW", "here", "channel")
    for urgency in (Urgency.ACTION, Urgency.ESCALATION):
        body = reply_body("Look <!channel>.", urgency, called)
        mentions = [
            {key: value for key, value in one.items() if key != "text"}
            for one in body["blocks"][0]["elements"][0]["elements"][::2]
        ]
        assert mentions == [
            {"type": "user", "user_id": "U0ANNA"},
            {"type": "user", "user_id": "W0OTTO"},
            {"type": "usergroup", "usergroup_id": "S0CREW"},
            {"type": "broadcast", "range": "here"},
            {"type": "broadcast", "range": "channel"},
        ]
        assert body["text"].startswith("<@U0ANNA> <@W0OTTO> <!subteam^S0CREW> <!here> <!channel> ")
        assert body["text"].endswith("Look &lt;!channel&gt;.")
    for urgency in (Urgency.INFO, Urgency.LATER):
        assert kinds(reply_body("Look.", urgency, called)["blocks"]) <= KNOWN


def test_an_excerpt_of_the_diff_is_code_and_nothing_else() -> None:
    diff = "--- a/cart.py\n+++ b/cart.py\n-<!channel>\n+`x`"
    body = message_body(Message(title="t", text="", diff=diff), buttons=True)
    assert kinds(body["blocks"]) <= KNOWN
    assert diff in shown(body["blocks"])


def test_only_what_can_be_decided_has_a_button_and_taking_over_asks_first() -> None:
    ask = THEN.model_copy(update={"choices": (DecisionKind.TAKE_OVER,)})
    [actions] = [
        one for one in message_body(ask, buttons=True)["blocks"] if one["type"] == "actions"
    ]
    [button] = actions["elements"]
    assert (button["action_id"], "confirm" in button) == ("suture.take_over", True)
    bare = ask.model_copy(update={"ask": Ask(incident_id="i", case_id="c")})
    blocks = message_body(bare, buttons=True)["blocks"]
    assert "context" not in {block["type"] for block in blocks}
    mute = ask.model_copy(update={"choices": ()})
    assert "actions" not in {block["type"] for block in message_body(mute, buttons=True)["blocks"]}
