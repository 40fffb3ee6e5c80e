"""Reads Sentry events, as SDKs send them and as Sentry exports them.

https://develop.sentry.dev/sdk/data-model/event-payloads/ for events that are sent;
https://docs.sentry.io/api/events/retrieve-an-event-for-a-project/ for exported ones, whose
interfaces are `entries` and whose names are in camel case.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode

from pydantic import JsonValue

from suture.canonical import digest_of
from suture.domain.alert import (
    Alert,
    AlertKind,
    AlertSource,
    ExceptionInfo,
    Frame,
    HttpRequest,
    Severity,
)
from suture.errors import InvalidInput
from suture.traces import bounds
from suture.traces.reading import Fields
from suture.traces.sentry_frames import read_stacks

MAX_BREADCRUMBS = 100
MAX_PARAMETER_CHARACTERS = 500
PAIR = 2

SEVERITIES = {
    "fatal": Severity.CRITICAL,
    "critical": Severity.CRITICAL,
    "error": Severity.HIGH,
    "warning": Severity.MEDIUM,
}
ENTRIES = {"exception": "exception", "request": "request", "message": "logentry"}
OWN_FIELDS = frozenset({"event_id", "eventID", "exception", "entries", "logentry"})
TELLING_FIELDS = frozenset({"exception", "entries", "logentry", "message", "title"})
PARAMETER = re.compile(r"%(?:\((?P<name>\w{1,100})\))?[-+ #0]?\d{0,3}(?:\.\d{1,3})?[sdrifxg]")


def unwrapped(payload: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    """Return the event itself out of a webhook's body, in which it is `event` or `data.event`."""
    if not OWN_FIELDS.isdisjoint(payload):
        return payload
    data = payload.get("data")
    for holder in (data if isinstance(data, dict) else {}, payload):
        for name in ("event", "error"):
            event = holder.get(name)
            if isinstance(event, dict) and not TELLING_FIELDS.isdisjoint(event):
                return event
    return payload


def parse_event(payload: Mapping[str, JsonValue], *, service: str, received_at: datetime) -> Alert:
    """Return the alert that a Sentry event stands for, bounded and scrubbed.

    Raises:
        InvalidInput: a field has the wrong type, and the message names it; or the event tells
            of nothing that went wrong.
    """
    payload = unwrapped(payload)
    event = Fields(_with_entries(payload))
    if event.first("type") == "transaction":
        raise InvalidInput("The event is a transaction: it measures, and reports no error.")
    exceptions = _exceptions(event)
    tags = _tags(event)
    message = _message(event)
    title = _title(exceptions, message or event.text("title"))
    if not title:
        raise InvalidInput("The event has neither an exception nor a message.")
    occurred_at = event.instant("timestamp", "dateCreated", "datetime")
    with bounds.refusing_misfits():
        return Alert(
            alert_id=_event_id(event, payload),
            source=AlertSource.SENTRY,
            kind=AlertKind.EXCEPTION if exceptions else AlertKind.SIGNAL,
            service=service,
            environment=_name(event, "environment") or tags.get("environment") or "production",
            title=title,
            severity=_severity(event, tags, exceptions),
            # A sender's clock may be ahead, but nothing happens after it was received.
            occurred_at=min(occurred_at or received_at, received_at),
            release=_release(event) or tags.get("release"),
            transaction=_name(event, "transaction") or tags.get("transaction"),
            exceptions=exceptions,
            request=_request(event),
            message=message,
            log=_log(event, exceptions),
            tags=tags,
        )


