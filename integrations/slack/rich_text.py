"""Markdown as Slack's rich text, where text is data: nothing in it can mention, link or format.

Slack reads control sequences (`<!channel>`, `<@U1>`, `<https://...|shown>`) only in mrkdwn and in
a message's `text`, so the former is not used at all and the latter is escaped.
https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
https://docs.slack.dev/messaging/formatting-message-text#escaping
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

Block = dict[str, Any]
STYLES = {"strong_open": "bold", "em_open": "italic", "s_open": "strike"}
ENDS = {"strong_close": "bold", "em_close": "italic", "s_close": "strike"}
CODE_BLOCKS = {"fence", "code_block"}


def escape(text: str) -> str:
    """Return text that Slack shows as it is where it would read control sequences."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def words(text: str, **style: bool) -> Block:
    """Return a piece of text; Slack refuses an empty one."""
    piece: Block = {"type": "text", "text": text}
    return {**piece, "style": style} if style else piece


def section(pieces: Sequence[Block]) -> Block:
    """Return a paragraph."""
    return {"type": "rich_text_section", "elements": list(pieces)}


def rich_text(markdown: str) -> Block | None:
    """Return Markdown as one block; None if it says nothing."""
    elements = list(_elements(_parser().parse(markdown)))
    return {"type": "rich_text", "elements": elements} if elements else None


@cache
def _parser() -> MarkdownIt:
    # Links and images stay the text that they were written as: who writes them may be hostile.
    parser = MarkdownIt("commonmark", {"html": False}).enable("strikethrough")
    return parser.disable(["link", "image", "autolink", "reference"])


def _elements(tokens: Sequence[Token]) -> Iterator[Block]:
    prefix, heading = "", False
    for token in tokens:
        if token.type == "list_item_open":
            prefix = "• "
        elif token.type == "heading_open":
            heading = True
        elif token.type in CODE_BLOCKS and token.content.strip():
            yield {"type": "rich_text_preformatted", "elements": [words(token.content)]}
        elif token.type == "inline":
            pieces = list(_pieces(token.children or (), heading=heading))
            if pieces:
                start = [words(prefix)] if prefix else []
                yield section([*start, *pieces, words("\n")])
            prefix, heading = "", False


def _pieces(tokens: Sequence[Token], *, heading: bool) -> Iterator[Block]:
    styles = {"bold"} if heading else set()
    for token in tokens:
        if token.type in STYLES:
            styles.add(STYLES[token.type])
        elif token.type in ENDS:
            styles.discard(ENDS[token.type])
        elif token.type in {"softbreak", "hardbreak"}:
            yield words("\n")
        elif token.content:
            own = {"code"} if token.type == "code_inline" else set()
            yield words(token.content, **dict.fromkeys(sorted(styles | own), True))
