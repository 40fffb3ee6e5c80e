"""Tags as people type them, and what we make of them."""

import re

SEPARATORS = re.compile(r"[,;]")


def normalise(tag):
    """Lower case, single dashes for runs of spaces."""
    return "-".join(tag.lower().split())


def parse_tags(text, extra=None):
    """Return the distinct tags of a comma separated text, sorted; extra tags are added."""
    found = set(extra or ())
    for part in SEPARATORS.split(text):
        if part.strip():
            found.add(normalise(part))
    return sorted(found)
