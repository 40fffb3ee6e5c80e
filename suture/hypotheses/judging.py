"""Holds competing causes against the values that were seen at them in failing and passing tests.

A function is ruled out if no failing test runs it, or if it did in passing tests all that it did in
the failing ones. It is kept if, from what it was also given in passing tests, it made what no
passing test saw. Where values alone differ nothing is said: they nearly always do.

The values were recorded by code that nobody trusts: they may mislead a diagnosis, and nothing else.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field, ValidationError

from suture.domain.hypothesis import Hypothesis, HypothesisState
from suture.domain.value import Value

MAX_CHARACTERS = 1 << 20
MAX_CALLS = 2_000
MAX_SHOWN = 90
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
ZERO = re.compile(r"-?0(?:\.0+)?")
EMPTY = frozenset({"[]", "()", "{}", "''", '""', "b''", "set()", "frozenset()"})
RANK = {
    HypothesisState.KEPT: 0,
    HypothesisState.OPEN: 1,
    HypothesisState.UNTESTED: 2,
    HypothesisState.RULED_OUT: 3,
}


class SeenCall(Value):
    """A call of a function under suspicion; equal ones of one kind of test are told once."""

    function: int = Field(ge=0, le=8)
    """Which of the functions, counted from 0."""
    failing: bool
    arguments: tuple[str, ...] = Field(default=(), max_length=10)
    """As `name=value`."""
    raised: str = Field(default="", max_length=200)
    returned: str = Field(default="", max_length=200)

    @property
    def outcome(self) -> str:
        """How it ended, in words."""
        return f"raised {self.raised}" if self.raised else f"returned {self.returned}"


class SeenValues(Value):
    """What was recorded."""

    failed: int = Field(default=0, ge=0)
    """Failing tests that were seen."""
    passed: int = Field(default=0, ge=0)
    calls: tuple[SeenCall, ...] = Field(default=(), max_length=MAX_CALLS)


@dataclass(frozen=True)
class _Judged:
    state: HypothesisState
    why: str
    starved: bool = False
    """It failed only by what it was given, of a sort that no passing test gives it."""
    made_odd: bool = False
    """It returned a sort of value that no passing test saw."""


def read_values(said: str, nonce: str) -> SeenValues | None:
    """Return what the recorder printed; None if it did not get that far or saw no test fail."""
    if len(said) > MAX_CHARACTERS:
        return None
    for line in said.splitlines():
        if line.startswith(f"{nonce} "):
            try:
                found = SeenValues.model_validate_json(line[len(nonce) + 1 :])
            except ValidationError:
                return None
            return found if found.failed else None
    return None


def judge(hypotheses: Sequence[Hypothesis], seen: SeenValues) -> tuple[Hypothesis, ...]:
    """Return the hypotheses with what the values say, those that were kept first."""
    judged = [_judged(number, seen) for number in range(len(hypotheses))]
    maker = next((number for number, each in enumerate(judged) if each.made_odd), None)
    told = []
    for number, (hypothesis, one) in enumerate(zip(hypotheses, judged, strict=True)):
        state, why = one.state, one.why
        if one.starved and maker is not None and maker != number:
            state = HypothesisState.RULED_OUT
            why = f"{why} {hypotheses[maker].label} made such a value, and only in failing tests."
        told.append(hypothesis.model_copy(update={"state": state, "why": why[:500]}))
    return tuple(sorted(told, key=lambda each: RANK[each.state]))


def _judged(number: int, seen: SeenValues) -> _Judged:
    calls = [each for each in seen.calls if each.function == number]
    failing = [each for each in calls if each.failing]
    passing = [each for each in calls if not each.failing]
    if not failing:
        return _Judged(HypothesisState.RULED_OUT, "No failing test runs it.")
    if not passing:
        return _Judged(HypothesisState.OPEN, "No passing test runs it, so nothing tells it apart.")
    known = {(each.arguments, each.outcome) for each in passing}
    odd = [each for each in failing if (each.arguments, each.outcome) not in known]
    if not odd:
        return _Judged(
            HypothesisState.RULED_OUT,
            f"What it did in failing tests it did in passing ones, too: {_told(failing[0])}.",
        )
    return _by_odd(odd, passing)


def _by_odd(odd: list[SeenCall], passing: list[SeenCall]) -> _Judged:
    given = {_sorts(each.arguments) for each in passing}
    ended = {_ending(each) for each in passing}
    same = next(
        (each for each in odd if each.arguments in {one.arguments for one in passing}), None
    )
    if same is not None:
        why = f"{_told(same)} in a failing test; from the same, passing tests got something else."
        return _Judged(HypothesisState.KEPT, why, made_odd=not same.raised)
    strange = [each for each in odd if _ending(each) not in ended]
    if not strange:
        why = "Its values differ between failing and passing tests, as values do."
        return _Judged(HypothesisState.OPEN, why)
    one = next((each for each in strange if _sorts(each.arguments) in given), strange[0])
    if _sorts(one.arguments) in given:
        why = f"{_told(one)} in a failing test; no passing test saw such an end."
        return _Judged(HypothesisState.KEPT, why, made_odd=not one.raised)
    why = f"{_told(one)} in a failing test; passing tests never give it such a value."
    return _Judged(HypothesisState.OPEN, why, starved=True)


def _told(call: SeenCall) -> str:
    given = ", ".join(call.arguments)
    shown = given if len(given) <= MAX_SHOWN else f"{given[:MAX_SHOWN]}..."
    return f"Given {shown or 'nothing'} it {call.outcome[:MAX_SHOWN]}"


def _ending(call: SeenCall) -> str:
    return f"raised {call.raised}" if call.raised else _sort(call.returned)


def _sorts(arguments: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        f"{name}={_sort(value)}" for name, _, value in (a.partition("=") for a in arguments)
    )


def _sort(value: str) -> str:
    """Return of what sort a value is: nothing, empty, a number, a text, or what it begins with."""
    if value in EMPTY:
        return f"empty {value[:1]}"
    if NUMBER.fullmatch(value):
        if ZERO.fullmatch(value):
            return "zero"
        return "negative" if value.startswith("-") else "number"
    if value[:1] in "[({'\"<":
        return value if value.startswith("<") else value[:1]
    return value
