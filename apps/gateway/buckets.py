"""Token buckets: so much at once, and so many a second from then on, for each key.

The virtual scheduling form of the generic cell rate algorithm (ITU-T I.371): of a bucket only the
moment at which it will be full again is kept, so a full bucket needs no memory.
"""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

SWEEP_AT = 1_024
"""Buckets among which full ones are first looked for."""

Key = TypeVar("Key", bound=Hashable)


class TokenBuckets(Generic[Key]):
    """One bucket a key. Full ones are forgotten, so there are as many as were used lately."""

    def __init__(self, per_second: float, burst: int, monotonic: Callable[[], float]) -> None:
        self._interval_seconds = 1 / per_second
        self._burst = burst
        self._monotonic = monotonic
        self._full_at: dict[Key, float] = {}
        self._sweep_at = SWEEP_AT

    def __len__(self) -> int:
        return len(self._full_at)

    def take(self, key: Key) -> float:
        """Use up a token and return 0; if there is none, return the seconds until there is."""
        now = self._monotonic()
        full_at = max(self._full_at.get(key, now), now)
        wait_seconds = full_at - now - (self._burst - 1) * self._interval_seconds
        if wait_seconds > 0:
            return wait_seconds
        self._full_at[key] = full_at + self._interval_seconds
        if len(self._full_at) > self._sweep_at:
            self._forget_full(now)
        return 0.0

    def _forget_full(self, now: float) -> None:
        # Looking again only once their number has doubled keeps the cost of a take constant.
        self._full_at = {key: at for key, at in self._full_at.items() if at > now}
        self._sweep_at = max(SWEEP_AT, 2 * len(self._full_at))
