"""When to try again."""

from collections.abc import Callable

LONGEST_PAUSE = 60.0


def pauses(max_attempts: int, first_pause: float) -> list[float]:
    """Seconds to wait after each failed attempt but the last.

    Each is twice the one before, up to the longest.
    """
    return [min(first_pause * 2**number, LONGEST_PAUSE) for number in range(max_attempts - 1)]


def deliver(send: Callable[[], int], waits: list[float], sleep: Callable[[float], None]) -> bool:
    """Call `send` until it answers with a status below 300 or no wait is left."""
    for wait in [*waits, None]:
        if send() < 300:
            return True
        if wait is not None:
            sleep(wait)
    return False
