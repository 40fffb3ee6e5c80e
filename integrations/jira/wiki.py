"""Writes Markdown as Jira's wiki markup, for Data Center and Server.

https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=all. All that could mean
something is escaped: with a backslash, or by its number where a backslash would mean something.
"""

import re
from collections.abc import Iterator, Sequence

from markdown_it.tree import SyntaxTreeNode

from integrations.jira.markdown import BEGIN, END, parse, safe_url

ALWAYS = re.compile(r"[{}\[\]*_^~+!|#]")
BACKSLASH = "&#92;"
DASH = re.compile(r"(?<![^\W_])-|-(?![^\W_])")
"""Within a word, a dash is a dash."""
ENTITY = re.compile(r"&(?=#?\w+;)")
FACE = re.compile(r"[:;](?=[()DPp])|\((?=(?:[xyi/!?+*-]|\*\w|on|off|flag\w*)\))")
CITATION = re.compile(r"\?\?")
LINE_MARK = re.compile(r"^(\s*(?:h[1-6]|bq))\.")
NOFORMAT = re.compile(r"\{(?=noformat)", re.IGNORECASE)
MARKER = re.compile(r"[^\r\n]+")
LISTS = {"bullet_list": "*", "ordered_list": "#"}
PHRASES = {"strong": "{*}", "em": "{_}"}


def markup(markdown: str) -> str:
    """Return the text as wiki markup."""
    return "\n\n".join(_blocks(parse(markdown).children))


def with_own_part(found: object, markdown: str) -> str:
    """Return the text with Suture's own part saying this and people's parts as they are.

    The part stands between two lines; where one of them is gone, it is written anew below.
    """
    kept = found if isinstance(found, str) else ""
    own = f"{BEGIN}\n\n{markup(markdown)}\n\n{END}"
    place = _own_place(kept)
    if place is not None:
        return kept[: place[0]] + own + kept[place[1] :]
    return f"{kept.rstrip()}\n\n{own}" if kept.strip() else own


def escape(text: str) -> str:
    """Return foreign text so that it means nothing."""
    safe = ENTITY.sub("&amp;", text).replace("\\", BACKSLASH)
    safe = FACE.sub(lambda found: "\\" + found[0], safe)
    safe = CITATION.sub(lambda _: r"\?\?", safe)
    safe = DASH.sub(lambda _: r"\-", safe)
    # Not the number sign of an entity that stands for itself.
    safe = "".join(
        part if part == BACKSLASH else ALWAYS.sub(lambda found: "\\" + found[0], part)
        for part in re.split(f"({BACKSLASH})", safe)
    )
    return LINE_MARK.sub(r"\1&#46;", safe)


def _own_place(text: str) -> tuple[int, int] | None:
    lines = [(one[0].strip(), one.start(), one.end()) for one in MARKER.finditer(text)]
    end: int | None = None
    for said, start, finish in reversed(lines):
        if said == END and end is None:
            end = finish
        elif said == BEGIN and end is not None:
            return start, end
    return None


def _blocks(nodes: Sequence[SyntaxTreeNode], *, nested: bool = False) -> Iterator[str]:
    for node in nodes:
        text = _block(node, nested=nested)
        if text:
            yield text


def _block(node: SyntaxTreeNode, *, nested: bool) -> str:
    """Return a block; within a quote another would end it, and within a list there is none."""
    if node.type in {"code_block", "fence"}:
        # Nothing means anything in here but its end, which a word joiner breaks.
        content = NOFORMAT.sub("{\u2060", node.content.rstrip("\n"))
        return f"{{noformat}}\n{content}\n{{noformat}}"
    if node.type in LISTS:
        return "\n".join(_items(node, ""))
    if node.type == "blockquote":
        inner = "\n\n".join(_blocks(node.children, nested=True))
        return inner if nested else f"{{quote}}\n{inner}\n{{quote}}"
    if node.type == "heading" and not nested:
        return f"h{node.tag[1]}. {_inline(node)}"
    return ("" if nested else "----") if node.type == "hr" else _inline(node)


def _items(node: SyntaxTreeNode, outer: str) -> Iterator[str]:
    sign = outer + LISTS[node.type]
    for item in node.children:
        words = [
            text
            for child in item.children
            if child.type not in LISTS and (text := _block(child, nested=True))
        ]
        yield f"{sign} " + "\n".join(words)
        for child in item.children:
            if child.type in LISTS:
                yield from _items(child, sign)


def _inline(node: SyntaxTreeNode) -> str:
    if node.type == "inline" or not node.children:
        return "".join(_span(child) for child in node.children) or escape(node.content)
    return "".join(_inline(child) for child in node.children)


def _span(node: SyntaxTreeNode) -> str:
    if node.type == "code_inline":
        return "{{" + escape(node.content) + "}}"
    if node.type == "softbreak":
        return " "
    if node.type == "hardbreak":
        return "\n"
    inner = "".join(_span(child) for child in node.children)
    if node.type in PHRASES:
        return f"{PHRASES[node.type]}{inner}{PHRASES[node.type]}"
    if node.type == "link":
        url = safe_url(node.attrs.get("href"))
        # What separates a link's parts is no part of a target that `safe_url` returned.
        return f"[{inner}|{url}]" if url else inner
    return escape(node.content)
