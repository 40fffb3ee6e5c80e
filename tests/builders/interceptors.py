"""Interceptors that disturb activities: hold one, or let each fail."""

import asyncio
from collections import Counter
from datetime import timedelta
from enum import StrEnum
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor


class Moment(StrEnum):
    """When an activity is disturbed: before its effect, or after it and before its answer."""

    BEFORE = "before"
    AFTER = "after"


class Disturbing(Interceptor):
    """Calls `strike` around every activity."""

    def intercept_activity(
        self,
        next: ActivityInboundInterceptor,  # noqa: A002 -- the interface names it so
    ) -> ActivityInboundInterceptor:
        return _Disturbed(next, self)

    async def strike(self, name: str, moment: Moment) -> None:
        raise NotImplementedError


class _Disturbed(ActivityInboundInterceptor):
    def __init__(self, following: ActivityInboundInterceptor, by: Disturbing) -> None:
        super().__init__(following)
        self._by = by

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ANN401 -- the interface says so
        name = activity.info().activity_type
        await self._by.strike(name, Moment.BEFORE)
        result = await self.next.execute_activity(input)
        await self._by.strike(name, Moment.AFTER)
        return result


class FailingOnce(Disturbing):
    """Lets every activity fail once, in a way that may be retried."""

    def __init__(self, moment: Moment) -> None:
        self.moment = moment
        self.struck: Counter[str] = Counter()

    async def strike(self, name: str, moment: Moment) -> None:
        if moment is self.moment and not self.struck[name]:
            self.struck[name] += 1
            raise ApplicationError(
                f"{name} fails {moment}.",
                type="Unreachable",
                next_retry_delay=timedelta(milliseconds=10),
            )


class FailingForGood(Disturbing):
    """Lets activities of these names fail in a way that retrying cannot help."""

    def __init__(self, *names: str) -> None:
        self._names = names

    async def strike(self, name: str, moment: Moment) -> None:
        if name in self._names and moment is Moment.BEFORE:
            raise ApplicationError(f"{name} refuses.", type="NotAuthorised", non_retryable=True)


class OutOfReach(Disturbing):
    """Lets activities of these names fail each time, in a way that may be retried.

    Failing after its effect, an activity has done its work and its answer is lost.
    """

    def __init__(self, *names: str, moment: Moment = Moment.BEFORE) -> None:
        self.names = set(names)
        """Empty once everything is back."""
        self.moment = moment
        self.reached = asyncio.Event()

    async def strike(self, name: str, moment: Moment) -> None:
        if name in self.names and moment is self.moment:
            self.reached.set()
            raise ApplicationError(
                f"{name} does not answer.",
                type="Unreachable",
                next_retry_delay=timedelta(milliseconds=200),
            )


class Holding(Disturbing):
    """Holds an activity between its effect and its answer until it is released."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.reached = asyncio.Event()
        self.released = asyncio.Event()

    async def strike(self, name: str, moment: Moment) -> None:
        if name == self._name and moment is Moment.AFTER:
            self.reached.set()
            await self.released.wait()


class RefusingUntilMended(Disturbing):
    """Lets activities of these names fail for good, until somebody mends what they need."""

    def __init__(self, *names: str) -> None:
        self._names = names
        self.refused = 0
        self.mended = False

    async def strike(self, name: str, moment: Moment) -> None:
        if name in self._names and moment is Moment.BEFORE and not self.mended:
            self.refused += 1
            raise ApplicationError(
                "The key is readable by others.", type="SettingsError", non_retryable=True
            )
