"""Fetches what a webhook leaves out, while its sender waits: briefly, and not for many at once."""

import asyncio
from collections.abc import Mapping

import structlog
from pydantic import JsonValue

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
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def complete(
        self, vendor: str, payload: Mapping[str, JsonValue], delivery: Delivery
    ) -> tuple[Mapping[str, JsonValue], Delivery]:
        """Return the delivery with what its vendor's API adds; as it is, if that takes too long."""
        completion = self._by_vendor.get(vendor)
        if completion is None or self._slots.locked():
            return payload, delivery
        async with self._slots:
            try:
                async with asyncio.timeout(self._seconds):
                    return await asyncio.to_thread(completion, payload, delivery)
            except TimeoutError:
                log.warning("delivery.incomplete", vendor=vendor, reason="took too long")
        return payload, delivery
