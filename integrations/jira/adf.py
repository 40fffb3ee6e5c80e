"""Writes Markdown as an Atlassian Document: a tree, so that no text can become markup.

https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from markdown_it.tree import SyntaxTreeNode

from integrations.jira.markdown import BEGIN, END, parse, safe_url

Node = dict[str, Any]
Marks = tuple[Node, ...]
MARKS = {"strong": "strong", "em": "em"}
LISTS = {"bullet_list": "bulletList", "ordered_list": "orderedList"}
CODE = {"code_block", "fence"}


def document(markdown: str) -> Node:
    """Return the text as a document of its own."""
    return _document(_blocks(parse(markdown).children))


def with_own_part(found: object, markdown: str) -> Node:
    """Return the document with Suture's own part saying this and people's parts as they are.

    The part stands between two paragraphs; where one of them is gone, it is written anew below.
    """
    kept = found.get("content") if isinstance(found, dict) else None
    blocks = kept if isinstance(kept, list) else []
    own = [
        _paragraph([_text(BEGIN, ({"type": "em"},))]),
        *_blocks(parse(markdown).children),
        _paragraph([_text(END, ({"type": "em"},))]),
    ]
    first, last = _own_place(blocks)
    return _document([*blocks[:first], *own, *blocks[last:]])


def plain_text(node: object) -> str:
    """Return what a node says, without its form."""
    if not isinstance(node, dict):
        return ""
    children = node.get("content")
    inner = children if isinstance(children, list) else []
    return str(node.get("text", "")) + "".join(plain_text(child) for child in inner)


def _own_place(blocks: Sequence[object]) -> tuple[int, int]:
    said = [plain_text(block).strip() for block in blocks]
    for last in range(len(said) - 1, -1, -1):
        if said[last] != END:
            continue
        for first in range(last - 1, -1, -1):
            if said[first] == BEGIN:
                return first, last + 1
    return len(blocks), len(blocks)


def _document(blocks: list[Any]) -> Node:
    return {"version": 1, "type": "doc", "content": blocks}


def _blocks(nodes: Sequence[SyntaxTreeNode], *, nested: bool = False) -> list[Node]:
    return [block for node in nodes for block in _block(node, nested=nested)]


def _block(node: SyntaxTreeNode, *, nested: bool) -> Iterator[Node]:
    """Yield a block; inside of lists and quotes, a document holds neither headings nor quotes."""
    if node.type in CODE:
        yield _code_block(node.content.rstrip("\n"))
    elif node.type in LISTS:
        yield _list(node)
    elif node.type == "blockquote":
        inner = _blocks(node.children, nested=True)
        yield from inner if nested else [{"type": "blockquote", "content": inner}] if inner else []
    elif node.type == "heading" and not nested:
        yield {
            "type": "heading",
            "attrs": {"level": int(node.tag[1])},
            "content": list(_inline(node)),
        }
    elif node.type == "hr":
        yield from [] if nested else [{"type": "rule"}]
    else:
        yield _paragraph(list(_inline(node)))


def _list(node: SyntaxTreeNode) -> Node:
    items = []
    for item in node.children:
        inner = _blocks(item.children, nested=True)
        if not inner or inner[0]["type"] not in {"paragraph", "codeBlock"}:
            inner.insert(0, _paragraph([]))
        items.append({"type": "listItem", "content": inner})
    made: Node = {"type": LISTS[node.type], "content": items}
    if node.type == "ordered_list":
        made["attrs"] = {"order": int(node.attrs.get("start", 1))}
    return made


def _code_block(content: str) -> Node:
    return {"type": "codeBlock", "content": [_text(content)] if content else []}


def _paragraph(content: list[Node]) -> Node:
    return {"type": "paragraph", "content": content}


def _text(text: str, marks: Marks = ()) -> Node:
    return {"type": "text", "text": text, **({"marks": list(marks)} if marks else {})}


def _inline(node: SyntaxTreeNode) -> Iterator[Node]:
    for child in node.children:
        # A block's words stand in one `inline` node below it.
        yield from _inline(child) if child.type == "inline" else _span(child, ())


def _span(node: SyntaxTreeNode, marks: Marks) -> Iterator[Node]:
    writer = SPANS.get(node.type)
    if writer is not None:
        yield from writer(node, marks)
    elif node.content:
        yield _text(node.content, marks)


def _marked(node: SyntaxTreeNode, marks: Marks) -> Iterator[Node]:
    mark = {"type": MARKS[node.type]}
    added = marks if mark in marks else (*marks, mark)
    for child in node.children:
        yield from _span(child, added)


def _linked(node: SyntaxTreeNode, marks: Marks) -> Iterator[Node]:
    url = safe_url(node.attrs.get("href"))
    added = (*marks, {"type": "link", "attrs": {"href": url}}) if url else marks
    for child in node.children:
        yield from _span(child, added)


def _code(node: SyntaxTreeNode, marks: Marks) -> Iterator[Node]:
    # Code goes together with a link, and with nothing else.
    links = tuple(mark for mark in marks if mark["type"] == "link")
    yield _text(node.content, (*links, {"type": "code"}))


def _soft_break(node: SyntaxTreeNode, marks: Marks) -> Iterator[Node]:
    del node
    yield _text(" ", marks)


def _hard_break(node: SyntaxTreeNode, marks: Marks) -> Iterator[Node]:
    del node, marks
    yield {"type": "hardBreak"}


SPANS: dict[str, Callable[[SyntaxTreeNode, Marks], Iterator[Node]]] = {
    "strong": _marked,
    "em": _marked,
    "link": _linked,
    "code_inline": _code,
    "softbreak": _soft_break,
    "hardbreak": _hard_break,
}
