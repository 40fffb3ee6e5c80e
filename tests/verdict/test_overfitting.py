"""Classes of patches that please the failing test and mend nothing."""

import textwrap

import pytest

from suture.verdict.overfitting import objection, told_values

BASE = """\
def fare(age, zone):
    if zone < 0:
        raise ValueError(zone)
    full = zone * 20
    log(age)
    return full
"""
TEST = "def test_fare():\n    assert fare(13, 47) == 10\n    assert fare(1, 0) == 0\n"
TOLD = told_values([TEST, "def ("])


def with_body(body: str) -> str:
    return "def fare(age, zone):\n" + textwrap.indent(textwrap.dedent(body), "    ")


CHECK = "if zone < 0:\n    raise ValueError(zone)\n"
REST = "full = zone * 20\nlog(age)\nreturn full\n"

WRONG = {
    "a value of the failing test": CHECK + "if age == 13:\n    return 10\n" + REST,
    "always or never hold": CHECK.replace("zone < 0", "zone < 0 and False") + REST,
    "always or never": CHECK.replace("zone < 0", "not True") + REST,
    "never hold": CHECK + "while True:\n    log(age)\n" + REST,
    "swallows every error": CHECK
    + "full = zone * 20\ntry:\n    log(age)\nexcept Exception:\n    pass\nreturn full\n",
    "swallows": CHECK + "try:\n    full = zone\nexcept:\n    full = 0\nlog(age)\nreturn full\n",
    "unreachable": CHECK + "return 0\n" + REST,
    "takes out a check": REST,
}
FINE = {
    "another value": CHECK + "full = zone * 21\nlog(age)\nreturn full\n",
    "a common value": CHECK + "if age == 1:\n    return 0\n" + REST,
    "a value of the file": CHECK + "if zone == 20:\n    return 0\n" + REST,
    "a narrow handler": CHECK
    + "full = zone * 20\ntry:\n    log(age)\nexcept OSError:\n    pass\nreturn full\n",
    "a handler that reacts": CHECK
    + "full = zone * 20\ntry:\n    log(age)\nexcept Exception:\n    log(0)\nreturn full\n",
    "an endless loop with a way out": CHECK
    + "while True:\n    if log(age):\n        break\nreturn zone * 20\n",
    "the check elsewhere": REST.replace("log(age)", CHECK + "log(age)"),
}


@pytest.mark.parametrize("said", WRONG)
def test_patches_that_mend_nothing_are_named(said: str) -> None:
    assert said in objection(BASE, with_body(WRONG[said]), TOLD)


@pytest.mark.parametrize("what", FINE)
def test_what_mends_is_let_through(what: str) -> None:
    assert objection(BASE, with_body(FINE[what]), TOLD) == ""


def test_taking_out_what_no_passing_test_runs_is_no_mending() -> None:
    shorter = with_body(CHECK + "full = zone * 20\nreturn full\n")
    assert objection(BASE, shorter, TOLD) == ""
    assert "no passing test runs" in objection(BASE, shorter, TOLD, {5: 0, 6: 2})
    assert objection(BASE, shorter, TOLD, {5: 3}) == ""


def test_saying_the_same_in_fewer_statements_takes_nothing_out() -> None:
    shorter = with_body(CHECK + "return round(zone * 20)\n")
    assert objection(BASE, shorter, TOLD, {}) == ""


def test_a_new_function_and_what_is_no_python_are_not_judged() -> None:
    assert objection(BASE, BASE + "def more():\n    assert True\n", TOLD) == ""
    assert objection("def (", BASE, TOLD) == ""
    assert objection(BASE, "def (", TOLD) == ""


def test_the_constants_of_the_base_tell_nothing() -> None:
    assert frozenset({"13", "47", "10"}) == TOLD
