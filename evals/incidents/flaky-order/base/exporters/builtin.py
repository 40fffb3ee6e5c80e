"""The exporters that come with us."""

from .registry import register


def load():
    """Register the built-in exporters."""
    register("csv")(to_csv)
    register("lines")(to_lines)


def to_csv(rows):
    return "\n".join(",".join(str(cell) for cell in row) for row in rows)


def to_lines(rows):
    return "\n".join(str(row) for row in rows)
