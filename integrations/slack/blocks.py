"""An incident's message in Block Kit, with buttons that carry what they decide about.

https://docs.slack.dev/reference/block-kit
"""

from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from integrations.slack.rich_text import Block, escape, rich_text, section, words
from suture.domain.approval import DecisionKind
from suture.domain.ticket import Link
from suture.ports.chat import Ask, Message, Urgency

ACTIONS_BLOCK = "suture.decide"
ACTION_PREFIX = "suture."
BUTTONS = (
    (DecisionKind.APPROVE, "Approve", "primary"),
    (DecisionKind.REQUEST_CHANGES, "Request changes", ""),
    (DecisionKind.REJECT, "Reject", "danger"),
    (DecisionKind.TAKE_OVER, "Take over", ""),
)
MARKS = {Urgency.INFO: "", Urgency.ACTION: "Decide: ", Urgency.ESCALATION: "Nobody decided: "}
MAX_HEADER = 150
MAX_TEXT = 3_000
MAX_VALUE = 2_000
MAX_LINKS = 10


def message_body(message: Message, *, buttons: bool) -> dict[str, Any]:
    """Return `text` and `blocks` of an incident's message."""
    title = MARKS[message.urgency] + " ".join(message.title.split())
    blocks: list[Block] = [
        {"type": "header", "text": _plain(clip(title or "Incident", MAX_HEADER))}
    ]
    if text := rich_text(clip(message.text, MAX_TEXT)):
        blocks.append(text)
    if pieces := _links(message.links):
        blocks.append({"type": "rich_text", "elements": [section(pieces)]})
    if buttons and message.ask is not None:
        blocks += _question(message.ask)
    return {"text": escape(clip(title, MAX_TEXT)), "blocks": blocks}


def reply_body(text: str, urgency: Urgency) -> dict[str, Any]:
    """Return `text` and `blocks` of a line in a thread. The text is Markdown."""
    shown = MARKS[urgency] + clip(text, MAX_TEXT)
    block = rich_text(shown) or {"type": "rich_text", "elements": [section([words("…")])]}
    return {"text": escape(shown), "blocks": [block]}


def read_value(value: str) -> Ask:
    """Return what a button was about.

    Raises:
        ValueError: it is no button of ours.
    """
    if len(value) > MAX_VALUE:
        raise ValueError("the value is too long")
    try:
        return Ask.model_validate_json(value)
    except ValidationError as error:
        raise ValueError("the value is none of ours") from error


def clip(text: str, limit: int) -> str:
    """Return at most so many characters, and say where some are missing."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _links(links: tuple[Link, ...]) -> list[Block]:
    pieces: list[Block] = []
    for link in links[:MAX_LINKS]:
        if urlsplit(link.url).scheme in {"http", "https"}:
            shown = clip(link.title, MAX_HEADER) or link.url
            between = [words(" · ")] if pieces else []
            pieces += [*between, {"type": "link", "url": link.url, "text": shown}]
    return pieces


def _question(ask: Ask) -> list[Block]:
    about = f"Head {ask.target.head_sha[:12]}, diff {ask.target.patch_digest[:12]}"
    value = ask.model_dump_json()
    buttons = [
        {
            "type": "button",
            "action_id": ACTION_PREFIX + kind,
            "text": _plain(label),
            "value": value,
            **({"style": style} if style else {}),
        }
        for kind, label, style in BUTTONS
    ]
    return [
        {"type": "context", "elements": [_plain(about)]},
        {"type": "actions", "block_id": ACTIONS_BLOCK, "elements": buttons},
    ]


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}
