"""What a model's calls do to a real repository, and what they cannot do."""

import json
from pathlib import Path
from typing import Any

import pytest

from activities.modelling import call_at
from activities.tool_use import Effect
from activities.tooling import OpeningRequest, ToolActivities, ToolAnswer, ToolRequest
from suture.agent.transcript import Edits, TranscriptNode, load
from suture.canonical import canonical_json
from suture.domain.alert import Alert, AlertKind, ExceptionInfo, Frame
from suture.domain.diagnosis import Category
from suture.domain.evidence import Location
from suture.domain.patch import CandidateList, PatchNature
from suture.domain.resolution import ResolutionKind
from suture.domain.verification import Oracle, Reproduction, VerdictReason
from suture.errors import ModelRefused
from suture.ports.model import ChatTurn, ToolCall
from tests.builders.stage import report
from tests.fakes.openai_server import say, serving
from tests.model.stage import FIXED, MODEL, Shop, build_shop, rules

CART = {
    "cart.py": (
        "def mean(prices):\n    return sum(prices) / len(prices)\n\n\n"
        "def show(cart):\n    return f'{mean(cart.prices):.2f}'\n"
    ),
    "tests/test_cart.py": "from cart import mean\n\n\ndef test_one():\n    assert mean([2]) == 2\n",
    "conftest.py": "",
}
RED = "import cart\n\n\ndef test_an_empty_cart():\n    cart.mean([])\n"
GUARDED = "def mean(prices):\n    return sum(prices) / max(len(prices), 1)\n"


def crash() -> Alert:
    frames = (
        Frame(filename="/app/cart.py", function="show", lineno=6),
        Frame(filename="/app/cart.py", function="mean", lineno=2),
    )
    error = ExceptionInfo(type="ZeroDivisionError", value="division by zero", frames=frames)
    return report(kind=AlertKind.EXCEPTION, service="bills", exceptions=(error,))


@pytest.fixture(scope="module")
def cart(tmp_path_factory: pytest.TempPathFactory, engine_address: str) -> Shop:
    folder = Path(tmp_path_factory.mktemp("cart"))
    return build_shop(folder, engine_address, CART, crash())


class Hands:
    """Carries out calls one after the other, as the workflow does."""

    def __init__(self, shop: Shop, reproduction: Reproduction | None = None) -> None:
        self.parts = shop.parts
        self.start = shop.request(rules())
        self.tools = ToolActivities(self.parts.artifacts, self.parts.sources, self.parts.sandbox)
        self.reproduction = reproduction or Reproduction(reproduced=False, reason="Not yet.")
        self.answer: ToolAnswer | None = None

    def use(self, name: str, rejected: tuple[str, ...] = (), **arguments: object) -> ToolAnswer:
        call = ToolCall(call_id="1", name=name, arguments=json.dumps(arguments))
        turn = ChatTurn(role="assistant", tool_calls=(call,))
        node = TranscriptNode(previous=None, turns=(turn,))
        self.answer = self.tools.use_tool(
            ToolRequest(
                service=self.start.service,
                policy=self.start.policy,
                event=self.start.event,
                evidence=self.start.evidence,
                diagnosis=self.start.diagnosis,
                reproduction=self.reproduction,
                rejected_patches=rejected,
                model=MODEL,
                head=self.parts.artifacts.put(canonical_json(node)),
                number=0,
                edits=self.answer.edits if self.answer else None,
            )
        )
        return self.answer

    def said(self, name: str, **arguments: Any) -> str:  # noqa: ANN401 -- as JSON has it
        return self.parts.artifacts.get(self.use(name, **arguments).content).decode()


SHOWN = Reproduction(reproduced=True, node_ids=("tests/test_bill.py::test_currency",))


def test_reading_shows_numbered_lines_and_the_edits(shop: Shop) -> None:
    hands = Hands(shop)
    assert "11: " in hands.said("read_file", path="bill.py", first=10, last=11)
    assert "It has" in hands.said("read_file", path="bill.py", first=900)
    hands.use("rewrite_function", path="bill.py", function="shares", source=FIXED)
    assert "divmod" in hands.said("read_file", path="bill.py")
    assert "divmod" in hands.said("search", text="divmod", glob="*.py")
    hands.use("undo_edits")
    assert "divmod" not in hands.said("read_file", path="bill.py")


