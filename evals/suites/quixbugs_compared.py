"""Laid into a judge's tree: the fixed program answers as the correct one does.

Inputs are derived from the test cases: each argument as it is, as in another case, one less or more
within the range that the cases have, or with an element left out. Where the correct program raises
or takes long, an input says nothing.
"""

import copy
import importlib
import itertools
import json
import random
import signal
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

NAME = "PROGRAM_NAME"
INPUTS = 200
SECONDS = 0.5
MAX_ITEMS = 5_000
CLOSE = 0.01
EVEN = 0.5
Json = Any


class Late(BaseException):
    """The time of one call is over."""


def _late(_number: int, _frame: FrameType | None) -> None:
    raise Late


def cases() -> list[list[Any]]:
    """Return the arguments of all test cases that are data."""
    place = Path(__file__).parent.parent / "json_testcases" / f"{NAME}.json"
    if not place.is_file():
        return []
    lines = place.read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line)[0] for line in lines if line.strip()]
    return [row if isinstance(row, list) else [row] for row in rows]


def varied(value: Json, column: list[Json], chance: random.Random) -> Json:
    """Return a value like this one."""
    numbers = [other for other in column if type(other) is int]
    if type(value) is int and numbers and chance.random() < EVEN:
        return min(max(value + chance.choice([-1, 1]), min(numbers)), max(numbers))
    if isinstance(value, list | str) and value and chance.random() < EVEN:
        at = chance.randrange(len(value))
        rest = [*value[:at], *value[at + 1 :]]
        return "".join(rest) if isinstance(value, str) else rest
    return copy.deepcopy(chance.choice(column))


def inputs() -> Iterator[list[Any]]:
    """Yield arguments that are like those of the test cases."""
    rows = cases()
    chance = random.Random(NAME)  # noqa: S311 -- the same inputs each time
    same = [row for row in rows if rows and len(row) == len(rows[0])]
    for _ in range(INPUTS if same else 0):
        row = copy.deepcopy(chance.choice(same))
        for number in range(len(row)):
            if chance.random() < EVEN:
                row[number] = varied(row[number], [other[number] for other in same], chance)
        yield row


def answer(folder: str, arguments: list[Any]) -> tuple[str, Any]:
    """Call one of the two programs."""
    function = getattr(importlib.import_module(f"{folder}.{NAME}"), NAME)
    given = copy.deepcopy(arguments)
    before = signal.signal(signal.SIGVTALRM, _late)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        found = function(*given)
        if hasattr(found, "__next__"):
            found = list(itertools.islice(found, MAX_ITEMS))
    except (Exception, Late) as error:  # noqa: BLE001 -- whatever it raises
        return "raised", type(error).__name__
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    return "returned", found


def test_the_program_answers_as_the_correct_one() -> None:
    """Compare them until the first difference."""
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    for arguments in inputs():
        outcome, expected = answer("correct_python_programs", arguments)
        if outcome == "returned":
            found = answer("python_programs", arguments)
            close = isinstance(expected, float)
            wanted = pytest.approx(expected, abs=CLOSE) if close else expected
            if found[0] != "returned" or found[1] != wanted:
                pytest.fail(f"{arguments}: {found}, and the correct program {expected}")
