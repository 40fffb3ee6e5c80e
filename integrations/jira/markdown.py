"""Reads Suture's Markdown into a tree that Jira's two formats are written from.

CommonMark without HTML and images, https://spec.commonmark.org/: both are shown as text.
"""

from urllib.parse import quote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

MAX_CHARACTERS = 20_000
"""Jira takes 32,767 characters of a description, people's own words and markup included."""
MAX_TITLE = 255
BEGIN = "\u25bc Kept by Suture: this part is rewritten, write above or below it."
END = "\u25b2 End of the part kept by Suture."
SCHEMES = {"http", "https", "mailto"}
SIGNS = str.maketrans({"\u25bc": "\u25bd", "\u25b2": "\u25b3"})


def parse(text: str) -> SyntaxTreeNode:
    """Return the tree of a Markdown text, cut to what Jira takes.

    The signs that begin Suture's markers are changed, so that no foreign text can forge one.
    """
    if len(text) > MAX_CHARACTERS:
        text = text[: MAX_CHARACTERS - 2] + "\n\u2026"
    parser = MarkdownIt("commonmark", {"html": False}).disable(["image", "html_block"])
    parser.disable("html_inline")
    return SyntaxTreeNode(parser.parse(storable(text).translate(SIGNS)))


def storable(text: str) -> str:
    """Return the text without what JSON or XML cannot hold."""
    clean = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return "".join(
        one if one >= " " or one in "\n\t" else "\ufffd" for one in clean.replace("\r\n", "\n")
    )


def title(text: str) -> str:
    """Return foreign text as the one line that Jira takes for a summary."""
    return " ".join(storable(text).split())[:MAX_TITLE] or "\u2026"


def safe_url(url: object) -> str | None:
    """Return a link's target in plain ASCII, or None unless it leads to a page or an address."""
    try:
        scheme = urlsplit(str(url)).scheme.lower()
    except ValueError:
        return None
    return quote(str(url), safe="%/:?#@$&'()*+,;=-._~!") if scheme in SCHEMES else None
