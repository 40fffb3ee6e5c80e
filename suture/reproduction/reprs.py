"""Telling apart the reprs that occur in captured locals, before they are parsed."""

import re

MAX_REPR_CHARACTERS = 20_000
MAX_NESTING = 40

ADDRESS_OBJECT = re.compile(r"<(?P<name>[A-Za-z_][\w.]*) object(?: at 0x[0-9a-fA-F]+)?>")
FUNCTION_OBJECT = re.compile(r"<function (?P<name>[A-Za-z_][\w.]*) at 0x[0-9a-fA-F]+>")
ENUM_MEMBER = re.compile(r"<(?P<name>[A-Za-z_][\w.]*\.[A-Za-z_]\w*): [^<>]*>")
CLASS = re.compile(r"<class '(?P<name>[A-Za-z_][\w.]*)'>")
REDACTED = frozenset({"[redacted]", "[Filtered]", "'[redacted]'", "'[Filtered]'"})


class Unbuildable(Exception):
    """A value cannot be rebuilt; the message says why, for people."""


def is_redacted(text: str) -> bool:
    """Whether a scrubber has put its mark in the value's place."""
    return text in REDACTED or text.startswith("[redacted:")


def looks_truncated(text: str) -> bool:
    """Whether the sender cut the text; a repr never ends in dots outside its quotes."""
    return text.endswith(("...", "…")) and text not in {"...", "Ellipsis"}


def clean_repr(text: str) -> str:
    """Return the repr with enum members and classes written as names, outside of quotes.

    Raises:
        Unbuildable: too long, nested too deeply, or it holds what has only an address.
    """
    if len(text) > MAX_REPR_CHARACTERS:
        raise Unbuildable("its repr is too long")
    written: list[str] = []
    depth = position = 0
    while position < len(text):
        piece = _piece(text, position)
        depth += sum(piece == bracket for bracket in "([{") - sum(piece == end for end in ")]}")
        if depth > MAX_NESTING:
            raise Unbuildable("it is nested too deeply")
        position += len(piece)
        written.append(_spelled(piece) if piece[0] == "<" else piece)
    return "".join(written)


def _piece(text: str, position: int) -> str:
    """Return the quoted text, the angle bracketed part or the one character that starts here."""
    character = text[position]
    if character in "'\"":
        return _quoted(text, position)
    if character != "<":
        return character
    for pattern in (ENUM_MEMBER, CLASS):
        if match := pattern.match(text, position):
            return match.group()
    raise Unbuildable("part of it is known only by its address or a repr of its own")


def _quoted(text: str, position: int) -> str:
    end = position + 1
    while end < len(text) and text[end] != text[position]:
        end += 2 if text[end] == "\\" else 1
    if end >= len(text):
        raise Unbuildable("its value was truncated")
    return text[position : end + 1]


def _spelled(piece: str) -> str:
    if match := ENUM_MEMBER.fullmatch(piece):
        return match["name"]
    return "__class__." + piece.removeprefix("<class '").removesuffix("'>")
