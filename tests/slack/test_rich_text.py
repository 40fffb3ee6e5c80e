"""Hostile text in messages: it is shown, and does nothing."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.slack.blocks import message_body, read_value, reply_body
from integrations.slack.rich_text import rich_text
from suture.domain.ticket import Link
from suture.ports.chat import Message, Urgency
from suture.reporting.rendering import plain
from tests.slack.workspace import shown

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
