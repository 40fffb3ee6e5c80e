"""Suture's own part of a description that people edit too.

It stands between two lines that people see: Linear keeps no hidden comments in its Markdown,
which it writes anew in its own style whenever somebody saves it.
"""

import re

from integrations.marks import one_title

MAX_CHARACTERS = 50_000
MAX_TITLE = 255
BEGIN = "\u25bc Kept by Suture: this part is rewritten, write above or below it."
END = "\u25b2 End of the part kept by Suture."
SIGNS = str.maketrans({"\u25bc": "\u25bd", "\u25b2": "\u25b3"})
LINE = re.compile(r"[^\r\n]+")
EMPHASIS = " \t*_>\\"
IMAGE = re.compile(r"!(?=\[)")


def with_own_part(found: str | None, body: str) -> str:
    """Return the description with Suture's own part saying this and people's parts as they are.

    Where one of the two lines is gone, the part is written anew below.
    """
    kept = found or ""
    own = f"*{BEGIN}*\n\n{defused(body)}\n\n*{END}*"
    place = _own_place(kept)
    if place is not None:
        return kept[: place[0]] + own + kept[place[1] :]
    return f"{kept.rstrip()}\n\n{own}" if kept.strip() else own


def has_own_part(text: str) -> bool:
    """Whether Suture wrote a part of this description."""
    return _own_place(text) is not None


def defused(text: str) -> str:
    """Return Markdown that forges no marker and shows no picture from elsewhere, within bounds."""
    if len(text) > MAX_CHARACTERS:
        text = text[: MAX_CHARACTERS - 2] + "\n\u2026"
    return IMAGE.sub(r"!\\", storable(text).translate(SIGNS)).strip()


def title(text: str) -> str:
    """Return foreign text as the one line that Linear takes for a title."""
    return one_title(storable(text), MAX_TITLE)


def storable(text: str) -> str:
    """Return the text without what JSON or a database cannot hold."""
    clean = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return "".join(one if one >= " " or one in "\n\t" else "\ufffd" for one in clean)


def _own_place(text: str) -> tuple[int, int] | None:
    end: int | None = None
    for line in reversed(list(LINE.finditer(text))):
        said = line[0].strip(EMPHASIS)
        if said == END and end is None:
            end = line.end()
        elif said == BEGIN and end is not None:
            return line.start(), end
    return None
