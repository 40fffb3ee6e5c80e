"""Items of a feed, one JSON object per line."""

import json

from .response import text_of


class BadFeed(Exception):
    """A response that is no feed."""


def items(response):
    """Return the items of a response."""
    if response["status"] != 200:
        raise BadFeed("status %s" % response["status"])
    found = []
    for number, line in enumerate(text_of(response).splitlines(), 1):
        if not line.strip():
            continue
        item = json.loads(line)
        if "title" not in item:
            raise BadFeed("line %d has no title" % number)
        found.append(item)
    return found
