"""Makes a batch durable: its sample in the artifact store, its size in the counts, then Temporal.

Temporal comes last, so that whatever it tells an incident about can be read. The counts come
before it: when Temporal fails, the errors did happen all the same.
"""

import asyncio

from apps.gateway.batch import Batch
from apps.gateway.counting import GroupedCounts
from apps.gateway.parts import GatewayParts
from suture.errors import SutureError
from suture.ports.metrics import EventCount


class Delivery:
    """Delivers batches; the same batch may be delivered again."""

    def __init__(self, parts: GatewayParts) -> None:
        self._parts = parts
        self._counts = GroupedCounts(parts.event_metrics)

    async def deliver(self, batch: Batch) -> None:
        """Return once artifact store, counts and Temporal have it.

        Raises:
            SutureError: one of them did not confirm it.
        """
        await self._store_once(batch)
        await self._parts.starter.commit(
            batch.key, batch.title, batch.message(), environment=batch.environment
        )

    async def _store_once(self, batch: Batch) -> None:
        # An attempt that runs out of time leaves its writing behind; the next attempt waits for
        # that instead of writing, and counting, a second time.
        if batch.storing is None:
            batch.storing = asyncio.create_task(self._store(batch))
        try:
            await asyncio.shield(batch.storing)
        except SutureError:
            batch.storing = None
            raise
        batch.contents.clear()

    async def _store(self, batch: Batch) -> None:
        await asyncio.to_thread(self._put_all, tuple(batch.contents))
        count = EventCount(
            service=batch.key.service,
            fingerprint=batch.key.fingerprint,
            at=self._parts.clock(),
            count=len(batch.identities),
        )
        await self._counts.record(count)

    def _put_all(self, contents: tuple[bytes, ...]) -> None:
        for content in contents:
            self._parts.artifacts.put(content)
