"""Slugs: lower-case words of a title, joined by dashes."""

import hashlib
import re
import unicodedata

LONGEST = 40


def ascii_fold(text: str) -> str:
    """Drop accents; what has no ASCII form is left out."""
    parts = unicodedata.normalize("NFKD", text)
    return parts.encode("ascii", "ignore").decode("ascii")


def slugify(title: str) -> str:
    """Return the slug of a title.

    Long slugs are cut at a dash. A title that leaves nothing gets `article-` and the first
    eight hex digits of its SHA-1, so that it always has the same address.
    """
    words = re.findall(r"[a-z0-9]+", ascii_fold(title).lower())
    slug = "-".join(words)
    if not slug:
        return "article-" + hashlib.sha1(title.encode()).hexdigest()[:8]
    if len(slug) > LONGEST:
        slug = slug[: LONGEST + 1].rpartition("-")[0] or slug[:LONGEST]
    return slug
