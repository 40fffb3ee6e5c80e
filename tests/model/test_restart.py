"""A model worker that dies in the middle of a conversation."""

import asyncio
import contextlib
import sys
import threading

import pytest

from tests.fakes.openai_server import Answer, Question, say, serving
from tests.model.stage import Shop, rules
from tests.model.test_agent_loop import PROPOSE, REWRITE
from workers.connecting import connect
from workers.worker import Role, running_workers


@pytest.mark.durability
async def test_a_killed_worker_pays_no_call_twice_but_the_one_in_flight(shop: Shop) -> None:
    reached, released = threading.Event(), threading.Event()
    turns = [say("", ("search", {"text": "each"})), say("", REWRITE), say("", PROPOSE)]

    def script(question: Question, number: int) -> Answer:
        if number == 1:
            reached.set()
            released.wait(60)
        said = [message for message in question["messages"] if message["role"] == "assistant"]
        return turns[len(said)]

    with serving(script) as server:
        talking = shop.talking_to(server.url)
        settings = talking.parts.settings.model_dump_json(
            include={"state_dir", "temporal", "model", "services"}, exclude_none=True
        )
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.model.model_worker", settings
        )
        try:
            client = await connect(talking.parts.settings.temporal)
            others = (Role.ORCHESTRATION, Role.SANDBOX)
            async with running_workers(client, talking.parts, others):
                repair = asyncio.create_task(talking.started(client, rules()))
                assert await asyncio.to_thread(reached.wait, 90)
                process.kill()
                await process.wait()
                async with running_workers(client, talking.parts, (Role.MODEL,)):
                    outcome = await repair
        finally:
            released.set()
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    assert outcome.kind is None, outcome.explanation
    assert server.calls == 4
    assert server.questions[1] == server.questions[2]
    assert outcome.usage.model_calls == 3
