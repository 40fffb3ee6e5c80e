"""What goes to the terminal. Foreign text can neither steer the terminal nor mark up.

Control sequences: https://invisible-island.net/xterm/ctlseqs/ctlseqs.html; bidirectional
controls: https://trojansource.codes/.
"""

import re
from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

STEERING = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
MAX_LINE = 400
DIFF_STYLES = (("+++", "bold"), ("---", "bold"), ("@@", "cyan"), ("+", "green"), ("-", "red"))


def stdout() -> Console:
    """Return where results go."""
    return Console(highlight=False)


def stderr() -> Console:
    """Return where progress and complaints go."""
    return Console(stderr=True, highlight=False)


def clean(text: object) -> str:
    """Return text without characters that steer a terminal; line ends and tabs stay."""
    return STEERING.sub("\N{REPLACEMENT CHARACTER}", str(text))


def line(text: object) -> str:
    """Return one bounded line of clean text."""
    flat = " ".join(clean(text).split())
    return flat if len(flat) <= MAX_LINE else flat[: MAX_LINE - 1] + "…"


def plain(text: object, style: str = "") -> Text:
    """Return clean text that is never read as markup."""
    return Text(clean(text), style=style)


def table(
    headings: Sequence[str], rows: Iterable[Sequence[object]], whole: int | None = None
) -> Table:
    """Return a table of clean cells; a tuple is a cell of several lines. Nothing is cut.

    The column number `whole` is so wide that no word in its cells' first lines is broken, for what
    people copy. That may be wider than the terminal, so print it with `crop=False`.
    """
    cells = [[_lines(cell) for cell in row] for row in rows]
    made = Table(box=None, pad_edge=False, header_style="bold")
    for place, heading in enumerate(headings):
        words = [word for row in cells for word in row[place][0].split()]
        longest = max(map(cell_len, words), default=0) if place == whole else None
        made.add_column(heading, overflow="fold", min_width=longest)
    for row in cells:
        made.add_row(*(plain("\n".join(lines)) for lines in row))
    return made


def _lines(cell: object) -> list[str]:
    parts = cell if isinstance(cell, tuple) else (cell,)
    return ["" if part is None else line(part) for part in parts]


def diff(text: str) -> Text:
    """Return a unified diff in colour."""
    shown = Text()
    for row in clean(text).splitlines():
        style = next((style for start, style in DIFF_STYLES if row.startswith(start)), "")
        shown.append(row + "\n", style=style)
    return shown
