"""Quoted words that would close an issue when what says them is merged."""

import re

CLOSING = re.compile(
    r"\b((?:clos(?:e[sd]?|ing)|fix(?:e[sd]|ing)?|resolv(?:e[sd]?|ing)|implement(?:s|ed|ing)?)"
    r":?[ \t]+(?:issues?[ \t]+)?\S{0,300}?)"
    r"(#(?=\d)|(?:(?<=http)|(?<=https)):(?=//)|(?-i:(?<=[A-Z][A-Z0-9_])-(?=\d)))",
    re.IGNORECASE,
)
"""Words with which hosts close an issue when what says them is merged. Suture alone closes
tickets, once recovery is verified, so quoted words must not: something invisible comes between."""


def closing_nothing(text: str) -> str:
    """Return the text as people read it, with nothing in it that a host acts on."""
    return CLOSING.sub("\\1\\2\N{ZERO WIDTH SPACE}", text)
