"""Datadog's webhook with the payload that `docs/how-to/datadog-alerts.md` has ready to paste.

https://docs.datadoghq.com/integrations/webhooks/
It signs nothing: the secret comes in a custom header, as bearer or as password. The payload is a
template; a variable without a value may arrive empty or as its own name, `$NAME`.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BeforeValidator, JsonValue

from integrations.inbound import Delivery, Wire, require, require_credentials, require_match
from integrations.labels import PER_INSTANCE, PRIORITIES
from suture.canonical import digest_of
from suture.domain.alert import AlertSource, Severity
from suture.domain.inbound import Transition, VendorAlert
from suture.errors import InvalidInput
from suture.hostile_json import parse_json
from suture.traces import bounds

HEADER = "X-Suture-Secret"
UNSET = re.compile(r"\$[A-Z][A-Z_]*(?:\[[^\]]*\])?")
STATE = re.compile(
    r"^(?:\[(?:P[1-5]|(?:Re-)?(?:Triggered|Warn|No Data|Recovered|Renotify)[^\]]{0,500})\]\s*)+"
)
"""What Datadog writes before a monitor's name."""
TESTING = "[TEST]"
"""How the title of a test notification begins."""
RECOVERED = "recovered"
NO_NEWS = frozenset({"null", "none"})
TYPES = {
    "error": Transition.RAISED,
    "warning": Transition.RAISED,
    "success": Transition.RESOLVED,
}
"""What the event's type says where no transition is told."""
MAX_TAGS = 200
MAX_LOG_ROWS = 100
MAX_LOG_CHARACTERS = 256 * 1024
MILLISECONDS = 10**11
"""Times above it are in milliseconds: in seconds it is the year 5138."""
MAX_TIME_DIGITS = 15
ORDER = tuple(Severity)


def _told(value: JsonValue) -> JsonValue:
    """Return a variable's text; none for what has no value."""
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and UNSET.fullmatch(value.strip()):
        return ""
    return value.strip() if isinstance(value, str) else value


def _sample(value: JsonValue) -> JsonValue:
    """Return the sample of logs as JSON, if it is that."""
    if not isinstance(value, str):
        return value
    text = str(_told(value))
    try:
        sample = parse_json(text[:MAX_LOG_CHARACTERS].encode(errors="replace"))
    except InvalidInput:
        return text
    return sample if isinstance(sample, dict | list) else text


Text = Annotated[str, BeforeValidator(_told)]
Sample = Annotated[JsonValue, BeforeValidator(_sample)]


class Body(Wire):
    """The payload: its keys are ours, its values are Datadog's variables."""

    transition: Text
    """Required even if without a value: another payload than ours lacks it."""
    id: Text = ""
    alert_id: Text = ""
    """The monitor."""
    cycle: Text = ""
    type: Text = ""
    priority: Text = ""
    title: Text = ""
    body: Text = ""
    query: Text = ""
    scope: Text = ""
    tags: Text = ""
    link: Text = ""
    aggreg: Text = ""
    last_updated: Text = ""
    logs: Sample = ""


class DatadogWebhook:
    """Implements `integrations.inbound.Webhook`."""

    source = AlertSource.DATADOG

    def authenticate(self, delivery: Delivery, secrets: Sequence[str]) -> None:
        """Accept the secret in the header `X-Suture-Secret`, as bearer, or as password."""
        if HEADER.lower() in delivery.headers:
            require_match((require(delivery, HEADER),), secrets, "secret")
        else:
            require_credentials(delivery, secrets)

    def read(self, payload: Mapping[str, JsonValue], delivery: Delivery) -> tuple[VendorAlert, ...]:
        """Return the monitor's news; none for a test, or for an event of no monitor."""
        del delivery
        with bounds.refusing_misfits():
            body = Body.model_validate(payload)
        transition = _transition(body)
        if transition is None or body.title.startswith(TESTING):
            return ()
        return (_alert(body, transition),)


def _transition(body: Body) -> Transition | None:
    told = body.transition.lower()
    if told in NO_NEWS:
        return None
    if not told:
        return TYPES.get(body.type.lower())
    return Transition.RESOLVED if told.endswith(RECOVERED) else Transition.RAISED


def _alert(body: Body, transition: Transition) -> VendorAlert:
    scope = _pairs(body.scope)
    tags = {**_pairs(body.tags), **scope}
    title = STATE.sub("", body.title) or f"Datadog monitor {body.alert_id}".strip()
    told = {"monitor": body.alert_id, "scope": body.scope, "priority": body.priority}
    own = {key: value for key, value in told.items() if value}
    return VendorAlert(
        alert_id=_news(body),
        source=AlertSource.DATADOG,
        group=_group(body, scope, title),
        transition=transition,
        title=title,
        severity=_severity(body),
        occurred_at=_time(body.last_updated),
        service=tags.get("service"),
        environment=tags.get("env") or tags.get("environment"),
        release=tags.get("version"),
        message=_message(body),
        log=_log(body.logs),
        link=body.link,
        labels={**own, **tags} | own,
    )


def _news(body: Body) -> str:
    """Return what a repetition has in common: an event's own id only where nothing else is told."""
    own = "" if body.cycle and body.last_updated else body.id
    return digest_of([body.alert_id, body.cycle, body.transition, body.last_updated, own])


def _group(body: Body, scope: Mapping[str, str], title: str) -> str:
    """Return the monitor and what it triggered on, whichever copy of the service that was."""
    shared: dict[str, JsonValue] = {
        key: value for key, value in scope.items() if key not in PER_INSTANCE
    }
    return digest_of([body.alert_id or body.aggreg or body.cycle or title, shared])


def _pairs(tags: str) -> dict[str, str]:
    """Return `key:value, flag` as a table; the first of several values counts."""
    found: dict[str, str] = {}
    for tag in tags.split(",", maxsplit=MAX_TAGS)[:MAX_TAGS]:
        key, _, value = tag.strip().partition(":")
        if key:
            found.setdefault(key, value or "true")
    return found


def _severity(body: Body) -> Severity:
    """Return what the monitor's priority says; a warning is at most medium."""
    worst = PRIORITIES.get(body.priority.lower().removeprefix("p"), Severity.HIGH)
    mild = "warn" in body.transition.lower() or body.type.lower() == "warning"
    return max(worst, Severity.MEDIUM, key=ORDER.index) if mild else worst


def _time(told: str) -> datetime | None:
    """Return the time: seconds or milliseconds since 1970, or ISO 8601 with its zone."""
    try:
        if told.isascii() and told.isdecimal() and len(told) <= MAX_TIME_DIGITS:
            number = int(told)
            seconds = number / 1000 if number > MILLISECONDS else number
            return datetime.fromtimestamp(seconds, tz=UTC)
        at = datetime.fromisoformat(told)
    except (ValueError, OverflowError):
        return None
    return at if at.tzinfo else None


def _message(body: Body) -> str:
    more = {"Query": body.query, "Scope": body.scope}
    return "\n".join([body.body, *(f"{name}: {told}" for name, told in more.items() if told)])


def _log(sample: JsonValue) -> str:
    """Return the sample's lines; a plain text as it is."""
    if isinstance(sample, str):
        return sample
    rows = sample.get("rows") if isinstance(sample, dict) else sample
    return "\n".join(_line(row) for row in rows[:MAX_LOG_ROWS]) if isinstance(rows, list) else ""


def _line(row: JsonValue) -> str:
    if not isinstance(row, dict):
        return str(row)
    items = row.get("items")
    columns = [str(item) for item in items] if isinstance(items, list) else []
    return " ".join([*columns, str(row.get("message", ""))]).strip()