def _with_entries(payload: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return the event with the interfaces of an exported one in their usual places."""
    event = dict(payload)
    for entry in Fields(payload).objects("entries"):
        kind, data = entry.text("type"), entry.first("data")
        name = ENTRIES.get(kind, kind)
        if data is not None and event.get(name) is None:
            event[name] = data
    return event


def _event_id(event: Fields, payload: Mapping[str, JsonValue]) -> str:
    given = event.text("event_id", "eventID", "id").replace("-", "")
    if given:
        return bounds.bounded(given, bounds.MAX_NAME_CHARACTERS)
    return digest_of(bounds.bounded_json(dict(payload)))


def _name(event: Fields, *names: str) -> str | None:
    return bounds.bounded_line(event.text(*names), bounds.MAX_NAME_CHARACTERS) or None


def _release(event: Fields) -> str | None:
    if isinstance(event.first("release"), dict):
        return _name(event.fields("release"), "version")
    return _name(event, "release")


def _severity(
    event: Fields, tags: Mapping[str, str], exceptions: tuple[ExceptionInfo, ...]
) -> Severity:
    # An event without a level is an error by the specification.
    level = event.text("level") or tags.get("level") or ("error" if exceptions else "info")
    return SEVERITIES.get(level.lower(), Severity.LOW)


def _message(event: Fields) -> str:
    for name in ("logentry", "message", "sentry.interfaces.Message"):
        value = event.first(name)
        text = _logged(event.fields(name)) if isinstance(value, dict) else event.text(name)
        if text.strip():
            return bounds.bounded(text, bounds.MAX_MESSAGE_CHARACTERS)
    return ""


def _logged(entry: Fields) -> str:
    """Return a log entry's text; parameters that the sender left apart are filled in."""
    text, given = entry.text("formatted"), entry.first("params")
    if text or not isinstance(given, dict | list):
        return text or entry.text("message")
    named = given if isinstance(given, dict) else {}
    ordered = iter(given if isinstance(given, list) else ())

    def fill(match: re.Match[str]) -> str:
        value = named.get(match["name"]) if match["name"] else next(ordered, None)
        if value is None:
            return match.group()
        plain = value if not isinstance(value, dict | list) else bounds.bounded_json(value)
        return str(plain)[:MAX_PARAMETER_CHARACTERS]

    return PARAMETER.sub(fill, entry.text("message")[: bounds.MAX_MESSAGE_CHARACTERS])


def _title(exceptions: tuple[ExceptionInfo, ...], message: str) -> str:
    if not exceptions:
        return bounds.bounded_line(message)
    last = exceptions[-1]
    said = bounds.bounded_line(last.value)
    return bounds.bounded_line(f"{last.type}: {said}" if said else last.type)


def _exceptions(event: Fields) -> tuple[ExceptionInfo, ...]:
    given = event.first("exception", "sentry.interfaces.Exception")
    single = isinstance(given, dict) and given and "values" not in given
    holder = Fields({"exception": [given]}) if single else event
    found = tuple(holder.objects("exception", "sentry.interfaces.Exception"))
    kept = bounds.head_and_tail(_in_order(found), bounds.MAX_EXCEPTIONS)
    traces = [each.fields("stacktrace") for each in kept]
    if traces and not any(trace.items("frames") for trace in traces):
        traces[-1] = _trace_beside(event)
    stacks = read_stacks(traces)
    return tuple(map(_exception, kept, stacks))


def _trace_beside(event: Fields) -> Fields:
    """Return the stack trace of the event itself or of the thread that it is about."""
    given = event.first("threads")
    values = given.get("values") if isinstance(given, dict) else given
    threads = [each for each in (values if isinstance(values, list) else ()) if each]
    told = [each for each in threads if isinstance(each, dict)]
    told.sort(key=lambda each: (each.get("crashed") is not True, each.get("current") is not True))
    traces = [event.first("stacktrace"), *(each.get("stacktrace") for each in told[:1])]
    for trace in traces:
        frames = trace.get("frames") if isinstance(trace, dict) else None
        if isinstance(frames, list) and frames:
            return Fields({"frames": [frame for frame in frames if isinstance(frame, dict)]})
    return Fields({})


def _in_order(found: tuple[Fields, ...]) -> tuple[Fields, ...]:
    """Put first what was raised first; the one that reached the top has the lowest number."""
    numbers = [each.fields("mechanism").number("exception_id") for each in found]
    known = [number for number in numbers if number is not None]
    if len(set(known)) < len(found):
        return found
    pairs = sorted(zip(known, found, strict=True), key=lambda pair: pair[0], reverse=True)
    return tuple(each for _, each in pairs)


def _exception(fields: Fields, frames: tuple[Frame, ...]) -> ExceptionInfo:
    value = fields.first("value")
    said = str(bounds.bounded_json(value)) if isinstance(value, dict | list) else None
    return ExceptionInfo(
        type=bounds.bounded_line(fields.text("type"), bounds.MAX_NAME_CHARACTERS) or "Error",
        value=bounds.bounded(said or fields.text("value"), bounds.MAX_MESSAGE_CHARACTERS)
        if value is not None
        else "",
        module=_name(fields, "module"),
        frames=frames,
        handled=fields.fields("mechanism").flag("handled"),
    )


def _request(event: Fields) -> HttpRequest | None:
    request = event.first("request", "sentry.interfaces.Http")
    if not isinstance(request, dict):
        return None
    fields = Fields(request, "request")
    url, query = fields.text("url"), _query(fields.first("query_string", "query"))
    if query and "?" not in url:
        url = f"{url}?{query}"
    return HttpRequest(
        method=bounds.bounded_line(fields.text("method"), bounds.MAX_NAME_CHARACTERS) or "GET",
        url=bounds.bounded(url, bounds.MAX_CODE_CHARACTERS),
        data=bounds.bounded_json(request.get("data")),
    )


def _query(value: JsonValue) -> str:
    """Return a query given as a text, as pairs or as an object."""
    if isinstance(value, str):
        return value
    given = list(value.items()) if isinstance(value, dict) else value
    pairs = [
        (str(pair[0]), str(pair[1]))
        for pair in (given if isinstance(given, list) else ())[: bounds.MAX_JSON_ITEMS]
        if isinstance(pair, list | tuple) and len(pair) == PAIR
    ]
    return urlencode([(name, text[: bounds.MAX_CODE_CHARACTERS]) for name, text in pairs])


def _log(event: Fields, exceptions: tuple[ExceptionInfo, ...]) -> str:
    """Return what the service logged before, a line each, and from where a message was sent."""
    [calls] = read_stacks([_trace_beside(event)]) if not exceptions else [()]
    sent = [
        f'  File "{call.filename}", line {call.lineno or 0}, in {call.function or "<unknown>"}'
        for call in calls
    ]
    return bounds.bounded_log("\n".join([*_breadcrumbs(event), *sent]))


def _breadcrumbs(event: Fields) -> list[str]:
    lines = []
    for crumb in event.objects("breadcrumbs")[-MAX_BREADCRUMBS:]:
        parts = (crumb.text("timestamp"), crumb.text("level"), crumb.text("category"))
        said = crumb.text("message") or _said(crumb.first("data"))
        if said:
            lines.append(" ".join([part for part in parts if part] + [said]))
    return lines


def _said(data: JsonValue) -> str:
    if not isinstance(data, dict):
        return ""
    return " ".join(
        f"{key}={value}" for key, value in data.items() if isinstance(value, str | int | float)
    )


def _tags(event: Fields) -> dict[str, str]:
    """Return tags given as an object, as pairs, or as objects with key and value."""
    value = event.first("tags")
    pairs: list[tuple[JsonValue, JsonValue]] = []
    if isinstance(value, dict):
        pairs = list(value.items())
    for item in value if isinstance(value, list) else []:
        if isinstance(item, dict):
            pairs.append((item.get("key"), item.get("value")))
        elif isinstance(item, list) and len(item) == PAIR:
            pairs.append((item[0], item[1]))
    pairs.append(("server_name", event.first("server_name")))
    return bounds.bounded_tags(pairs)
