"""Characters that nobody can see, or that reorder what is seen, shown by their number.

https://www.unicode.org/reports/tr36/
"""

import re

UNSEEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


def reveal_text(text: str) -> str:
    """Return foreign text in which nothing hides."""
    return UNSEEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)
