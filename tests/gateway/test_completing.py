"""What a vendor's API adds to a webhook, and how little it can hold up."""

import asyncio
import contextvars
import threading
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from pydantic import JsonValue

from apps.gateway.completing import AT_ONCE, Completions
from apps.threads import AllBusy, Threads
from integrations.inbound import Delivery

DELIVERY = Delivery(headers={}, body=b"{}", received_at=datetime(2026, 1, 1, tzinfo=UTC))
GIVEN: dict[str, JsonValue] = {"id": 1}
MORE: dict[str, JsonValue] = {"id": 1, "frames": []}
Told = tuple[Mapping[str, JsonValue], Delivery]


class SlowApi:
    """Answers when the test lets it."""

    def __init__(self) -> None:
        self.asked = threading.Semaphore(0)
        self.times = 0
        self.let_go = threading.Event()

    def complete(self, payload: Mapping[str, JsonValue], delivery: Delivery) -> Told:
        del payload
        self.times += 1
        self.asked.release()
        self.let_go.wait()
        return MORE, delivery


async def test_a_call_that_nobody_waits_for_any_more_counts_until_it_has_ended() -> None:
    api = SlowApi()
    completions = Completions({"sentry": api.complete}, seconds=600)
    waiting = [
        asyncio.create_task(completions.complete("sentry", GIVEN, DELIVERY)) for _ in range(AT_ONCE)
    ]
    for _ in waiting:
        await asyncio.to_thread(api.asked.acquire)
    for one in waiting:
        # As when its time is over.
        one.cancel()
    await asyncio.wait(waiting)
    for _ in range(3):
        assert await completions.complete("sentry", GIVEN, DELIVERY) == (GIVEN, DELIVERY)
    assert api.times == AT_ONCE
    api.let_go.set()
    told: Mapping[str, JsonValue] = GIVEN
    while told != MORE:
        told, _ = await completions.complete("sentry", GIVEN, DELIVERY)
    completions.close()
    assert await completions.complete("sentry", GIVEN, DELIVERY) == (GIVEN, DELIVERY)


async def test_calls_run_apart_from_what_everything_else_shares() -> None:
    threads, told = Threads("somebody", 1), contextvars.ContextVar[str]("told")
    token = told.set("who asks")

    def call() -> tuple[str, str]:
        return threading.current_thread().name, told.get()

    assert await threads.run(call) == ("waiting for somebody_0", "who asks")
    told.reset(token)
    threads.close()
    with pytest.raises(AllBusy, match="wait for somebody"):
        await threads.run(call)
