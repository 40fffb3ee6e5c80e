import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suture.domain.alert import Alert, AlertKind, AlertSource
from suture.errors import InvalidInput
from suture.traces.bounds import MAX_INPUT_CHARACTERS
from suture.traces.detect import parse_report
from tests.alerts import logs
from tests.alerts.events import sample

NOW = datetime(2026, 5, 5, tzinfo=UTC)
TRACEBACK = """Traceback (most recent call last):
  File "/app/shop/cart.py", line 12, in average
    return total / count
ZeroDivisionError: division by zero
"""
JSON_LINES = json.dumps({"level": "info"}) + "\n" + json.dumps({"exc_info": TRACEBACK})


def read(text: str) -> Alert:
    return parse_report(text, service="shop", received_at=NOW)


@pytest.mark.parametrize(
    ("text", "source", "kind"),
    [
        (json.dumps(sample()), AlertSource.SENTRY, AlertKind.EXCEPTION),
        ("\ufeff\n" + json.dumps(sample()), AlertSource.SENTRY, AlertKind.EXCEPTION),
        (json.dumps({"data": {"event": sample()}}), AlertSource.SENTRY, AlertKind.EXCEPTION),
        (json.dumps({"event": sample()}), AlertSource.SENTRY, AlertKind.EXCEPTION),
        (json.dumps([sample(), sample()]), AlertSource.SENTRY, AlertKind.EXCEPTION),
        ('{"title": "Stuck", "event": {"event_id": "7"}}', AlertSource.GENERIC, AlertKind.SIGNAL),
        ("[build] npm error code ERESOLVE\nfatal: no", AlertSource.CI_LOG, AlertKind.SIGNAL),
        ('{"entries": [], "title": "x"}', AlertSource.SENTRY, AlertKind.SIGNAL),
        ('{"title": "Stuck"}', AlertSource.GENERIC, AlertKind.SIGNAL),
        (json.dumps({"title": "x", "traceback": TRACEBACK}), AlertSource.GENERIC, "exception"),
        (TRACEBACK, AlertSource.TRACEBACK, AlertKind.EXCEPTION),
        ("starting\n" + TRACEBACK + "stopping\n", AlertSource.TRACEBACK, AlertKind.EXCEPTION),
        (JSON_LINES, AlertSource.TRACEBACK, AlertKind.EXCEPTION),
        (logs.github(TRACEBACK), AlertSource.CI_LOG, AlertKind.EXCEPTION),
        (logs.gitlab(TRACEBACK), AlertSource.CI_LOG, AlertKind.EXCEPTION),
        (TRACEBACK + "FAILED t.py::test_a", AlertSource.CI_LOG, AlertKind.TEST_FAILURE),
        ("FAILED t.py::test_a - KeyError", AlertSource.CI_LOG, AlertKind.TEST_FAILURE),
        ("npm error code ERESOLVE", AlertSource.CI_LOG, AlertKind.SIGNAL),
        ("Traceback (most recent call last):\nKilled", AlertSource.CI_LOG, AlertKind.SIGNAL),
    ],
)
def test_the_content_says_what_it_is(text: str, source: str, kind: str) -> None:
    alert = read(text)
    assert (alert.source, alert.kind) == (source, kind)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        ("all is well", "neither a Sentry event"),
        ("[1, 2]", "neither a Sentry event"),
        ('[{"title": "x"}]', "neither a Sentry event"),
        ("[]", "neither a Sentry event"),
        ('{"title": ', "no valid JSON"),
        ('{"name": "x"}', "title"),
        ('{"exception": 3}', "exception must be a list"),
        ("{" * 1_000, "no valid JSON"),
        ("x" * (MAX_INPUT_CHARACTERS + 1), "longer than"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(text: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        read(text)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60) | st.text(alphabet='{}[]":,\\ud8e_0', max_size=40))
def test_no_text_breaks_it(text: str) -> None:
    try:
        alert = read(text)
    except InvalidInput as refused:
        assert len(str(refused)) > 5  # noqa: PT017 - either outcome is right
    else:
        assert alert.title
