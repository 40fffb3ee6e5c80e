"""Holds back whoever guesses login tokens: a token bucket for each address."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from suture.errors import RateLimited

BURST = 10.0
PER_SECOND = 1 / 6
MAX_ADDRESSES = 4_096
"""Beyond that the address seen longest ago is forgotten: memory stays bounded."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class LoginLimits:
    """Ten attempts at once, then ten a minute. Behind a proxy all share its address."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, address: str) -> None:
        """Use up one attempt.

        Raises:
            RateLimited: the bucket is empty; says when to come back.
        """
        now = self._monotonic()
        bucket = self._buckets.setdefault(address, _Bucket(tokens=BURST, filled_at=now))
        self._buckets.move_to_end(address)
        if len(self._buckets) > MAX_ADDRESSES:
            self._buckets.popitem(last=False)
        bucket.tokens = min(BURST, bucket.tokens + (now - bucket.filled_at) * PER_SECOND)
        bucket.filled_at = now
        if bucket.tokens < 1:
            wait = (1 - bucket.tokens) / PER_SECOND
            raise RateLimited("Too many attempts to log in.", retry_after_seconds=wait)
        bucket.tokens -= 1

    def give_back(self, address: str) -> None:
        """Take back that an attempt counted: it was none."""
        bucket = self._buckets.get(address)
        if bucket is not None:
            bucket.tokens = min(BURST, bucket.tokens + 1)
