"""How many requests each sender may make: so many a second, with room for a burst."""

from collections.abc import Callable

from apps.gateway.buckets import TokenBuckets
from apps.gateway.refusals import Code, Refusal


class RateLimits:
    """One limit for each key that the settings name."""

    def __init__(self, per_second: float, burst: int, monotonic: Callable[[], float]) -> None:
        self._buckets: TokenBuckets[str] = TokenBuckets(per_second, burst, monotonic)

    def take(self, key: str) -> None:
        """Use up one request.

        Raises:
            Refusal: there is none left; says when to come back.
        """
        wait_seconds = self._buckets.take(key)
        if wait_seconds > 0:
            raise Refusal(
                Code.RATE_LIMITED,
                "This key sends faster than it may.",
                retry_after_seconds=wait_seconds,
            )
