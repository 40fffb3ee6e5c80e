"""Reads stack traces of every language that is known, without being told which one it is."""

import json
import re
from datetime import datetime

from suture.canonical import digest_of
from suture.domain.alert import Alert, AlertKind, AlertSource, ExceptionInfo
from suture.errors import InvalidInput
from suture.traces import bounds
from suture.traces.golang import place_start as go_start
from suture.traces.golang import read_go
from suture.traces.java import call_start as java_start
from suture.traces.java import read_java
from suture.traces.javascript import call_start as javascript_start
from suture.traces.javascript import read_javascript
from suture.traces.python import has_traceback, read_exceptions

ESCAPED = re.compile(r"\\n(?:\\t| {2,16})(?:at |/\S)|\\ngoroutine \d")
"""A stack trace as a text of JSON."""
JSON_STRING = re.compile(r"\"(?:[^\"\\]|\\.)*+\"?")
READERS = (
    (go_start, read_go),
    (java_start, read_java),
    (javascript_start, read_javascript),
)


def parse_stack(text: str, *, service: str, received_at: datetime) -> Alert:
    """Return the alert for the last complete stack trace of a text, which is kept as the log.

    Raises:
        InvalidInput: there is no stack trace in it.
    """
    bounds.check_size(text)
    exceptions = read_stack(text)
    if not exceptions:
        raise InvalidInput("The text holds no stack trace.")
    last = exceptions[-1]
    said = bounds.bounded_line(last.value)
    with bounds.refusing_misfits():
        return Alert(
            alert_id=digest_of([service, bounds.readable(text)]),
            source=AlertSource.TRACEBACK,
            kind=AlertKind.EXCEPTION,
            service=service,
            title=bounds.bounded_line(f"{last.type}: {said}" if said else last.type),
            occurred_at=received_at,
            exceptions=exceptions,
            log=bounds.bounded_log(text),
        )


def read_stack(text: str) -> tuple[ExceptionInfo, ...]:
    """Return the last chain of exceptions in a text, causes first; empty if there is none."""
    if has_traceback(text) and (found := read_exceptions(text)):
        return found
    plain = _unescaped(bounds.without_colours(text))
    for start, read in READERS:
        seen = any(start(line.rstrip("\r")) is not None for line in plain.split("\n"))
        if seen and (found := read(plain)):
            return found
    return ()


def _unescaped(text: str) -> str:
    """Return the text with what lines of JSON say of a stack trace in lines of its own."""
    if not ESCAPED.search(text):
        return text
    return "\n".join(map(_unescaped_line, text.split("\n")))


def _unescaped_line(line: str) -> str:
    if not ESCAPED.search(line):
        return line
    texts = [each.group() for each in JSON_STRING.finditer(line)]
    try:
        decoded = [str(json.loads(text)) for text in texts if ESCAPED.search(text)]
    except ValueError:
        decoded = []
    return "\n".join(decoded) or line.replace("\\n", "\n").replace("\\t", "\t")
