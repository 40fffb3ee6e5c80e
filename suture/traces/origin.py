"""Tells a service's own code from libraries, where the source of a trace does not."""

import re

FOREIGN = re.compile(
    r"(?:^|/)(?:site-packages|dist-packages|node_modules)/"
    r"|(?:^|/)lib(?:32|64)?/(?:python|pypy)\d[\d.]*/"
    r"|(?i:(?:^|/)python[\d.]*/lib/)"
    r"|(?:^|/)<"
    r"|(?:^|/)python\d+\.zip/"
)


def is_in_app(filename: str) -> bool:
    """Whether a file may belong to the service: not installed, not the interpreter's own."""
    return FOREIGN.search(filename.replace("\\", "/")) is None
