"""What the probe says of a call, whatever the call does."""

import collections
import datetime as dt
import enum
import io
import itertools
import json
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from suture.reproduction import harness
from suture.verdict.observation import Observation, Outcome, parse

NONCE = "c0ffee"


class Shade(enum.Enum):
    DARK = 1


class Slotted:
    __slots__ = ("left", "right")

    def __init__(self) -> None:
        self.left = 1


class OneSlot:
    __slots__ = "only"  # noqa: PLC0205 (a plain text is allowed, so it must be understood)

    def __init__(self) -> None:
        self.only = 2


class Unprintable:
    def __repr__(self) -> str:
        raise RuntimeError


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError


def describe(value: object, *, consume: bool = True) -> dict[str, Any]:
    return harness.Description(consume=consume).of(value)


def observe(run: Callable[[dict[str, Any]], object], **given: object) -> Observation:
    out = io.StringIO()
    harness.report([(lambda: dict(given), run)], NONCE, out)
    observation = parse(out.getvalue(), NONCE)
    assert observation is not None
    return observation


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (None, "NoneType", "None"),
        (True, "bool", "True"),
        (0.1, "float", "0.1"),
        (b"x", "bytes", "b'x'"),
        (Shade.DARK, "enum", "DARK"),
        (dt.date(2026, 1, 2), "value", "datetime.date(2026, 1, 2)"),
        (Path("/x"), "value", "PosixPath('/x')"),
        (len, "named", "len"),
        (object(), "opaque", "<object object at 0x>"),
        (Unprintable(), "opaque", "<broken repr>"),
    ],
)
def test_single_values_are_described(value: object, kind: str, text: str) -> None:
    described = describe(value)
    assert (described["type"], described["repr"]) == (kind, text)


def test_containers_are_described_the_same_whatever_their_order() -> None:
    assert describe({"a": 1, "b": 2}) == describe({"b": 2, "a": 1})
    assert describe({"x", "y", "z"}) == describe({"z", "y", "x"})
    assert describe([1, 2]) != describe([2, 1])
    assert describe((1,)) != describe([1])
    assert describe(collections.deque([1]))["class"] == "collections.deque"
    forth = collections.OrderedDict([("a", 1), ("b", 2)])
    back = collections.OrderedDict([("b", 2), ("a", 1)])
    assert describe(forth) != describe(back)


def test_objects_are_described_by_what_they_hold() -> None:
    assert describe(Slotted())["fields"] == [["left", {"type": "int", "repr": "1"}]]
    assert describe(OneSlot())["fields"] == [["only", {"type": "int", "repr": "2"}]]
    error = describe(ValueError("x"))
    assert error["class"] == "ValueError"
    assert error["fields"][0][0] == "args"


def test_cycles_depth_and_size_are_bounded() -> None:
    loop: list[object] = []
    loop.append(loop)
    assert describe(loop)["items"] == [{"type": "cycle"}]
    deep: list[object] = []
    for _ in range(100):
        deep = [deep]
    assert '"more"' in json.dumps(describe(deep))
    wide = describe([[0] * 150 for _ in range(150)])
    assert '"more"' in json.dumps(wide)
    assert describe(list(range(500)))["size"] == 500
    long = describe("x" * 9_000)["repr"]
    assert len(long) < 400
    assert long != describe("x" * 9_001)["repr"]


def test_iterators_are_used_up_only_where_that_is_wished() -> None:
    assert describe(iter([1]))["items"] == [{"type": "int", "repr": "1"}]
    assert describe(iter([1]), consume=False)["type"] == "opaque"
    assert len(describe(itertools.count())["items"]) == harness.MAX_ITEMS


def test_a_call_is_observed_with_its_effects() -> None:
    def run(given: dict[str, Any]) -> int:
        given["items"].append(2)
        print("done")  # noqa: T201 (what is observed)
        return 5

    seen = observe(run, items=[1], other=3)
    assert seen.outcome is Outcome.RETURNED
    assert seen.value == {"type": "int", "repr": "5"}
    assert seen.changed_arguments == ("items",)
    assert seen.printed == "done\n"


def test_exceptions_are_observed_with_their_place() -> None:
    def run(_: dict[str, Any]) -> None:
        raise Unspeakable

    seen = observe(run)
    assert seen.outcome is Outcome.RAISED
    assert seen.type.endswith("Unspeakable")
    assert seen.message == "<broken message>"
    assert seen.frames[-1].function == "run"
    assert seen.frames[-1].text == "raise Unspeakable"


def test_leaving_the_program_is_a_result_too() -> None:
    def run(_: dict[str, Any]) -> None:
        raise SystemExit(3)

    assert observe(run).type == "SystemExit"


def test_endless_recursion_keeps_both_ends_of_the_stack() -> None:
    def run(given: dict[str, Any]) -> object:
        return run(given)

    seen = observe(run)
    assert seen.type == "RecursionError"
    assert len(seen.frames) == harness.MAX_FRAMES


def test_coroutines_and_streams_are_carried_through() -> None:
    async def answer(_: dict[str, Any]) -> int:
        return 4

    async def stream(_: dict[str, Any]) -> AsyncIterator[int]:
        for number in itertools.count():
            yield number

    async def short(_: dict[str, Any]) -> AsyncIterator[int]:
        yield 1

    async def late(given: dict[str, Any]) -> AsyncIterator[int]:
        return short(given)

    def numbers(_: dict[str, Any]) -> Iterator[int]:
        yield 1
        raise KeyError(2)

    assert observe(answer).value == {"type": "int", "repr": "4"}
    endless = observe(stream).value
    assert isinstance(endless, dict)
    assert endless["size"] == harness.MAX_ITEMS
    assert "'1'" in str(observe(late).value)
    assert "'1'" in str(observe(short).value)
    assert observe(numbers).type == "KeyError"


def test_arguments_that_cannot_be_built_are_no_failure_of_the_code() -> None:
    def build() -> dict[str, Any]:
        raise KeyError("sku")

    seen = harness.observe((build, lambda given: given))
    assert seen["outcome"] == "unusable"


def test_a_neighbour_that_does_not_end_says_nothing() -> None:
    def run(_: dict[str, Any]) -> int:
        while True:
            pass

    out = io.StringIO()
    calls: list[harness.Call] = [(dict, lambda _: 1), (dict, run)]
    harness.report(calls, NONCE, out, seconds=0.05)
    seen = parse(out.getvalue(), NONCE)
    assert seen is not None
    assert seen.value == {"type": "int", "repr": "1"}
    assert [item.outcome for item in seen.neighbours] == [Outcome.UNUSABLE]


def test_a_long_record_shrinks_to_digests_that_still_compare() -> None:
    value = [["x" * 100] * 10] * 10
    texts = []
    for last in ("a", "b", "a"):
        answer = [*value, [last]]
        record = harness.observe((lambda: {"v": value}, lambda _, answer=answer: answer))  # type: ignore[misc]
        text = harness.encoded(record, 2_000)
        assert len(text) < 2_000
        texts.append(json.loads(text)["value"])
    assert texts[0] == texts[2] != texts[1]


def test_a_long_stack_shrinks_last() -> None:
    record = {"outcome": "raised", "frames": [["p" * 200, "f", 1, ""]] * 30}
    assert json.loads(harness.encoded(record, 1_000))["frames"] == []
