"""Model workers that are killed in the middle of a conversation; the provider counts its calls."""

import asyncio
import contextlib
import json
import sys
import threading
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from suture.audit.events import LedgerEvent
from suture.policy.model import Timing
from suture.settings import Settings
from tests.builders.interceptors import FailingOnce, Moment
from tests.fakes.openai_server import Answer, Question, say, serving
from tests.model.stage import Shop, records, rules
from tests.model.test_agent_loop import PROPOSE, REWRITE
from workers.connecting import connect
from workers.worker import Role, running_workers

OTHERS = (Role.ORCHESTRATION, Role.SANDBOX)
PATIENCE_SECONDS = 240
"""For a process that starts on a busy machine, loads litellm and asks."""
TURNS = [say("", ("search", {"text": "each"})), say("", REWRITE), say("", PROPOSE)]


def answered(question: Question) -> Answer:
    said = [message for message in question["messages"] if message["role"] == "assistant"]
    return TURNS[len(said)]


def times_asked(questions: list[Question]) -> list[int]:
    return list(Counter(json.dumps(question["messages"]) for question in questions).values())


@contextlib.asynccontextmanager
async def process_of(settings: Settings, *words: str) -> AsyncIterator[asyncio.subprocess.Process]:
    given = settings.model_dump_json(
        include={"state_dir", "temporal", "model", "services"}, exclude_none=True
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.model.model_worker", given, *words
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@pytest.mark.durability
@pytest.mark.timeout(600)
async def test_workers_killed_before_and_after_a_reply_pay_no_call_twice(shop: Shop) -> None:
    reached, released = threading.Event(), threading.Event()

    def script(question: Question, number: int) -> Answer:
        if number == 1:
            reached.set()
            released.wait(2 * PATIENCE_SECONDS)
        return answered(question)

    with serving(script) as server:
        talking = shop.talking_to(server.url)
        asking = shop.talking_to(server.url, detached=True).parts.settings
        asking = asking.model_copy(update={"temporal": talking.parts.settings.temporal})
        client = await connect(asking.temporal)
        # Twice a dead worker is waited for. But one that is only late must not be taken for dead:
        # whoever asked again would be given the kept reply. A beat is sent every five seconds.
        policy = rules().model_copy(update={"timing": Timing(heartbeat_seconds=12.0)})
        start = talking.request(policy)
        async with running_workers(client, talking.parts, OTHERS):
            repair = asyncio.create_task(talking.started(client, policy, report=start.report))
            async with process_of(asking) as first:
                assert await asyncio.to_thread(reached.wait, PATIENCE_SECONDS)
                first.kill()
                await first.wait()
                # It is dead, and its call is still on its way.
                released.set()
            async with process_of(talking.parts.settings, "dying") as second:
                await asyncio.wait_for(second.wait(), PATIENCE_SECONDS)
            async with running_workers(client, talking.parts, (Role.MODEL,)):
                outcome = await repair
    assert outcome.kind is None, outcome.explanation
    assert times_asked(server.questions) == [1, 1, 1]
    assert outcome.usage.model_calls == 3
    drafts = [entry.draft for entry in records(talking, start)]
    kept = [each.data["source"] for each in drafts if each.event == LedgerEvent.MODEL_CALLED]
    assert kept == ["asked", "kept", "asked"]


async def test_a_reply_that_is_lost_on_its_way_to_temporal_is_not_paid_again(shop: Shop) -> None:
    with serving(lambda question, _number: answered(question)) as server:
        talking = shop.talking_to(server.url)
        client = await connect(talking.parts.settings.temporal)
        losing = [FailingOnce(Moment.AFTER)]
        async with running_workers(client, talking.parts, interceptors=losing):
            outcome = await talking.started(client, rules())
    assert outcome.kind is None, outcome.explanation
    assert times_asked(server.questions) == [1, 1, 1]
    assert len(set(server.idempotency_keys)) == 3
