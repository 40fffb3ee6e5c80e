"""Events as Sentry's API exports them: https://docs.sentry.io/api/events/retrieve-an-issue-event/."""

from typing import Any

from tests.vendors.sentry_samples import ISSUE, stored_event

FRAME = {
    "filename": "filename",
    "abs_path": "absPath",
    "module": "module",
    "function": "function",
    "lineno": "lineNo",
    "in_app": "inApp",
    "vars": "vars",
}


def exported_event(**fields: object) -> dict[str, Any]:
    """Return the shop's error, exported: interfaces are entries, names are in camel case."""
    stored = stored_event()
    values = [
        {
            "type": one["type"],
            "value": one["value"],
            "module": one.get("module"),
            "mechanism": one.get("mechanism"),
            "stacktrace": {"frames": [_frame(frame) for frame in one["stacktrace"]["frames"]]},
        }
        for one in stored["exception"]["values"]
    ]
    tags = [{"key": key, "value": value} for key, value in stored["tags"]]
    return {
        "id": stored["event_id"],
        "eventID": stored["event_id"],
        "groupID": ISSUE,
        "projectID": "1",
        "title": stored["title"],
        "message": "",
        "platform": "python",
        "type": "error",
        "dateCreated": stored["datetime"],
        "dateReceived": stored["datetime"],
        "release": {"version": stored["release"]},
        "tags": [*tags, {"key": "release", "value": stored["release"]}],
        "entries": [{"type": "exception", "data": {"values": values}}],
        **fields,
    }


def _frame(frame: dict[str, Any]) -> dict[str, Any]:
    told = {theirs: frame.get(ours) for ours, theirs in FRAME.items()}
    line = frame.get("lineno") or 0
    before, after = frame.get("pre_context") or [], frame.get("post_context") or []
    lines = [*before, frame.get("context_line"), *after]
    first = line - len(before)
    return {**told, "context": [[first + offset, text] for offset, text in enumerate(lines)]}
