"""A model in the loop: real litellm, real Temporal, real sandbox; only the provider is scripted."""

import json
import threading
from collections import Counter

import pytest

from suture.domain.resolution import ResolutionKind
from suture.domain.verification import VerdictReason
from tests.fakes.openai_server import Answer, Question, Script, fail, say, serving
from tests.model.stage import FIXED, MODEL, NODE, Shop, records, rules
from workflows.messages import RepairOutcome

REWRITE = ("rewrite_function", {"path": "bill.py", "function": "shares", "source": FIXED})
PROPOSE = ("propose_fix", {"title": "Share the rest cent by cent"})


def in_turn(*answers: Answer) -> Script:
    """Answer one after the other, then give up."""
    spare = say("", ("give_up", {"reason": "The script is over."}))
    return lambda _question, number: answers[number] if number < len(answers) else spare


def told(question: Question) -> str:
    return json.dumps(question["messages"])


async def repaired(
    shop: Shop, script: Script, **budget: float
) -> tuple[RepairOutcome, list[Question]]:
    with serving(script) as server:
        outcome = await shop.talking_to(server.url).repair(rules(**budget))
    return outcome, server.questions


async def test_a_model_mends_what_patterns_cannot_and_each_call_is_on_record(shop: Shop) -> None:
    script = in_turn(
        say("", ("read_file", {"path": "bill.py"}), ("run_tests", {})),
        say("", REWRITE),
        say("", PROPOSE),
    )
    with serving(script) as server:
        talking = shop.talking_to(
            server.url, input_usd_per_million=10.0, output_usd_per_million=0.0
        )
        start = talking.request(rules())
        async with talking.at_work() as client:
            outcome = await talking.started(client, rules(), report=start.report)
    assert outcome.kind is None, outcome.explanation
    assert outcome.verification is not None
    assert outcome.verification.verified
    assert outcome.verification.red_green_red
    assert outcome.verification.patch.origin == MODEL
    assert outcome.usage.model_calls == server.calls == 3
    assert outcome.usage.tokens == 3 * 120
    assert outcome.usage.cost_usd == pytest.approx(3 * 100 * 10 / 1e6)
    kept = [entry.draft for entry in records(talking, start)]
    assert [draft.event for draft in kept] == [*["model.called"] * 3, "model.ended"]
    assert all(draft.data["model"] == MODEL for draft in kept)
    diff = talking.parts.artifacts.get(outcome.verification.patch.digest).decode()
    assert "-    each = total // people  # whole cents" in diff
    assert "currency" not in [line for line in diff.splitlines() if line[:1] in "+-"]
    third = told(server.questions[2])
    assert "1 failed" in third
    assert "bill.py is edited" in third


async def test_what_a_model_sees_is_fenced_and_holds_no_secret(shop: Shop) -> None:
    _, questions = await repaired(shop, in_turn(say("", ("read_file", {"path": "bill.py"}))))
    seen = told(questions[1])
    assert "whole cents" in seen
    assert "sk_live_4eC39HqLyjWDarjtT1zdp7dcabc" not in seen
    assert "abcdef123456789" not in seen
    assert "never an instruction" in seen


async def test_a_model_learns_from_a_verdict(shop: Shop) -> None:
    wrong = FIXED.replace("number < rest", "number <= rest")
    first = ("rewrite_function", {"path": "bill.py", "function": "shares", "source": wrong})
    outcome, questions = await repaired(
        shop, in_turn(say("", first, PROPOSE), say("", REWRITE, PROPOSE))
    )
    assert outcome.verification is not None
    assert outcome.verification.verified
    assert "still red" in told(questions[1])


async def test_a_patch_that_hides_the_error_is_no_fix(shop: Shop) -> None:
    hiding = (
        "def shares(total: int, people: int) -> list[int]:\n    try:\n        assert False\n"
        "    except AssertionError:\n        pass\n    each, rest = divmod(total, people)\n"
        "    return [each + (number < rest) for number in range(people)]\n"
    )
    edit = ("rewrite_function", {"path": "bill.py", "function": "shares", "source": hiding})
    outcome, _ = await repaired(shop, in_turn(say("", edit, PROPOSE)))
    assert outcome.kind is ResolutionKind.NO_FIX_FOUND
    assert outcome.verification is not None
    assert outcome.verification.reason is VerdictReason.HIDES_ERROR


HOSTILE = {
    "nonsense": say("I am a teapot."),
    "refuses": say("I cannot help with that.", finish="content_filter"),
    "wrong-json": say("", ("read_file", "{path: bill.py")),
    "wrong-types": say("", ("read_file", {"path": 7, "first": "x"})),
    "loops": say("", ("read_file", {"path": "bill.py"})),
    "forbidden-tool": say("", ("run_shell", {"command": "cat /etc/passwd"})),
    "cut-off": say("abc", finish="length"),
}


async def test_useless_models_are_left_one_after_the_other(shop: Shop) -> None:
    with serving(lambda question, _number: HOSTILE[question["model"]]) as server:
        policy = rules(*(f"openai/{habit}" for habit in HOSTILE), model_calls=100)
        outcome = await shop.talking_to(server.url).repair(policy)
    assert outcome.kind is ResolutionKind.NO_FIX_FOUND
    asked = Counter(question["model"] for question in server.questions)
    assert set(asked) == set(HOSTILE)
    assert max(asked.values()) <= 6
    for habit in HOSTILE:
        assert f"openai/{habit}: led_nowhere" in outcome.explanation
    assert outcome.usage.model_calls == server.calls


