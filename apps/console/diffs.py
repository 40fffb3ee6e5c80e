"""A unified diff in lines that a page can colour."""

from collections.abc import Iterator
from dataclasses import dataclass

MAX_LINES = 5_000
MAX_LINE_CHARACTERS = 2_000
KINDS = {"+": "added", "-": "removed", "@": "hunk", "\\": "note"}


@dataclass(frozen=True)
class DiffLine:
    """One line and what it does."""

    kind: str
    """`file`, `header`, `hunk`, `added`, `removed`, `note` or `context`."""
    text: str


@dataclass(frozen=True)
class ShownDiff:
    """A diff, cut where nobody would read on."""

    lines: tuple[DiffLine, ...]
    cut: int
    """Lines that are not shown."""


def show_diff(diff: str) -> ShownDiff:
    """Tell the lines of a diff apart."""
    # Not splitlines: a form feed or U+2028 inside a line of code does not end it.
    rows = diff.removesuffix("\n").split("\n") if diff else []
    lines = tuple(_lines(rows[:MAX_LINES]))
    return ShownDiff(lines=lines, cut=max(0, len(rows) - MAX_LINES))


def _lines(rows: list[str]) -> Iterator[DiffLine]:
    in_header = True
    for row in rows:
        if row.startswith("diff --git "):
            in_header = True
            yield DiffLine("file", row[:MAX_LINE_CHARACTERS])
            continue
        in_header = in_header and not row.startswith("@@")
        kind = "header" if in_header else KINDS.get(row[:1], "context")
        yield DiffLine(kind, row[:MAX_LINE_CHARACTERS].removesuffix("\r"))
