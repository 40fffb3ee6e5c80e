from datetime import UTC, datetime

import jsonschema
import pytest
from pydantic import JsonValue

from suture.domain.alert import Alert, AlertKind, AlertSource, Severity
from suture.errors import InvalidInput
from suture.traces.generic import generic_schema, parse_generic

RECEIVED_AT = datetime(2026, 5, 5, tzinfo=UTC)
TRACEBACK = """Traceback (most recent call last):
  File "/app/shop/cart.py", line 12, in average
    return total / count
ZeroDivisionError: division by zero
"""


def read(**fields: JsonValue) -> Alert:
    return parse_generic({"title": "Stuck", **fields}, service="shop", received_at=RECEIVED_AT)


def test_a_title_is_enough() -> None:
    alert = read()
    assert (alert.source, alert.kind) == (AlertSource.GENERIC, AlertKind.SIGNAL)
    assert (alert.title, alert.severity, alert.environment) == ("Stuck", "high", "production")
    assert alert.occurred_at == RECEIVED_AT
    assert alert.alert_id == read().alert_id != read(message="x").alert_id


def test_every_field_is_read() -> None:
    alert = read(
        id="d-1", message="password=x", severity="CRITICAL", occurred_at="2026-05-04T03:00:00Z",
        environment="staging", release="1.2", log="a\nb", tags={"team": "a", "token": "x1y"},
        unknown=[1],
    )  # fmt: skip
    assert (alert.alert_id, alert.message) == ("d-1", "password=[redacted]")
    assert alert.severity is Severity.CRITICAL
    assert alert.occurred_at == datetime(2026, 5, 4, 3, tzinfo=UTC)
    assert (alert.environment, alert.release, alert.log) == ("staging", "1.2", "a\nb")
    assert alert.tags == {"team": "a", "token": "[redacted]"}


def test_a_traceback_becomes_exceptions() -> None:
    alert = read(traceback=TRACEBACK, log="before")
    assert (alert.kind, alert.log) == (AlertKind.EXCEPTION, "before")
    assert alert.exceptions[0].frames[0].function == "average"


def test_a_traceback_that_cannot_be_read_is_kept_as_log() -> None:
    alert = read(traceback="goroutine 1 [running]", log="before")
    assert (alert.kind, alert.log) == (AlertKind.SIGNAL, "before\ngoroutine 1 [running]")


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"title": ""}, "title"),
        ({"title": " \n "}, "title"),
        ({"title": 7}, "title"),
        ({"severity": "awful"}, "severity"),
        ({"severity": 3}, "severity"),
        ({"occurred_at": "2026-05-04T03:00:00"}, "occurred_at"),
        ({"tags": {"a": {}}}, "tags.a"),
        ({"id": "x" * 300}, "id"),
    ],
)
def test_a_wrong_field_is_named(fields: dict[str, JsonValue], named: str) -> None:
    with pytest.raises(InvalidInput, match=rf"^{named}: "):
        read(**fields)


def test_lone_surrogates_and_endless_nesting_do_no_harm() -> None:
    deep: JsonValue = []
    for _ in range(500):
        deep = [deep]
    assert read(message="a\ud800", other=deep, more=[{"a": 1}]).message == "a\ufffd"


def test_the_schema_is_valid_and_says_what_is_needed() -> None:
    schema = generic_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["required"] == ["title"]
    properties = schema["properties"]
    assert isinstance(properties, dict)
    assert all(isinstance(each, dict) and each["description"] for each in properties.values())
    jsonschema.validate({"title": "Stuck", "severity": "low", "tags": {"a": "b"}}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"title": 3}, schema)
