"""Tells what a text is, and reads it: an event, an alert, a stack trace or a CI log."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import JsonValue

from suture.domain.alert import Alert
from suture.errors import InvalidInput
from suture.hostile_json import parse_json
from suture.traces import bounds
from suture.traces.ci import find_ci_failure
from suture.traces.ci_lines import clean_lines, has_ci_marks
from suture.traces.generic import parse_generic
from suture.traces.sentry import parse_event, unwrapped
from suture.traces.stacks import parse_stack, read_stack
from suture.traces.test_output import read_test_report

SENTRY_FIELDS = frozenset(
    {"event_id", "eventID", "exception", "entries", "logentry", "sdk", "platform", "culprit"}
)
UNKNOWN = (
    "This is neither a Sentry event (JSON), a generic alert (JSON with a title), a stack "
    "trace, nor a CI log in which something failed."
)


def parse_report(text: str, *, service: str, received_at: datetime) -> Alert:
    """Return the alert that a text of unknown kind stands for.

    Raises:
        InvalidInput: it is none of what is known, or broken; the message says which.
    """
    bounds.check_size(text)
    if not text.strip():
        raise InvalidInput("The report is empty.")
    if text.lstrip("\ufeff \t\r\n").startswith(("{", "[")):
        alert = _json(text, service, received_at)
        if alert is not None:
            return alert
    if _is_plain_stack(text):
        return parse_stack(text, service=service, received_at=received_at)
    alert = find_ci_failure(text, service=service, received_at=received_at)
    if alert is None:
        raise InvalidInput(UNKNOWN)
    return alert


def _json(text: str, service: str, received_at: datetime) -> Alert | None:
    try:
        payload = parse_json(bounds.readable(text).encode(), what="report")
    except InvalidInput:
        # A log of JSON lines begins with a brace, too, and a CI log with a bracket.
        if read_stack(text) or not text.lstrip("\ufeff \t\r\n").startswith("{"):
            return None
        raise
    listed = isinstance(payload, list)
    if isinstance(payload, list):
        # Sentry lists an issue's events newest first.
        payload = next(iter(payload), None)
    if not isinstance(payload, dict):
        return None
    if is_sentry_event(payload):
        return parse_event(payload, service=service, received_at=received_at)
    if listed or ("title" not in payload and read_stack(text)):
        return None
    return parse_generic(payload, service=service, received_at=received_at)


def is_sentry_event(payload: Mapping[str, JsonValue]) -> bool:
    """Whether a JSON object looks like an event of Sentry's rather than a generic alert."""
    return not SENTRY_FIELDS.isdisjoint(unwrapped(payload))


def _is_plain_stack(text: str) -> bool:
    if not read_stack(text):
        return False
    lines = clean_lines(text)
    return not has_ci_marks(lines) and not read_test_report(lines).failed_tests
