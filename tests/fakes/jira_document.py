"""Says what is wrong with an Atlassian document, by the published rules.

https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
"""

from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]
INLINE = {"text", "hardBreak"}
LISTS = {"bulletList", "orderedList"}
CONTENT = {
    "doc": {"paragraph", "heading", "codeBlock", "blockquote", "rule", *LISTS},
    "paragraph": INLINE,
    "heading": INLINE,
    "codeBlock": {"text"},
    "blockquote": {"paragraph", "codeBlock", *LISTS},
    "bulletList": {"listItem"},
    "orderedList": {"listItem"},
    "listItem": {"paragraph", "codeBlock", *LISTS},
}
NEVER_EMPTY = {"blockquote", "listItem", *LISTS}
MARKS = {"strong", "em", "code", "link"}


def faults_of(document: object) -> str:
    """Return what is wrong first, or nothing."""
    if not isinstance(document, dict) or document.get("type") != "doc":
        return "no document"
    if document.get("version") != 1:
        return "no version"
    return _fault(document)


def _fault(node: Json) -> str:
    kind = node.get("type")
    if kind in {"rule", "hardBreak"}:
        return "" if set(node) == {"type"} else f"{kind} holds something"
    if kind == "text":
        return _text_fault(node)
    children = node.get("content")
    if kind not in CONTENT or not isinstance(children, list):
        return f"no such node: {kind}"
    if not children and kind in NEVER_EMPTY:
        return f"{kind} is empty"
    inner = (_child_fault(kind, child) for child in children)
    return next((wrong for wrong in inner if wrong), "") or _attribute_fault(node)


def _child_fault(kind: str, child: Json) -> str:
    if child.get("type") not in CONTENT[kind]:
        return f"{kind} holds {child.get('type')}"
    if kind == "codeBlock" and child.get("marks"):
        return "a code block is marked"
    return _fault(child)


def _attribute_fault(node: Json) -> str:
    attributes = node.get("attrs", {})
    if node["type"] == "heading" and attributes.get("level") not in range(1, 7):
        return "a heading has no level"
    allowed = {"heading": {"level"}, "orderedList": {"order"}}.get(node["type"], set())
    return "" if set(attributes) <= allowed else f"{node['type']} has {sorted(attributes)}"


def _text_fault(node: Json) -> str:
    text, marks = node.get("text"), node.get("marks", [])
    if not isinstance(text, str) or not text:
        return "a text is empty"
    kinds = [mark["type"] for mark in marks]
    if len(set(kinds)) < len(kinds) or not set(kinds) <= MARKS:
        return f"wrong marks: {kinds}"
    if "code" in kinds and set(kinds) - {"code", "link"}:
        return "code goes with links only"
    for mark in marks:
        href = mark.get("attrs", {}).get("href", "https://")
        if urlsplit(href).scheme not in {"http", "https", "mailto"}:
            return f"a link leads to {href}"
    return ""