@pytest.mark.parametrize("path", ["/etc/passwd", "../x.py", "missing.py", "tests", ""])
def test_only_files_of_the_repository_can_be_read(shop: Shop, path: str) -> None:
    away = path.startswith(("/", ".."))
    wanted = Effect.REFUSED if away else Effect.COMPLAINED
    assert Hands(shop).use("read_file", path=path).effect is wanted


def test_blame_names_commits_within_bounds(shop: Shop) -> None:
    hands = Hands(shop)
    head = hands.start.evidence.base_sha
    assert head in hands.said("blame", path="bill.py", first=1, last=9_999)
    assert hands.use("blame", path="bill.py", first=900).effect is Effect.COMPLAINED
    assert hands.use("blame", path=".env").effect is Effect.REFUSED


def test_a_search_is_bounded_and_skips_secrets(cart: Shop, shop: Shop) -> None:
    assert "Nothing was found" in Hands(shop).said("search", text="PASSWORD")
    assert "cart.py:2" in Hands(cart).said("search", text="len(", glob="**/*.py")


def test_tests_run_with_the_edits(shop: Shop) -> None:
    hands = Hands(shop)
    assert "2 tests ran, 1 failed" in hands.said("run_tests")
    hands.use("rewrite_function", path="bill.py", function="shares", source=FIXED)
    answer = hands.use("run_tests", node_ids=["tests/test_bill.py"])
    assert "2 tests ran, 0 failed" in hands.parts.artifacts.get(answer.content).decode()
    assert answer.usage.sandbox_seconds > 0
    assert "did not run" in hands.said("run_tests", node_ids=["tests/missing.py"])


def test_a_proposal_needs_edits_a_reproduction_and_nobody_s_refusal(shop: Shop) -> None:
    hands = Hands(shop, SHOWN)
    assert hands.use("propose_fix", title="Mend").effect is Effect.COMPLAINED
    hands.use("add_import", path="bill.py", statement="import math")
    answer = hands.use("propose_fix", title="Mend\nit", rationale="So")
    assert answer.effect is Effect.PROPOSED
    assert answer.batch is not None
    listed = CandidateList.model_validate_json(hands.parts.artifacts.get(answer.batch.digest))
    patch = listed.candidates[0].patch
    assert (patch.title, patch.lines, patch.nature) == ("Mend it", 1, PatchNature.REPAIR)
    again = hands.use("propose_fix", (patch.digest,), title="Mend")
    assert again.effect is Effect.COMPLAINED
    hands.reproduction = Reproduction(reproduced=False)
    assert hands.use("propose_fix", title="Mend").effect is Effect.COMPLAINED


def test_a_change_of_what_callers_pass_is_refused_and_undone(shop: Shop) -> None:
    hands = Hands(shop)
    source = "def shares(total, people, currency):\n    return []\n"
    answer = hands.use("rewrite_function", path="bill.py", function="shares", source=source)
    assert answer.effect is Effect.REFUSED
    assert answer.edits is None


def test_a_conclusion_needs_a_citation_that_exists(shop: Shop) -> None:
    hands = Hands(shop)
    true = {"kind": "code", "path": "bill.py", "line": 8, "quote": "total // people"}
    false = {"kind": "code", "path": "bill.py", "line": 1, "quote": "total // people"}
    given: dict[str, Any] = {"summary": "The rest is not shared.", "category": "code_defect"}
    lie = [{"text": "It says so.", "citations": [false]}]
    assert hands.use("conclude", **given, statements=lie).effect is Effect.COMPLAINED
    truth = [{"text": "It divides.", "citations": [true, false]}, *lie]
    answer = hands.use(
        "conclude", **given, path="bill.py", line=8, statements=truth, confidence=0.8
    )
    found = answer.diagnosis
    assert found is not None
    assert (found.category, found.reasoned_by) == (Category.CODE_DEFECT, MODEL)
    assert found.cause == Location(path="bill.py", line=8, function="shares")
    assert [len(each.citations) for each in found.statements] == [1]
    for path, line in (("bill.py", 900), ("missing.py", 1), ("bill.py", 1)):
        cause = hands.use("conclude", **given, path=path, line=line, statements=truth).diagnosis
        assert cause is not None
        expected = Location(path="bill.py", line=1) if (path, line) == ("bill.py", 1) else None
        assert cause.cause == expected


