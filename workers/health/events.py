"""What of an event may leave for Sentry: only what is named here.

https://develop.sentry.dev/sdk/data-model/event-payloads/

Types of errors and the code that raised them go; local variables, requests, breadcrumbs, arguments
and names of machines do not. Messages of Suture's own and of Python's errors go scrubbed and cut;
what libraries say is withheld, because it quotes what they were given: prompts, answers, rows.
"""

from collections.abc import Mapping
from typing import Any

from suture.redaction import scrub

MAX_MESSAGE = 200
MAX_EXCEPTIONS = 10
WITHHELD = "[withheld]"
TOLD_BY = frozenset({"builtins", "suture", "activities", "workflows", "workers", "apps"})
KEPT = ("event_id", "timestamp", "level", "platform", "release", "environment", "sdk", "dist")
KEPT_OF_EXCEPTION = ("type", "module", "mechanism", "thread_id")
KEPT_OF_FRAME = (
    "filename",
    "function",
    "module",
    "lineno",
    "pre_context",
    "context_line",
    "post_context",
    "in_app",
)
TAGS = ("incident_id", "where")


def harmless(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the event with nothing in it but what may leave."""
    tags = event.get("tags") or {}
    values = (event.get("exception") or {}).get("values") or []
    return {
        **_kept(event, KEPT),
        "tags": {name: str(tags[name])[:MAX_MESSAGE] for name in TAGS if tags.get(name)},
        "exception": {"values": [_exception(one) for one in values[-MAX_EXCEPTIONS:]]},
    }


def _exception(value: Mapping[str, Any]) -> dict[str, Any]:
    package = str(value.get("module") or "builtins").partition(".")[0]
    told = package in TOLD_BY
    frames = (value.get("stacktrace") or {}).get("frames") or []
    return {
        **_kept(value, KEPT_OF_EXCEPTION),
        "value": _said(str(value.get("value") or "")) if told else WITHHELD,
        "stacktrace": {"frames": [_kept(frame, KEPT_OF_FRAME) for frame in frames]},
    }


def _said(message: str) -> str:
    first = scrub(message).strip().partition("\n")[0]
    return first[:MAX_MESSAGE]


def _kept(given: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: given[name] for name in names if name in given}
