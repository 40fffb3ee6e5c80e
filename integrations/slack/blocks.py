"""An incident's message in Block Kit, with buttons that carry what they decide about.

https://docs.slack.dev/reference/block-kit
"""

from collections.abc import Collection, Sequence
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
MARKS = {
    Urgency.INFO: "",
    Urgency.ACTION: "Decide: ",
    Urgency.LATER: "Decide: ",
    Urgency.ESCALATION: "Nobody decided: ",
}
LOUD = {Urgency.ACTION, Urgency.ESCALATION}
"""What calls people."""
RANGES = {"here", "channel"}
GROUP = "S"
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
    if message.diff:
        code = {"type": "rich_text_preformatted", "elements": [words(message.diff)]}
        blocks.append({"type": "rich_text", "elements": [code]})
    if pieces := _links(message.links):
        blocks.append({"type": "rich_text", "elements": [section(pieces)]})
    if buttons and message.ask is not None and message.choices:
        blocks += _question(message.ask, message.choices)
    return {"text": escape(clip(title, MAX_TEXT)), "blocks": blocks}


def reply_body(text: str, urgency: Urgency, called: Sequence[str] = ()) -> dict[str, Any]:
    """Return `text` and `blocks` of a line in a thread. The text is Markdown.

    Who is called is mentioned if it is loud: ids of people and groups, `here` or `channel`.
    """
    shown = MARKS[urgency] + clip(text, MAX_TEXT)
    block = rich_text(shown) or {"type": "rich_text", "elements": [section([words("…")])]}
    if urgency not in LOUD or not called:
        return {"text": escape(shown), "blocks": [block]}
    mentions = [piece for one in called for piece in (_mention(one), words(" "))]
    elements = [section(mentions), *block["elements"]]
    sounds = "".join(f"{_control(one)} " for one in called)
    return {"text": sounds + escape(shown), "blocks": [{**block, "elements": elements}]}


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


def _question(ask: Ask, choices: Collection[DecisionKind]) -> list[Block]:
    value = ask.model_dump_json()
    buttons = [
        {
            "type": "button",
            "action_id": ACTION_PREFIX + kind,
            "text": _plain(label),
            "value": value,
            **({"style": style} if style else {}),
            **({"confirm": SURE} if kind is DecisionKind.TAKE_OVER else {}),
        }
        for kind, label, style in BUTTONS
        if kind in choices
    ]
    about: list[Block] = []
    if ask.target is not None:
        shown = f"Head {ask.target.head_sha[:12]}, diff {ask.target.patch_digest[:12]}"
        about = [{"type": "context", "elements": [_plain(shown)]}]
    return [*about, {"type": "actions", "block_id": ACTIONS_BLOCK, "elements": buttons}]


def _mention(called: str) -> Block:
    if called in RANGES:
        return {"type": "broadcast", "range": called}
    if called.startswith(GROUP):
        return {"type": "usergroup", "usergroup_id": called}
    return {"type": "user", "user_id": called}


def _control(called: str) -> str:
    """Return what mentions them in a message's `text`."""
    if called in RANGES:
        return f"<!{called}>"
    return f"<!subteam^{called}>" if called.startswith(GROUP) else f"<@{called}>"


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}


SURE: Block = {
    "title": _plain("Take over?"),
    "text": _plain("Suture stops here and leaves this incident to you. It cannot be undone."),
    "confirm": _plain("Take over"),
    "deny": _plain("Cancel"),
}
"""A button that is there at any time is pressed by mistake, too."""
