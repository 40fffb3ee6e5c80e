"""Remembers for a while which alerts Temporal has already."""

from collections import OrderedDict
from collections.abc import Callable

CAPACITY = 20_000
KEEP_SECONDS = 600.0
"""Twice the window in which a signed request can be replayed."""


class RecentAlerts:
    """A bounded set whose members expire."""

    def __init__(self, monotonic: Callable[[], float], capacity: int = CAPACITY) -> None:
        self._monotonic = monotonic
        self._capacity = capacity
        self._expiries: OrderedDict[tuple[str, str], float] = OrderedDict()

    def add(self, identity: tuple[str, str]) -> None:
        """Remember it, and forget the oldest if there are too many."""
        self._expiries[identity] = self._monotonic() + KEEP_SECONDS
        self._expiries.move_to_end(identity)
        if len(self._expiries) > self._capacity:
            self._expiries.popitem(last=False)

    def __contains__(self, identity: tuple[str, str]) -> bool:
        expiry = self._expiries.get(identity)
        return expiry is not None and self._monotonic() < expiry
