"""How alike two names are, as people misspell and confuse them."""

import difflib
import re
from collections.abc import Iterable
from functools import lru_cache

LEAST = 0.55
MAX_NAME = 80


@lru_cache(maxsize=20_000)
def similarity(left: str, right: str) -> float:
    """Return 0 to 1: by letters, or by shared words such as in `unit_price` and `price_unit`."""
    if not left or not right or max(len(left), len(right)) > MAX_NAME:
        return 0.0
    a, b = left.lower(), right.lower()
    if a == b:
        return 1.0
    words, others = _words(left), _words(right)
    shared = 0.95 * len(words & others) / max(1, len(words | others))
    if (
        2 * min(len(a), len(b)) < LEAST * (len(a) + len(b))
        or len(set(a) & set(b)) < len(set(a)) / 2
    ):
        # So different that comparing letter by letter would cost more than it tells.
        return shared
    return max(difflib.SequenceMatcher(None, a, b).ratio(), shared)


@lru_cache(maxsize=20_000)
def _words(name: str) -> frozenset[str]:
    return frozenset(word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+|\d+", name))


def most_similar(
    name: str, candidates: Iterable[str], *, hint: str = "", favoured: Iterable[str] = ()
) -> list[tuple[str, float]]:
    """Return candidates that may be meant, best first.

    The interpreter's own hint counts as certain, and favoured ones as fairly alike.
    """
    favour = set(favoured)
    scored: dict[str, float] = {}
    for candidate in set(candidates) - {name}:
        score = max(similarity(name, candidate), 0.75 if candidate in favour else 0.0)
        if score >= LEAST:
            scored[candidate] = score
    if hint and hint != name:
        scored[hint] = 1.0
    return sorted(scored.items(), key=lambda item: (-item[1], item[0]))[:8]
