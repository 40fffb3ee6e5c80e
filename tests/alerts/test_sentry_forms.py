"""Forms in which Sentry events arrive besides those of the Python SDK."""

import json

import pytest
from pydantic import JsonValue

from suture.canonical import canonical_json
from suture.domain.alert import AlertKind
from suture.errors import InvalidInput
from suture.traces.sentry_frames import MAX_DETAIL_BYTES
from tests.alerts.events import read, sample


def call(number: int, **fields: JsonValue) -> JsonValue:
    return {"filename": f"a/{number}.py", "lineno": number, **fields}


def trace(*calls: JsonValue) -> JsonValue:
    return {"frames": list(calls)}


@pytest.mark.parametrize(
    "wrap",
    [
        lambda event: {"action": "triggered", "data": {"event": event}},
        lambda event: {"action": "created", "data": {"error": event}},
        lambda event: {"event": event, "culprit": "x", "message": "y"},
    ],
)
def test_an_event_in_a_webhooks_body_is_the_event(wrap: object) -> None:
    assert callable(wrap)
    assert read(wrap(sample())) == read(sample())


def test_an_events_own_fields_come_before_one_that_it_holds() -> None:
    assert read({"message": "x", "data": {"error": {"code": 3}}}).title == "x"
    assert read(sample(event={"message": "y"})) == read(sample(event=None))


@pytest.mark.parametrize(
    "nothing",
    [
        {},
        {"level": "error"},
        {"message": "  "},
        {"exception": {}},
        {"type": "transaction", "transaction": "/x", "message": "x"},
    ],
)
def test_an_event_that_tells_of_no_fault_is_refused(nothing: dict[str, JsonValue]) -> None:
    with pytest.raises(InvalidInput, match="event"):
        read(nothing)


def test_a_single_exception_is_a_chain_of_one() -> None:
    event = sample()
    chain = event["exception"]
    assert isinstance(chain, dict)
    assert isinstance(chain["values"], list)
    assert read(sample(exception=chain["values"][0])).exceptions == read(event).exceptions


@pytest.mark.parametrize(
    ("lineno", "read_as"),
    [("12", 12), (12, 12), (2**31, None), ("9999999999", None), ("x", None), (1.5, None)],
)
def test_a_line_number_is_a_small_whole_number(lineno: JsonValue, read_as: int | None) -> None:
    event = sample(exception=[{"type": "E", "stacktrace": trace(call(1, lineno=lineno))}])
    assert read(event).exceptions[0].frames[0].lineno == read_as


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"message": "order %s of %d", "params": [7, 2]}, "order 7 of 2"),
        ({"message": "order %(id)s of %(n)d", "params": {"id": "x"}}, "order x of %(n)d"),
        ({"message": "order %s, %s", "params": [["a"]]}, "order ['a'], %s"),
        ({"message": "password=%s", "params": ["hunter2"]}, "password=[redacted]"),
        ({"message": "order %s", "params": "odd"}, "order %s"),
        ({"message": "order %s", "params": [7], "formatted": "order 8"}, "order 8"),
        ({"message": "%99999999d", "params": [7]}, "%99999999d"),
    ],
)
def test_a_log_entrys_parameters_are_filled_in(entry: JsonValue, said: str) -> None:
    assert read({"logentry": entry}).message == said


@pytest.mark.parametrize(
    "beside",
    [
        {"stacktrace": trace(call(1), None)},
        {"threads": {"values": [{"stacktrace": trace(call(2))},
                                {"crashed": True, "stacktrace": trace(call(1))}]}},
        {"threads": [None, {"stacktrace": {}}, {"current": True, "stacktrace": trace(call(1))}]},
    ],
)  # fmt: skip
def test_a_stack_trace_beside_the_exception_is_its_own(beside: dict[str, JsonValue]) -> None:
    alert = read(sample(exception=[{"type": "E"}], **beside))
    assert [each.lineno for each in alert.exceptions[0].frames] == [1]
    message = read({"message": "Stuck", **beside})
    assert (message.kind, message.exceptions) == (AlertKind.SIGNAL, ())
    assert message.log == '  File "a/1.py", line 1, in <unknown>'


@pytest.mark.parametrize("odd", [3, "x", [3], {"values": 3}, [{"stacktrace": {"frames": 3}}]])
def test_odd_threads_are_left_out(odd: JsonValue) -> None:
    assert read({"message": "Stuck", "threads": odd, "stacktrace": odd}).log == ""


def test_exceptions_stand_in_the_order_of_their_numbers() -> None:
    chain: list[JsonValue] = [
        {"type": name, "mechanism": {"exception_id": number}}
        for name, number in (("Top", 0), ("Middle", 1), ("Root", 2))
    ]
    types = [each.type for each in read(sample(exception=chain)).exceptions]
    assert types == ["Root", "Middle", "Top"]
    unnumbered = read(sample(exception=[*chain, {"type": "Last"}])).exceptions
    assert unnumbered[-1].type == "Last"


@pytest.mark.parametrize(
    "query", [[["a", "b c"], ["token", "s3x"], 3], {"a": "b c", "token": "s3x"}]
)
def test_a_query_may_be_given_as_pairs(query: JsonValue) -> None:
    request = read(sample(request={"url": "http://h/x", "query_string": query})).request
    assert request
    assert request.url == "http://h/x?a=b+c&token=[redacted]"
    odd = read(sample(request={"url": "http://h/x", "query_string": 3})).request
    assert odd
    assert odd.url == "http://h/x"


def test_nul_characters_reach_no_database() -> None:
    event = sample(event_id="a\0b", message="x\0y", tags={"a\0": "b\0"}, environment="p\0")
    assert "\0" not in str(json.loads(canonical_json(read(event))))
    assert read(event).message == "x\N{REPLACEMENT CHARACTER}y"


def test_details_of_a_huge_event_are_kept_for_the_calls_that_matter_most() -> None:
    details: dict[str, JsonValue] = {
        "vars": {f"v{number}": "x" * 9_000 for number in range(10)},
        "pre_context": ["y" * 1_000] * 20,
    }
    foreign = [call(number, in_app=False, **details) for number in range(150)]
    own = [call(number, in_app=True, **details) for number in (201, 202)]
    alert = read(sample(exception=[{"type": "E", "stacktrace": trace(*own, *foreign)}]))
    assert len(canonical_json(alert)) < 2 * MAX_DETAIL_BYTES + 300_000
    frames = alert.exceptions[0].frames
    assert len(frames) == 152
    for frame in (*frames[:2], frames[-1]):
        assert (len(frame.variables), len(frame.pre_context)) == (10, 20)
    assert (frames[2].variables, frames[2].pre_context) == ({}, ())


def test_no_single_value_takes_all_the_room() -> None:
    huge: JsonValue = [["x" * 9_000] * 60] * 60
    wide: JsonValue = {f"v{number}": huge for number in range(20)}
    event = trace(call(1, vars=wide), call(2, vars={"small": 1}))
    frames = read(sample(exception=[{"type": "E", "stacktrace": event}])).exceptions[0].frames
    assert frames[1].variables == {"small": 1}
    assert 0 < len(str(frames[0].variables)) < 2 * MAX_DETAIL_BYTES