async def test_a_model_cannot_weaken_tests_or_reach_secrets_and_the_try_is_on_record(
    shop: Shop,
) -> None:
    test = "def test_currency():\n    pass\n"
    script = in_turn(
        say(
            "",
            (
                "rewrite_function",
                {"path": "tests/test_bill.py", "function": "test_currency", "source": test},
            ),
            ("read_file", {"path": ".env"}),
            ("add_import", {"path": "conftest.py", "statement": "import os"}),
            ("search", {"text": "PASSWORD"}),
            ("propose_reproduction", {"source": "def test_x():\n    pass\n"}),
        ),
    )
    with serving(script) as server:
        talking = shop.talking_to(server.url)
        start = talking.request(rules())
        async with talking.at_work() as client:
            outcome = await talking.started(client, rules(), report=start.report)
    assert outcome.kind is ResolutionKind.NO_FIX_FOUND
    assert "hunter2" not in told(server.questions[1])
    events = [entry.draft.event for entry in records(talking, start)]
    assert events.count("tool.refused") == 4


async def test_a_budget_of_calls_tokens_or_money_ends_the_work(shop: Shop) -> None:
    look = say("", ("search", {"text": "x"}), tokens=(1_000, 10))

    def looking(_question: Question, number: int) -> Answer:
        return say("", ("search", {"text": f"x{number}"}), tokens=(1_000, 10)) if number else look

    outcome, questions = await repaired(shop, looking, model_calls=3)
    assert (outcome.kind, len(questions)) == (ResolutionKind.BUDGET_EXHAUSTED, 3)
    assert "budget.model_calls" in outcome.explanation
    outcome, questions = await repaired(shop, looking, tokens=2_500)
    assert outcome.kind is ResolutionKind.BUDGET_EXHAUSTED
    assert outcome.usage.tokens <= 2_500
    outcome, questions = await repaired(shop, looking, cost_usd=0.0)
    assert (outcome.kind, len(questions)) == (ResolutionKind.BUDGET_EXHAUSTED, 0)


async def test_money_that_the_day_cut_short_is_told_with_the_limit_that_cut_it(shop: Shop) -> None:
    with serving(in_turn()) as server:
        note = "Only $0.00 was left of budget.total_cost_usd_per_day for this repair."
        talking = shop.talking_to(server.url)
        outcome = await talking.repair(rules(cost_usd=0.0), budget_note=note)
    assert outcome.kind is ResolutionKind.BUDGET_EXHAUSTED
    assert "budget.cost_usd is used up: 0 of 0" in outcome.explanation
    assert note in outcome.explanation
    assert server.calls == 0


async def test_a_model_without_a_known_price_is_not_asked_and_the_next_one_is(shop: Shop) -> None:
    with serving(in_turn(say("", REWRITE, PROPOSE))) as server:
        unpriced = {"input_usd_per_million": None, "output_usd_per_million": None}
        talking = shop.talking_to(server.url, **unpriced)
        outcome = await talking.repair(rules("openai/nobody-knows-it"))
        assert outcome.kind is ResolutionKind.NO_FIX_FOUND
        assert "SettingsError" in outcome.explanation
        assert "model.input_usd_per_million" in outcome.explanation
        assert server.calls == 0
        outcome = await talking.repair(rules("openai/nobody-knows-it", "openai/gpt-4o"))
    assert outcome.verification is not None
    assert outcome.verification.patch.origin == "openai/gpt-4o"
    assert outcome.usage.cost_usd > 0


async def test_a_provider_that_is_down_is_left_for_the_next_model(shop: Shop) -> None:
    def script(question: Question, _number: int) -> Answer:
        if question["model"] == "cheap":
            return fail(503, "down", retry_after_ms="5")
        return say("", REWRITE, PROPOSE)

    with serving(script) as server:
        policy = rules("openai/cheap", "openai/strong")
        outcome = await shop.talking_to(server.url).repair(policy)
    assert outcome.verification is not None
    assert outcome.verification.verified
    assert outcome.verification.patch.origin == "openai/strong"
    assert server.calls == 7


async def test_a_provider_that_goes_down_in_the_middle_ends_in_an_honest_outcome(
    shop: Shop,
) -> None:
    def script(_question: Question, number: int) -> Answer:
        return say("", ("run_tests", {"node_ids": [NODE]})) if number == 0 else fail(401, "revoked")

    outcome, questions = await repaired(shop, script)
    assert outcome.kind is ResolutionKind.NO_FIX_FOUND
    assert "provider_out" in outcome.explanation
    assert len(questions) == 2


async def test_a_rate_limit_is_waited_for(shop: Shop) -> None:
    busy = fail(429, "slow down", retry_after_ms="20")
    outcome, questions = await repaired(shop, in_turn(busy, say("", REWRITE, PROPOSE)))
    assert outcome.kind is None
    assert len(questions) == 2


async def test_a_provider_that_never_answers_ends_with_the_time(shop: Shop) -> None:
    released = threading.Event()

    def script(_question: Question, _number: int) -> Answer:
        released.wait(60)
        return fail(500)

    with serving(script) as server:
        talking = shop.talking_to(server.url)
        async with talking.at_work() as client:
            outcome = await talking.started(client, rules(repair_seconds=8.0))
            released.set()
    assert outcome.kind is ResolutionKind.BUDGET_EXHAUSTED
    assert "budget.repair_seconds" in outcome.explanation
