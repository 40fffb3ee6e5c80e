"""Reading what a probe printed: hostile text in, an observation or nothing out."""

import json

import pytest
from pydantic import JsonValue

from suture.domain.alert import Alert, ExceptionInfo, Frame
from suture.verdict.observation import (
    Observation,
    ObservedFrame,
    Outcome,
    agree,
    informative,
    parse,
    reported,
    same_failure,
    same_file,
)
from tests.reproduction.production import make_alert
from tests.verdict.observations import CRASH, NONE, number, raised, returned

NONCE = "abc"


def line(record: object, position: int = 0, nonce: str = NONCE) -> str:
    return f"\n{nonce} {position} {json.dumps(record)}\n"


def alert(
    kind: str = "ZeroDivisionError", message: str = "division by zero", **frame: object
) -> Alert:
    fields = {
        "filename": "/app/shop/cart.py",
        "function": "total",
        "lineno": 3,
        "context_line": "    return a / b",
        **frame,
    }
    crash = Frame.model_validate(fields)
    library = Frame(filename="/usr/lib/x.py", function="go", in_app=False)
    return make_alert((ExceptionInfo(type=kind, value=message, frames=(crash, library)),))


def test_records_are_read_in_order() -> None:
    first = {"outcome": "returned", "value": {"type": "int", "repr": "1"}}
    other = {"outcome": "returned", "value": {"type": "int", "repr": "2"}}
    text = "noise\n" + line(first) + "abcd 0 x\n" + line(other, 3) + line({}, 0, "xyz")
    seen = parse(text, NONCE)
    assert seen is not None
    assert seen.value == first["value"]
    outcomes = [item.outcome for item in seen.neighbours]
    assert outcomes == [Outcome.UNUSABLE, Outcome.UNUSABLE, Outcome.RETURNED]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc 0 nonsense",
        line([]),
        line({"outcome": "won"}),
        line({"outcome": "returned", "surprise": 1}),
        line({"outcome": "returned", "neighbours": []}),
        line({"outcome": "raised", "frames": [["a"]]}),
        line({"outcome": "raised", "frames": 3}),
        line({"outcome": "raised", "frames": [["a", "f", 1, ""]] * 100}),
        line({"outcome": "raised", "message": "x" * 9_000}),
        'abc 0 {"outcome": "returned", "value": NaN}',
        'abc 0 {"outcome": "returned", "value": ' + "[" * 900 + "]" * 900 + "}",
        'abc 0 {"outcome": "returned", "value": "' + "x" * 200_000 + '"}',
        line({"outcome": "returned"}, 1),
        line({"outcome": "returned"}, -1),
        line({"outcome": "returned"}, 10_000),
        line({"outcome": "returned"}) + line({"outcome": "returned"}),
    ],
)
def test_what_is_no_honest_record_is_refused_whole(text: str) -> None:
    assert parse(text, NONCE) is None


def test_too_many_neighbours_are_left_out() -> None:
    text = "".join(line({"outcome": "returned"}, position) for position in range(60))
    seen = parse(text, NONCE)
    assert seen is not None
    assert len(seen.neighbours) == 24


def test_calls_agree_if_nothing_that_can_be_seen_differs() -> None:
    one = returned(1.0)
    assert agree(one, returned(1.0, [returned(2.0)]))
    for change in (
        {"value": number(2.0)},
        {"after": {"a": number(1)}},
        {"printed": "x"},
        {"outcome": Outcome.RAISED},
    ):
        assert not agree(one, one.model_copy(update=change))
    assert not agree(raised(), raised(message="other"))


@pytest.mark.parametrize(
    ("seen", "says_something"),
    [
        (returned(1.0), True),
        (returned(None), False),
        (raised(), False),
        (returned(None).model_copy(update={"printed": "done"}), True),
        (returned(None).model_copy(update={"after": {"a": number(1)}}), True),
        (returned(1.0).model_copy(update={"value": {"type": "opaque"}}), False),
        (
            returned(1.0).model_copy(
                update={"value": {"type": "sequence", "items": [{"type": "more"}]}}
            ),
            False,
        ),
        (returned(1.0).model_copy(update={"value": {"type": "digest", "repr": "x"}}), True),
    ],
)
def test_an_observation_without_visible_answer_says_nothing(
    seen: Observation, *, says_something: bool
) -> None:
    assert informative(seen) is says_something


def test_the_reported_failure_is_recognised() -> None:
    assert same_failure(raised(), alert())
    assert same_failure(raised("decimal.ZeroDivisionError"), alert())
    assert same_failure(raised(), alert(function="Cart.total", lineno=99))
    assert same_failure(raised(), alert(context_line=None))
    assert same_failure(raised(), alert(context_line="    return a / c"))
    assert same_failure(raised(), alert(function=None))
    library = ObservedFrame(path="/usr/lib/x.py", function="go", line=1)
    assert same_failure(raised(frames=[CRASH, library]), alert())


def test_another_failure_is_not_taken_for_it() -> None:
    assert not same_failure(returned(1.0), alert())
    assert not same_failure(raised("KeyError"), alert())
    assert not same_failure(raised(), alert(function="rate"))
    assert not same_failure(raised(), alert(filename="shop/order.py"))
    assert not same_failure(raised(message="other"), alert())
    assert not same_failure(raised(message="other"), alert(context_line="x / y"))
    assert not same_failure(raised(frames=[]), alert())
    assert not same_failure(raised(), make_alert())
    deeper = CRASH.model_copy(update={"function": "deeper"})
    assert not same_failure(raised(frames=[CRASH, deeper]), alert())


@pytest.mark.parametrize(
    ("seen", "told", "same"),
    [
        ("'a'", "'a'", True),
        ("1", "7", False),
        ("'a'", "'b'", False),
        ("took 0.53", "took 0.61", True),
        ("id 123456", "id 654321", True),
        ("at 0x7f01", "at 0x9e02", True),
        ("user 'redacted'", "user '[redacted]'", True),
        ("a long message", "a long...", True),
        ("another message", "a long...", False),
    ],
)
def test_messages_may_differ_in_what_no_two_runs_share(seen: str, told: str, *, same: bool) -> None:
    assert same_failure(raised(message=seen), alert(message=told)) is same


def test_an_alert_without_own_frames_is_told_by_type_and_message() -> None:
    bare = make_alert((ExceptionInfo(type="ZeroDivisionError", value="division by zero"),))
    assert same_failure(raised(), bare)
    assert not same_failure(raised(message="other"), bare)


def test_the_reported_exception_is_the_last_with_own_frames() -> None:
    own = ExceptionInfo(type="A", frames=(Frame(filename="a.py"),))
    foreign = ExceptionInfo(type="B", frames=(Frame(filename="b.py", in_app=False),))
    assert reported(make_alert((own, foreign))) == own
    assert reported(make_alert((foreign,))) == foreign
    assert reported(make_alert()) is None


def test_paths_are_the_same_file_if_one_ends_with_the_other() -> None:
    assert same_file("shop/cart.py", "/app/shop/cart.py")
    assert same_file("./cart.py", "C:\\app\\cart.py")
    assert not same_file("shop/cart.py", "other/cart.py")
    assert not same_file("", "cart.py")


def test_changed_arguments_are_named() -> None:
    before: dict[str, JsonValue] = {"a": NONE, "b": NONE}
    seen = Observation(
        outcome=Outcome.RETURNED, before=before, after={"a": NONE, "b": number(1), "c": NONE}
    )
    assert seen.changed_arguments == ("b", "c")
