"""What a fix makes functions answer otherwise, around the calls that tests make."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.reproduction.layout import ProjectLayout
from suture.reproduction.target import Passing
from suture.verdict.behaviour import MAX_TARGETS, changed_functions, differences, read_calls
from suture.verdict.observation import Observation, Outcome

SOURCE = "def fare(age, /, full, *, zone=1):\n    return full\n"
LAYOUT = ProjectLayout(files=("fares.py",), sources={"fares.py": SOURCE})
WANTED = [("fares.py", "fare")]


def said(*calls: object) -> str:
    return json.dumps(list(calls))


def call(**given: str) -> list[object]:
    return ["fares.py", "fare", given]


def returned(text: str, **more: object) -> Observation:
    value = {"type": "int", "repr": text}
    return Observation.model_validate({"outcome": "returned", "value": value, **more})


def test_only_functions_of_both_with_the_same_parameters_are_compared() -> None:
    base = "def a(): return 1\ndef b(x): pass\ndef c(): pass\nclass K:\n    def m(self): pass\n"
    fixed = "def a(): return 2\ndef b(x, y): pass\ndef c(): pass\ndef d(): pass\n"
    assert changed_functions(base, fixed) == ("a",)
    assert changed_functions("def (", fixed) == ()


def test_recorded_calls_come_first_and_then_their_variations() -> None:
    first, *rest = read_calls(said(call(age="3", full="20", zone="2")), LAYOUT, WANTED)
    assert [argument.passing for argument in first.arguments] == [
        Passing.POSITION,
        Passing.KEYWORD,
        Passing.KEYWORD,
    ]
    changed = [
        [
            mine.expression.text != theirs.expression.text
            for mine, theirs in zip(target.arguments, first.arguments, strict=True)
        ]
        for target in rest
    ]
    assert changed
    assert all(sum(one) == 1 for one in changed)


def test_many_calls_are_cut_to_what_one_probe_can_tell_of() -> None:
    calls = [call(age=str(number), full="20") for number in range(50)]
    assert len(read_calls(said(*calls), LAYOUT, WANTED)) == MAX_TARGETS


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        "{}",
        "[" * 100_000,
        said("x"),
        said(["fares.py", "other", {}]),
        said(["elsewhere.py", "fare", {}]),
        said(["fares.py", "fare", []]),
        said(call(age="__import__('os')")),
        said(call(age="9" * 3_000)),
        said(["fares.py", "fare", {"age": 3}]),
        said(["fares.py", "fare", {"age, x": "3"}]),
    ],
)
def test_what_the_sandbox_may_not_say_is_passed_over(text: str) -> None:
    assert read_calls(text, LAYOUT, WANTED) == []


def test_a_file_that_cannot_be_imported_has_no_calls() -> None:
    layout = ProjectLayout(files=("a-b.py",), sources={"a-b.py": SOURCE})
    assert read_calls(said(["a-b.py", "fare", {}]), layout, [("a-b.py", "fare")]) == []


@given(st.text(max_size=200))
def test_reading_never_fails(text: str) -> None:
    assert read_calls(text, LAYOUT, WANTED) == []


TARGETS = read_calls(said(call(age="3", full="20")), LAYOUT, WANTED)
SILENT = Observation(outcome=Outcome.UNUSABLE)


def run(*rows: Observation) -> Observation:
    return rows[0].model_copy(update={"neighbours": rows[1:]})


def test_what_was_right_before_comes_first() -> None:
    base = run(returned("1"), returned("2"), returned("3"))
    fixed = run(returned("10"), returned("20"), returned("3"))
    good = run(returned("0"), returned("2"), returned("3"))
    found = differences(TARGETS, [base, base], fixed, good)
    assert [(item.before, item.after, item.was_right) for item in found] == [
        ("2", "20", True),
        ("1", "10", False),
    ]
    assert found[1].call == "fare(age=3, full=20)"


def test_what_is_unsteady_or_says_nothing_is_left_out() -> None:
    base = run(returned("1"), SILENT, returned("3"))
    again = run(returned("2"), SILENT, returned("3"))
    fixed = run(returned("9"), returned("1"), SILENT)
    assert differences(TARGETS, [base, again], fixed, None) == ()
    nothing = Observation(outcome=Outcome.RETURNED, value={"type": "NoneType", "repr": "None"})
    printed = nothing.model_copy(update={"printed": " "})
    assert differences(TARGETS, [run(nothing), run(nothing)], run(printed), None) == ()


def test_an_error_that_comes_or_goes_is_told_by_its_text() -> None:
    raised = Observation(outcome=Outcome.RAISED, type="KeyError", message="x " * 80)
    (found,) = differences(TARGETS, [run(raised), run(raised)], run(returned("1")), run(raised))
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
    (found,) = differences(TARGETS, [run(returned("1"))] * 2, run(seen), None)
    assert found.after == text
