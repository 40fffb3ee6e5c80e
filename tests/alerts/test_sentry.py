import sys
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sentry_sdk
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from suture.canonical import canonical_json
from suture.domain.alert import Alert, AlertKind, AlertSource, Severity
from suture.errors import InvalidInput
from suture.traces.bounds import MAX_EXCEPTIONS, MAX_FRAMES
from suture.traces.sentry import parse_event
from tests.alerts.events import RECEIVED_AT, captured, read, sample

WORDS = {"db": "hunter2"}
"""Far from the code that fails, so that it is not in the captured source."""


def ship(order: dict[str, object], password: str) -> None:
    try:
        order["zone"]
    except KeyError as error:
        raise ValueError(f"no zone, password={password}") from error


def test_a_real_event_is_read_in_full() -> None:
    before = datetime.now(UTC) - timedelta(minutes=1)
    event = captured(
        lambda: ship({"id": 7, "nested": {"api_key": "k-123"}}, WORDS["db"]),
        release="1.2",
    )
    alert = read(event)
    assert (alert.source, alert.kind) == (AlertSource.SENTRY, AlertKind.EXCEPTION)
    assert (alert.release, alert.environment, alert.severity) == ("1.2", "staging", Severity.HIGH)
    assert alert.alert_id == event["event_id"]
    assert before < alert.occurred_at < RECEIVED_AT
    assert alert.title == "ValueError: no zone, password=[redacted]"
    assert [link.type for link in alert.exceptions] == ["KeyError", "ValueError"]
    assert alert.tags == {"server_name": "web-1"}
    frame = alert.exceptions[-1].frames[-1]
    assert frame.filename.endswith("tests/alerts/test_sentry.py")
    assert frame.function == "ship"
    assert frame.in_app
    assert frame.lineno
    assert (frame.context_line or "").strip().startswith("raise ValueError(")
    assert len(frame.pre_context) == 5
    assert frame.variables["order"] == {"id": "7", "nested": {"api_key": "[redacted]"}}
    assert "hunter2" not in alert.model_dump_json()
    assert alert.exceptions[-1].handled is True


def test_an_exception_groups_members_stand_before_it() -> None:
    def fire() -> None:
        raise ExceptionGroup("several", [KeyError("a"), TypeError("b")])

    types = [link.type for link in read(captured(fire)).exceptions]
    assert types[-1] == "ExceptionGroup"
    assert {"KeyError", "TypeError"} == set(types[:-1])


def test_a_message_is_a_signal() -> None:
    alert = read(captured(lambda: sentry_sdk.capture_message("Queue is stuck", level="fatal")))
    assert (alert.kind, alert.severity) == (AlertKind.SIGNAL, Severity.CRITICAL)
    assert (alert.title, alert.message) == ("Queue is stuck", "Queue is stuck")
    assert alert.exceptions == ()


def test_breadcrumbs_become_the_log() -> None:
    def fire() -> None:
        sentry_sdk.add_breadcrumb(category="db", level="warning", message="slow password=x")
        sentry_sdk.add_breadcrumb(category="http", data={"url": "/a", "more": [1]})
        sentry_sdk.add_breadcrumb(category="empty")
        ship({}, "x")

    first, second = read(captured(fire)).log.splitlines()
    assert first.endswith("warning db slow password=[redacted]")
    assert second.endswith("http url=/a")


def exported() -> dict[str, JsonValue]:
    frame: JsonValue = {
        "filename": "shop/cart.py",
        "absPath": "/app/shop/cart.py",
        "function": "average",
        "module": "shop.cart",
        "lineNo": 12,
        "inApp": True,
        "vars": {"total": "0"},
        "context": [[11, "    count = 0"], [12, "    return total / count"], [13, None], "odd"],
    }
    exception: JsonValue = {
        "type": "ZeroDivisionError", "value": "division by zero",
        "stacktrace": {"frames": [frame]},
    }  # fmt: skip
    return {
        "eventID": "b" * 32,
        "dateCreated": "2026-05-04T03:12:40Z",
        "title": "ZeroDivisionError: division by zero",
        "entries": [
            {"type": "exception", "data": {"values": [exception]}},
            {"type": "message", "data": {"formatted": "It broke"}},
            {"type": "request", "data": {"method": "POST", "url": "http://h/x", "data": {"a": 1}}},
            {"type": "breadcrumbs", "data": None},
        ],
        "release": {"version": "1.2"},
        "tags": [
            {"key": "environment", "value": "production"},
            {"key": "level", "value": "warning"},
            {"key": "transaction", "value": "/checkout"},
            {"key": "odd", "value": {}},
            ["pair", "p"],
            "odd",
        ],
    }


