"""Answers to `/suture` in Block Kit. What comes from incidents is text, and does nothing."""

from collections.abc import Sequence
from typing import Any

from integrations.slack.blocks import clip, message_body
from integrations.slack.commands import COMMAND, MIN_HEAD, Verb
from integrations.slack.rich_text import Block, escape, section, words
from suture.domain.value import Instant, Value
from suture.ports.chat import Message

MAX_LISTED = 20
MAX_TITLE = 120
HELP = (
    (Verb.LIST, "the incidents that are open"),
    (f"{Verb.SHOW} INCIDENT", "where one stands, with its fix and its buttons"),
    (f"{Verb.APPROVE} INCIDENT HEAD", f"merge exactly this head, named by {MIN_HEAD} digits"),
    (f"{Verb.REQUEST_CHANGES} INCIDENT [HEAD] WHAT", "have another fix looked for"),
    (f"{Verb.REJECT} INCIDENT [HEAD] [WHY]", "close its pull request"),
    (f"{Verb.TAKE_OVER} INCIDENT [WHY]", "have Suture leave it to you"),
    (Verb.HELP, "this"),
)


class Listed(Value):
    """One line of the list."""

    incident_id: str
    title: str
    service: str
    severity: str
    stage: str
    opened_at: Instant


def list_blocks(rows: Sequence[Listed]) -> list[Block]:
    """Return the open incidents, newest first."""
    if not rows:
        return [_rich([words("No incident is open.")])]
    blocks = [
        _rich(
            [
                words(f"{clip(row.title, MAX_TITLE)}\n", bold=True),
                words(row.incident_id, code=True),
                words(f"  {row.severity} in {row.service}, {row.stage}, since {_moment(row)}"),
            ]
        )
        for row in rows[:MAX_LISTED]
    ]
    if len(rows) > MAX_LISTED:
        blocks.append(_rich([words(f"… and {len(rows) - MAX_LISTED} more.")]))
    return blocks


def show_blocks(message: Message, *, buttons: bool) -> list[Block]:
    """Return an incident's message, with the line that approves what it shows."""
    body: dict[str, Any] = message_body(message, buttons=buttons)
    blocks: list[Block] = body["blocks"]
    ask = message.ask
    if ask is None:
        return blocks
    head = f" {ask.target.head_sha[:MIN_HEAD]}" if ask.target else ""
    verb = Verb.APPROVE if head else Verb.TAKE_OVER
    line = f"{COMMAND} {verb} {ask.incident_id}{head}"
    return [*blocks, _rich([words("Or type "), words(line, code=True)])]


def help_blocks(complaint: str = "") -> list[Block]:
    """Return what can be typed."""
    lines = [words(f"{complaint}\n", bold=True)] if complaint else []
    for usage, meaning in HELP:
        lines += [words(f"{COMMAND} {usage}", code=True), words(f"  {meaning}\n")]
    return [_rich(lines)]


def fallback(text: str) -> str:
    """Return what notifications show."""
    return escape(clip(text, MAX_TITLE))


def _rich(pieces: Sequence[Block]) -> Block:
    return {"type": "rich_text", "elements": [section(pieces)]}


def _moment(row: Listed) -> str:
    return f"{row.opened_at:%Y-%m-%d %H:%M} UTC"
