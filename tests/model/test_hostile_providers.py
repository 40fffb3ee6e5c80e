"""Models and providers at their worst, unattended: each ends with a stated reason, in budget."""

from pathlib import Path

from suture.domain.resolution import ResolutionKind
from tests.fakes.openai_server import Answer, Question, fail, say, serving
from tests.model.stage import Shop, records, rules
from tests.model.test_agent_loop import PROPOSE, REWRITE, repaired

LOOK = ("read_file", {"path": "bill.py"})


def length_of(question: Question) -> int:
    return sum(len(message["content"] or "") for message in question["messages"])


async def test_a_model_that_reads_little_is_told_less_and_mends_all_the_same(shop: Shop) -> None:
    asked: list[int] = []
    room = 5_000

    def script(question: Question, _number: int) -> Answer:
        asked.append(length_of(question))
        if asked[-1] > room:
            return fail(400, "the request exceeds the available context size of 2048 tokens")
        turn = sum(length <= room for length in asked)
        looks = [(LOOK[0], {**LOOK[1], "last": 90 + turn * 3 + n}) for n in range(3)]
        return say("", *looks) if turn <= 3 else say("", REWRITE, PROPOSE)

    with serving(script) as server:
        talking = shop.talking_to(server.url)
        start = talking.request(rules())
        async with talking.at_work() as client:
            outcome = await talking.started(client, rules(), report=start.report)
    assert outcome.kind is None, outcome.explanation
    assert max(asked) > room
    kept = [entry.draft for entry in records(talking, start)]
    left_out = [draft.data["left_out"] for draft in kept if draft.event == "model.called"]
    assert left_out[0] == 0
    assert any(left_out)
    assert outcome.usage.model_calls == len(left_out) < server.calls


async def test_a_small_window_is_never_exceeded(shop: Shop) -> None:
    def script(question: Question, number: int) -> Answer:
        del question
        return (
            say("", (LOOK[0], {**LOOK[1], "last": 50 + number}))
            if number < 6
            else say("", REWRITE, PROPOSE)
        )

    with serving(script) as server:
        talking = shop.talking_to(server.url, context_tokens=4_096)
        start = talking.request(rules())
        async with talking.at_work() as client:
            outcome = await talking.started(client, rules(), report=start.report)
    assert outcome.kind is None, outcome.explanation
    tools = len(str(server.questions[0]["tools"]))
    assert all(length_of(each) + tools <= 3 * 4_096 for each in server.questions)
    assert all(each["max_tokens"] == 1_024 for each in server.questions)
    prompts = {entry.draft.data.get("prompts") for entry in records(talking, start)} - {None}
    assert len(prompts) == 1
    assert str(prompts.pop()).startswith("system.compact.v1 task.compact.v2 ")


async def test_a_provider_that_comes_back_in_mid_loop_is_gone_on_with(shop: Shop) -> None:
    def script(question: Question, number: int) -> Answer:
        del question
        if number in {1, 2}:
            return fail(503, "down", retry_after_ms="5")
        return say("", LOOK) if number == 0 else say("", REWRITE, PROPOSE)

    outcome, questions = await repaired(shop, script)
    assert outcome.kind is None, outcome.explanation
    assert questions[1] == questions[2] == questions[3]
    assert outcome.usage.model_calls == 2


async def test_a_provider_that_goes_away_in_mid_loop_leaves_its_work_to_the_next(
    shop: Shop,
) -> None:
    def script(question: Question, number: int) -> Answer:
        if question["model"] == "strong":
            return say("", REWRITE, PROPOSE)
        return say("", LOOK) if number == 0 else fail(401, "revoked")

    with serving(script) as server:
        talking = shop.talking_to(server.url)
        policy = rules("openai/cheap", "openai/strong")
        start = talking.request(policy)
        async with talking.at_work() as client:
            outcome = await talking.started(client, policy, report=start.report)
    assert outcome.verification is not None
    assert outcome.verification.patch.origin == "openai/strong"
    ended = [
        draft.data
        for draft in (entry.draft for entry in records(talking, start))
        if draft.event == "model.ended"
    ]
    assert [(each["end"], each["escalated"]) for each in ended] == [
        ("provider_out", True),
        ("verified", False),
    ]
    assert "refuses the request" in str(server.questions[-1]["messages"][1]["content"])


async def test_endless_new_calls_and_endless_text_end(shop: Shop) -> None:
    def script(question: Question, number: int) -> Answer:
        if question["model"] == "talks":
            return say("blah " * 50_000, finish="length")
        return say("", *[("search", {"text": f"{number}-{n}"}) for n in range(30)])

    with serving(script) as server:
        policy = rules("openai/talks", "openai/calls", model_calls=60)
        outcome = await shop.talking_to(server.url).repair(policy)
    assert outcome.kind is ResolutionKind.NO_FIX_FOUND
    assert "openai/talks: led_nowhere. 6 of its answers could not be used." in outcome.explanation
    assert "openai/calls: led_nowhere. It took 12 turns without a proposal." in outcome.explanation
    assert server.calls == 18


async def test_a_model_that_shows_that_no_code_is_at_fault_ends_it_cheaply(shop: Shop) -> None:
    cited = {"kind": "code", "path": "bill.py", "line": 3, "quote": "TOKEN"}
    conclusion = {
        "summary": "The token is of another environment.",
        "category": "configuration",
        "path": "bill.py",
        "line": 3,
        "statements": [{"text": "The token is written here.", "citations": [cited]}],
    }
    answer = say("", ("conclude", conclusion), ("give_up", {"reason": "A setting is wrong."}))
    with serving(lambda _question, _number: answer) as server:
        policy = rules("openai/cheap", "openai/strong")
        outcome = await shop.talking_to(server.url).repair(policy)
    assert outcome.kind is ResolutionKind.NO_FIX_FOUND
    assert outcome.diagnosis.category == "configuration"
    assert server.calls == 1


async def test_a_recorded_session_mends_the_fault_again_offline(shop: Shop, tmp_path: Path) -> None:
    session = tmp_path / "session.jsonl"
    answers = [say("", LOOK), say("", REWRITE, PROPOSE)]
    with serving(lambda _question, number: answers[number]) as server:
        outcome = await shop.talking_to(server.url, record=session).repair(rules())
        assert outcome.kind is None, outcome.explanation
        assert server.calls == 2
    offline = shop.talking_to("http://127.0.0.1:9/v1", replay=session)
    again = await offline.repair(rules())
    assert again.kind is None, again.explanation
    assert again.verification is not None
    assert outcome.verification is not None
    assert again.verification.patch.digest == outcome.verification.patch.digest
    assert again.usage.tokens == outcome.usage.tokens
