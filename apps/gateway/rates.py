"""Token buckets: so many requests a second for each key, with room for a burst."""

from collections.abc import Callable
from dataclasses import dataclass

from apps.gateway.refusals import Code, Refusal


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class RateLimits:
    """One bucket a key. Keys come from the settings, never from senders, so they stay few."""

    def __init__(self, per_second: float, burst: int, monotonic: Callable[[], float]) -> None:
        self._per_second = per_second
        self._burst = float(burst)
        self._monotonic = monotonic
        self._buckets: dict[str, _Bucket] = {}

    def take(self, key: str) -> None:
        """Use up one request.

        Raises:
            Refusal: the bucket is empty; says when to come back.
        """
        now = self._monotonic()
        bucket = self._buckets.setdefault(key, _Bucket(tokens=self._burst, filled_at=now))
        earned = (now - bucket.filled_at) * self._per_second
        bucket.tokens = min(self._burst, bucket.tokens + earned)
        bucket.filled_at = now
        if bucket.tokens < 1:
            raise Refusal(
                Code.RATE_LIMITED,
                "This key sends faster than it may.",
                retry_after_seconds=(1 - bucket.tokens) / self._per_second,
            )
        bucket.tokens -= 1
