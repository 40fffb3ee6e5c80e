"""Turns templates and foreign text into pages. Everything that is shown is hostile.

Templates escape (https://jinja.palletsprojects.com/en/stable/api/#autoescaping), and characters
that nobody can see, or that reorder what is seen, are shown by their number:
https://www.unicode.org/reports/tr36/. Markdown may hold neither HTML nor images.
"""

import re
from datetime import timedelta

from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from suture.unseen import reveal_text

LINK = re.compile(r"https?://[^\s\"'<>\\]+")
MINUTE, HOUR, DAY = 60, 3_600, 86_400
MAX_MARKDOWN = 100_000
CENT = 0.01


def reveal(value: object) -> object:
    """Show unseen characters; what is markup already was made from text that went through here."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return reveal_text(value)


def markdown(text: str) -> Markup:
    """Render a foreign Markdown text; HTML in it is shown, not obeyed."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    # The word joiner in defused mentions is ours and means nothing to readers.
    shown = str(reveal(text[:MAX_MARKDOWN].replace("@\u2060", "@")))
    return Markup(parser.render(shown))  # noqa: S704 -- the renderer escapes, and HTML is off


def link(url: str) -> str:
    """Return a URL that is safe to follow, or one that leads nowhere."""
    return url if LINK.fullmatch(url) else "#"


def seconds(count: float) -> str:
    """Return a length of time in its two largest units."""
    whole = int(count)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE} s"
    if whole < DAY:
        return f"{whole // HOUR} h {whole % HOUR // MINUTE} min"
    return f"{whole // DAY} d {whole % DAY // HOUR} h"


def elapsed(length: timedelta) -> str:
    """Return a length of time for people."""
    return seconds(max(0.0, length.total_seconds()))


def words(name: str) -> str:
    """Return a name from a closed set as people write it."""
    return name.replace("_", " ")


def money(amount: float) -> str:
    """Return an amount in dollars, with cents that tell something."""
    return f"${amount:.2f}" if amount >= CENT or amount == 0 else f"${amount:.4f}"


class Pages:
    """Renders the console's templates under one root path."""

    def __init__(self, root: str) -> None:
        self.root = root
        """Path of the console, such as `/console`."""
        self._environment = Environment(
            loader=PackageLoader("apps.console"),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=reveal,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(
            markdown=markdown, link=link, seconds=seconds, elapsed=elapsed, words=words, money=money
        )
        self._environment.globals["root"] = root

    def render(self, template: str, **values: object) -> str:
        """Return a page."""
        return self._environment.get_template(template).render(values)
