"""Fetches what a webhook leaves out, while its sender waits: briefly, and not for many at once."""

import asyncio
import functools
from collections.abc import Mapping

import structlog
from pydantic import JsonValue

from apps.threads import AllBusy, Threads
from integrations.inbound import Completion, Delivery

SECONDS = 0.7
"""Sentry waits for one."""
AT_ONCE = 4

log = structlog.get_logger()


class Completions:
    """Completes deliveries of those vendors whose API may be asked."""

    def __init__(self, by_vendor: Mapping[str, Completion], seconds: float = SECONDS) -> None:
        self._by_vendor = by_vendor
        self._seconds = seconds
        # Their own: a vendor that hangs must not hold up what takes deliveries in.
        self._threads = Threads("the APIs of vendors", AT_ONCE)

    async def complete(
        self, vendor: str, payload: Mapping[str, JsonValue], delivery: Delivery
    ) -> tuple[Mapping[str, JsonValue], Delivery]:
        """Return the delivery with what its vendor's API adds; as it is, if that takes too long."""
        completion = self._by_vendor.get(vendor)
        if completion is None:
            return payload, delivery
        try:
            async with asyncio.timeout(self._seconds):
                return await self._threads.run(functools.partial(completion, payload, delivery))
        except AllBusy:
            log.warning("delivery.incomplete", vendor=vendor, reason="earlier ones still wait")
        except TimeoutError:
            log.warning("delivery.incomplete", vendor=vendor, reason="took too long")
        return payload, delivery

    def close(self) -> None:
        """Complete no more."""
        self._threads.close()
