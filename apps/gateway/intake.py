"""From parsed alerts to acknowledged ones: fingerprint, canonical form, group commit."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

import structlog

from apps.gateway.commit import CommitLimits, CommitTools, GroupCommit
from apps.gateway.delivery import Delivery
from apps.gateway.parts import GatewayParts
from apps.gateway.telemetry import Telemetry
from suture.arrival import Arrival

CONCURRENT_PARSES = 4
"""Python parses one at a time anyway; more would only hold more memory."""

Parsed = TypeVar("Parsed")


class Intake:
    """Takes alerts in; what it acknowledges, Temporal has."""

    def __init__(self, parts: GatewayParts, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._parses = asyncio.Semaphore(CONCURRENT_PARSES)
        self.commits = GroupCommit(
            CommitLimits(
                max_waiting=parts.settings.max_waiting,
                timeout_seconds=parts.settings.commit_timeout_seconds,
            ),
            CommitTools(
                deliver=Delivery(parts).deliver,
                new_id=parts.new_id,
                monotonic=parts.monotonic,
                telemetry=telemetry,
            ),
        )

    async def parse(self, work: Callable[[], Parsed]) -> Parsed:
        """Run CPU-bound work on hostile input beside the event loop."""
        async with self._parses:
            return await asyncio.to_thread(work)

    async def accept(self, arrivals: Sequence[Arrival]) -> None:
        """Return once Temporal has all of them.

        Raises:
            TransientError: at least one is not confirmed; sending all again is safe.
        """
        outcomes = await asyncio.gather(*map(self._accept, arrivals), return_exceptions=True)
        for outcome in outcomes:
            if outcome is not None:
                raise outcome

    async def _accept(self, arrival: Arrival) -> None:
        with structlog.contextvars.bound_contextvars(incident_id=arrival.key.incident_id):
            await self.commits.submit(arrival)
        self._telemetry.alert_accepted(arrival.key.service, arrival.notice.source)
