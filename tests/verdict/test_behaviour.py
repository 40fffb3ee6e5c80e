"""What a fix makes functions answer otherwise, around the calls that tests make."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.verdict.behaviour import (
    MAX_CALLS,
    SILENT,
    Behaviour,
    Call,
    calls_of,
    changed_functions,
    differences,
    read_behaviour,
    read_recorded,
)
from suture.verdict.observation import Observation, Outcome

NONCE = "n0nce"
CALLS = tuple(Call(which=number, shown=f"fare({number})") for number in range(3))


def recorded(*inputs: object) -> str:
    return json.dumps({"path": ["", "/lib"], "inputs": inputs})


def one_input(*variations: object, name: str = "fare") -> dict[str, object]:
    known = {"module": "fares", "name": name, "data": "gAQ=", "shown": f"{name}(age=3)"}
    return {**known, "variations": list(variations)}


def returned(text: str, **more: object) -> Observation:
    value = {"type": "int", "repr": text}
    return Observation.model_validate({"outcome": "returned", "value": value, **more})


def behaviour(*texts: str) -> Behaviour:
    return tuple(returned(text) for text in texts)


def test_only_functions_of_both_with_the_same_parameters_are_compared() -> None:
    base = "def a(): return 1\ndef b(x): pass\ndef c(): pass\nclass K:\n    def m(self): pass\n"
    fixed = "def a(): return 2\ndef b(x, y): pass\ndef c(): pass\ndef d(): pass\n"
    assert changed_functions(base, fixed) == ("a",)
    assert changed_functions(base, base.replace("m(self): pass", "m(self): return 1")) == ("m",)
    assert changed_functions("def (", fixed) == ()


ONE = one_input([0, 0, "age=4"], ["full", 1, "full=0"])
OTHER = one_input([1, 2, "rate=0"], name="tax")


def test_calls_of_tests_come_first_and_then_their_variations_in_turns() -> None:
    found = read_recorded(recorded(ONE, OTHER))
    assert found is not None
    assert [(call.which, call.change) for call in calls_of(found)] == [
        (0, None),
        (1, None),
        (0, (0, 0)),
        (1, (1, 2)),
        (0, ("full", 1)),
    ]
    assert calls_of(found)[3].shown == "tax(age=3), with rate=0"
    assert calls_of(found)[4].shown == "fare(age=3), with full=0"


def test_there_are_only_so_many_calls() -> None:
    many = one_input(*([0, number, "age=4"] for number in range(40)))
    found = read_recorded(recorded(*[many] * 24))
    assert found is not None
    assert len(calls_of(found)) == MAX_CALLS


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        "{}",
        "[" * 100_000,
        " " * (5 << 20),
        recorded(),
        recorded("x"),
        recorded(*[one_input()] * 25),
        recorded({**one_input(), "data": "A" * 30_000}),
        recorded({**one_input(), "module": 3}),
        recorded({**one_input(), "variations": [[None, 0, ""]]}),
    ],
    ids=range(11),
)
def test_what_the_sandbox_may_not_say_is_passed_over(text: str) -> None:
    assert read_recorded(text) is None


@given(st.text(max_size=200))
def test_reading_never_fails(text: str) -> None:
    assert read_recorded(text) is None


def test_a_call_that_did_not_end_says_nothing() -> None:
    said = f'{NONCE} 1 {{"outcome": "returned", "value": {{"type": "int", "repr": "7"}}}}\n'
    assert read_behaviour(said, NONCE, 3) == (SILENT, returned("7"), SILENT)
    assert read_behaviour("", NONCE, 3) is None
    assert read_behaviour(said + said, NONCE, 3) is None


def test_what_was_right_before_comes_first() -> None:
    base, fixed = behaviour("1", "2", "3"), behaviour("10", "20", "3")
    found = differences(CALLS, [base, base], fixed, behaviour("0", "2", "3"))
    assert [(item.before, item.after, item.was_right) for item in found] == [
        ("2", "20", True),
        ("1", "10", False),
    ]
    assert found[1].call == "fare(0)"


def test_what_is_unsteady_or_says_nothing_is_left_out() -> None:
    base = (returned("1"), SILENT, returned("3"))
    again = (returned("2"), SILENT, returned("3"))
    fixed = (returned("9"), returned("1"), SILENT)
    assert differences(CALLS, [base, again], fixed, None) == ()
    nothing = Observation(outcome=Outcome.RETURNED, value={"type": "NoneType", "repr": "None"})
    printed = nothing.model_copy(update={"printed": " "})
    assert differences(CALLS[:1], [(nothing,), (nothing,)], (printed,), None) == ()


def test_an_error_that_comes_or_goes_is_told_by_its_text() -> None:
    raised = Observation(outcome=Outcome.RAISED, type="KeyError", message="x " * 80)
    (found,) = differences(CALLS[:1], [(raised,), (raised,)], behaviour("1"), (raised,))
    assert found.before.startswith("KeyError: x x")
    assert len(found.before) <= 60
    assert not found.was_right


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"type": "sequence", "class": "list", "items": [{"type": "int", "repr": "1"}]}, "[1]"),
        (
            {
                "type": "dict",
                "class": "builtins.dict",
                "pairs": [[{"type": "str", "repr": "'a'"}, {"type": "int", "repr": "1"}]],
            },
            "{'a': 1}",
        ),
        (
            {
                "type": "object",
                "class": "Cart",
                "fields": [["total", {"type": "int", "repr": "1"}]],
            },
            "Cart(total: 1)",
        ),
        ({"type": "cycle"}, "cycle()"),
        ({"type": "sequence", "class": "list", "items": 3}, "[]"),
        ([1], "..."),
    ],
)
def test_values_are_written_for_people(value: object, text: str) -> None:
    seen = Observation.model_validate({"outcome": "returned", "value": value})
    (found,) = differences(CALLS[:1], [(returned("1"),)] * 2, (seen,), None)
    assert found.after == text