def test_a_call_that_was_never_made_is_refused(shop: Shop) -> None:
    node = TranscriptNode(previous=None, turns=(ChatTurn(role="assistant", content="Hm"),))
    head = shop.parts.artifacts.put(canonical_json(node))
    with pytest.raises(ModelRefused):
        call_at(head, 0, shop.parts.artifacts)


def test_a_conversation_opens_with_the_code_on_the_path(cart: Shop) -> None:
    start = cart.request(rules())
    tools = ToolActivities(cart.parts.artifacts, cart.parts.sources, cart.parts.sandbox)
    head = tools.open_conversation(
        OpeningRequest(
            service=start.service,
            event=start.event,
            evidence=start.evidence,
            diagnosis=start.diagnosis,
            reproduction=Reproduction(reproduced=False),
        )
    )
    assert "2:     return sum(prices)" in load(head, cart.parts.artifacts).turns[1].content


@pytest.mark.parametrize(
    "source",
    [
        RED.replace("cart.mean([])", "cart.mean([1])"),
        RED.replace("cart.mean([])", "1 / 0"),
        RED.replace("cart.mean([])", "cart.mean(None)"),
        RED.replace("cart.mean([])", "cart.show(None)"),
        RED.replace("cart.mean([])", "assert False"),
    ],
)
def test_a_test_that_fails_otherwise_is_no_reproduction(cart: Shop, source: str) -> None:
    assert Hands(cart).use("propose_reproduction", source=source).effect is Effect.COMPLAINED


def test_without_an_exception_in_the_event_no_test_can_be_held_against_it(shop: Shop) -> None:
    assert Hands(shop).use("propose_reproduction", source=RED).effect is Effect.COMPLAINED


def test_a_proof_that_stands_is_not_replaced(shop: Shop) -> None:
    answer = Hands(shop, SHOWN).use("propose_reproduction", source=RED)
    assert answer.effect is Effect.REFUSED


def test_a_model_that_gives_up_untried_on_a_shown_fault_is_asked_to_try(shop: Shop) -> None:
    too_soon = Hands(shop, SHOWN).use("give_up", reason="The code is right as it is.")
    assert too_soon.effect is Effect.COMPLAINED
    nothing_shown = Hands(shop).use("give_up", reason="No test shows it.")
    assert nothing_shown.effect is Effect.GAVE_UP
    assert nothing_shown.note == "No test shows it."


def test_edits_survive_as_an_artifact(shop: Shop) -> None:
    answer = Hands(shop).use("add_import", path="bill.py", statement="import math")
    assert answer.edits is not None
    kept = Edits.model_validate_json(shop.parts.artifacts.get(answer.edits))
    assert kept.contents["bill.py"].count("import math") == 1


async def test_a_reproduction_by_a_model_is_accepted_but_verifies_nothing(cart: Shop) -> None:
    turns = [
        say("", ("propose_fix", {"title": "Too soon"})),
        say("", ("propose_reproduction", {"source": RED})),
        say("", ("rewrite_function", {"path": "cart.py", "function": "mean", "source": GUARDED})),
        say("", ("propose_fix", {"title": "Answer nothing for nothing"})),
        say("", ("give_up", {"reason": "Nothing says what is right."})),
    ]
    with serving(lambda _question, number: turns[number]) as server:
        outcome = await cart.talking_to(server.url).repair(rules())
    assert outcome.kind is ResolutionKind.NO_FIX_FOUND, outcome.explanation
    assert outcome.reproduction is not None
    assert outcome.reproduction.oracle is Oracle.NO_CRASH
    assert outcome.verification is not None
    assert not outcome.verification.verified
    assert outcome.verification.reason is VerdictReason.WEAK_ORACLE
    assert outcome.verification.red_green_red
    assert "Nothing says what is right." in outcome.explanation