def test_an_exported_event_is_read_like_a_sent_one() -> None:
    alert = read(exported())
    assert alert.alert_id == "b" * 32
    assert alert.occurred_at == datetime(2026, 5, 4, 3, 12, 40, tzinfo=UTC)
    assert (alert.release, alert.severity) == ("1.2", Severity.MEDIUM)
    assert (alert.transaction, alert.message) == ("/checkout", "It broke")
    assert alert.request
    assert (alert.request.method, alert.request.data) == ("POST", {"a": 1})
    assert alert.tags["pair"] == "p"
    [frame] = alert.exceptions[0].frames
    assert (frame.filename, frame.lineno) == ("/app/shop/cart.py", 12)
    assert frame.context_line == "    return total / count"
    assert (frame.pre_context, frame.post_context) == (("    count = 0",), ("",))


@pytest.mark.parametrize(
    ("level", "severity"),
    [
        ("fatal", "critical"),
        ("error", "high"),
        ("warning", "medium"),
        ("info", "low"),
        ("x", "low"),
    ],
)
def test_the_level_decides_how_bad_it_is(level: str, severity: str) -> None:
    assert read(sample(level=level)).severity == severity


def test_what_an_event_leaves_out_is_filled_in() -> None:
    alert = read({"message": "y"})
    assert (alert.title, alert.environment) == ("y", "production")
    assert (alert.occurred_at, alert.severity) == (RECEIVED_AT, Severity.LOW)
    assert alert.alert_id == read({"message": "y"}).alert_id != read({"message": "x"}).alert_id
    assert (alert.request, alert.log, alert.tags, alert.release) == (None, "", {}, None)
    [error] = read({"exception": {"values": [None, {"value": ["a"]}]}}).exceptions
    assert (error.type, error.value, error.frames) == ("Error", "['a']", ())


@pytest.mark.parametrize(
    ("timestamp", "moment"),
    [
        (1_777_864_360, datetime(2026, 5, 4, 3, 12, 40, tzinfo=UTC)),
        (1_777_864_360.5, datetime(2026, 5, 4, 3, 12, 40, 500_000, tzinfo=UTC)),
        ("2026-05-04T03:12:40", datetime(2026, 5, 4, 3, 12, 40, tzinfo=UTC)),
        (
            "2026-05-04T05:12:40+02:00",
            datetime(2026, 5, 4, 5, 12, 40, tzinfo=timezone(timedelta(hours=2))),
        ),
        ("1777864360.5", datetime(2026, 5, 4, 3, 12, 40, 500_000, tzinfo=UTC)),
        ("2200-01-01T00:00:00Z", RECEIVED_AT),
        ("yesterday", RECEIVED_AT),
        (True, RECEIVED_AT),
        (1e300, RECEIVED_AT),
        (-5, RECEIVED_AT),
        ("999999999999", RECEIVED_AT),
        ("0001-01-01T00:00:00+23:59", RECEIVED_AT),
    ],
)
def test_times_are_understood_in_all_their_forms(timestamp: JsonValue, moment: datetime) -> None:
    assert read(sample(timestamp=timestamp)).occurred_at == moment


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"exception": "x"}, "exception must be a list"),
        ({"exception": {"values": [3]}}, "exception[0] must be an object"),
        ({"exception": [{"stacktrace": 3}]}, "exception[0].stacktrace must be an object"),
        (
            {"exception": [{"stacktrace": {"frames": {"values": 3}}}]},
            "exception[0].stacktrace.frames must be a list",
        ),
        ({"level": []}, "level must be a text"),
        ({"event_id": {}}, "event_id must be a text"),
        ({"entries": 5}, "entries must be a list"),
    ],
)
def test_a_field_of_the_wrong_type_is_refused_by_name(
    fields: dict[str, JsonValue], named: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(sample(**fields))
    assert named in str(refused.value)


def test_a_service_that_is_no_name_is_refused() -> None:
    with pytest.raises(InvalidInput, match="service"):
        parse_event(sample(), service="No name!", received_at=RECEIVED_AT)


def frame(number: int, **fields: JsonValue) -> JsonValue:
    return {"filename": f"a/{number}.py", "lineno": number, **fields}


def of_frames(*frames: JsonValue, **fields: JsonValue) -> dict[str, JsonValue]:
    return sample(exception=[{"type": "E", "stacktrace": {"frames": list(frames)}, **fields}])


def test_too_much_of_everything_is_cut_from_the_middle() -> None:
    deep: JsonValue = "x"
    for _ in range(200):
        deep = {"a": deep, "b": [1.5] * 100}
    variables: JsonValue = {"deep": deep, "long": "x" * 100_000, "wide": [0] * 1_000}
    frames = [frame(number) for number in range(1_000)]
    event = of_frames(frame(0, vars=variables), *frames[1:])
    event["exception"] = [event["exception"][0], *[{"type": "E"}] * 100]  # type: ignore[index, list-item]
    alert = read(event)
    assert len(alert.exceptions) == MAX_EXCEPTIONS
    kept = alert.exceptions[0].frames
    assert len(kept) == MAX_FRAMES
    assert (kept[0].lineno, kept[-1].lineno) == (0, 999)
    assert len(str(kept[0].variables["long"])) < 20_000
    assert len(str(kept[0].variables["wide"])) < 300


def test_where_the_source_does_not_say_libraries_are_told_by_their_place() -> None:
    paths = {
        "/app/shop/cart.py": True,
        "/usr/lib/python3.11/json/decoder.py": False,
        "/venv/lib/python3.11/site-packages/requests/api.py": False,
        "/usr/lib/python3/dist-packages/yaml/x.py": False,
        "C:\\Python311\\Lib\\json\\decoder.py": False,
        "<frozen runpy>": False,
        "/app/lib/prices.py": True,
    }
    frames = [frame(1, abs_path=path) for path in paths]
    [error] = read(of_frames(*frames)).exceptions
    assert [each.in_app for each in error.frames] == list(paths.values())
    [told] = read(of_frames(frame(1, abs_path="/app/x.py", in_app=False))).exceptions
    assert not told.frames[0].in_app


def test_odd_frames_are_read_as_far_as_they_go() -> None:
    frozen = frame(1, abs_path="/app/<frozen runpy>")
    assert isinstance(frozen, dict)
    frozen["filename"] = "<frozen runpy>"
    bare: JsonValue = {"module": "shop", "lineno": -3, "vars": "odd", "context_line": ""}
    lost: JsonValue = {"pre_context": ["a", None], "post_context": ["b"], "lineno": True}
    [error] = read(of_frames(frozen, bare, lost, None)).exceptions
    assert [each.filename for each in error.frames] == ["<frozen runpy>", "shop", "<unknown>"]
    assert [each.lineno for each in error.frames] == [1, None, None]
    assert (error.frames[2].pre_context, error.frames[2].post_context) == (("a", ""), ("b",))
    assert error.frames[1].variables == {}


def test_a_request_is_kept_without_its_secrets() -> None:
    alert = read(
        sample(
            request={
                "url": "http://h/x", "query_string": "token=abc&page=2", "method": "PUT",
                "data": {"password": "x", "n": 1}, "headers": {"Cookie": "a=b"},
            }
        )
    )  # fmt: skip
    assert alert.request
    assert alert.request.url == "http://h/x?token=[redacted]&page=2"
    assert alert.request.data == {"password": "[redacted]", "n": 1}
    assert read(sample(request="odd")).request is None


def test_tags_are_bounded_and_scrubbed() -> None:
    alert = read(sample(tags={f"t{number}": "v" * 500 for number in range(100)}))
    assert len(alert.tags) == 60
    assert max(map(len, alert.tags.values())) == 200
    tags = read(sample(tags={"password": "x", "n": 3, "none": None})).tags
    assert tags == {"password": "[redacted]", "n": "3"}


def test_what_cannot_be_written_as_json_is_replaced() -> None:
    event = of_frames(frame(1, vars={"a\ud800": "b\udfff", "n": float("nan")}), value="\ud800")
    alert = read(event)
    assert b"\xed" not in canonical_json(alert)
    assert alert.exceptions[0].frames[0].variables == {"a\ufffd": "b\ufffd", "n": "nan"}


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
NAMES = st.sampled_from(
    ["event_id", "timestamp", "exception", "values", "type", "value", "stacktrace", "frames",
     "filename", "lineno", "vars", "tags", "request", "level", "message", "logentry", "breadcrumbs",
     "entries", "data", "release", "context", "mechanism", "pre_context", "server_name"]
)  # fmt: skip
TREES: st.SearchStrategy[JsonValue] = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4)
)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(NAMES, TREES, max_size=6))
def test_no_event_breaks_the_parser(fields: dict[str, JsonValue]) -> None:
    try:
        alert = read(sample(**fields))
    except InvalidInput as refused:
        assert "must be" in str(refused) or "event" in str(refused)  # noqa: PT017 - either is right
    else:
        assert Alert.model_validate_json(canonical_json(alert)) == alert


def test_an_endless_nesting_is_cut() -> None:
    deep: JsonValue = []
    for _ in range(sys.getrecursionlimit() - 200):
        deep = [deep]
    alert = read(of_frames(frame(1, vars={"a": deep})))
    assert "..." in str(alert.exceptions[0].frames[0].variables)
