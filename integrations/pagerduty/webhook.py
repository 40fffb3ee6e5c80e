"""PagerDuty's webhooks, version 3: one event about an incident each.

https://developer.pagerduty.com/docs/webhooks-overview
The body is signed with HMAC-SHA256, once for each secret of the subscription; no time is signed.
PagerDuty sends again for two days, so what tells news apart is the event's own id.
"""

import re
from collections.abc import Mapping, Sequence

from pydantic import AwareDatetime, Field, JsonValue

from integrations.inbound import Delivery, Wire, hmac_hex, require, require_match
from integrations.labels import PRIORITIES
from integrations.pagerduty.marks import is_own
from suture.canonical import sha256
from suture.domain.alert import AlertSource, Severity
from suture.domain.inbound import Transition, VendorAlert
from suture.traces import bounds

MAX_NAME_CHARACTERS = 500
MAX_TEAMS = 50
SIGNATURE = "X-PagerDuty-Signature"
VERSION = "v1="
TRANSITIONS = {
    "incident.triggered": Transition.RAISED,
    "incident.reopened": Transition.RAISED,
    "incident.resolved": Transition.RESOLVED,
}
"""The events that are about the problem; all others are about who deals with it."""
MERGED = "merge_resolve_reason"
PRIORITY = re.compile(r"(?i)^(?:p|sev)[ -]?([1-5])\b")
URGENCIES = {"high": Severity.HIGH, "low": Severity.LOW}


class Reference(Wire):
    """Something else in PagerDuty, by name."""

    id: str = Field(default="", max_length=MAX_NAME_CHARACTERS)
    summary: str | None = None


class ResolveReason(Wire):
    """Why an incident was resolved, if not because its problem is over."""

    type: str = ""


class Incident(Wire):
    """An incident as it stood when the event happened."""

    id: str = Field(min_length=1, max_length=MAX_NAME_CHARACTERS)
    number: int | None = None
    title: str | None = None
    status: str = ""
    urgency: str | None = None
    incident_key: str | None = None
    html_url: str | None = None
    priority: Reference | None = None
    service: Reference | None = None
    escalation_policy: Reference | None = None
    teams: tuple[Reference, ...] = Field(default=(), max_length=MAX_TEAMS)
    resolve_reason: ResolveReason | None = None


class Event(Wire):
    """One event; its data depend on its type."""

    id: str = Field(default="", max_length=MAX_NAME_CHARACTERS)
    event_type: str
    occurred_at: AwareDatetime | None = None
    data: JsonValue = None


class Body(Wire):
    """A delivery."""

    event: Event


class PagerDutyWebhook:
    """Implements `integrations.inbound.Webhook`."""

    source = AlertSource.PAGERDUTY

    def authenticate(self, delivery: Delivery, secrets: Sequence[str]) -> None:
        """Accept the body if one of its signatures is right: there is one for each secret."""
        parts = [part.strip() for part in require(delivery, SIGNATURE).split(",")]
        given = [part.removeprefix(VERSION) for part in parts if part.startswith(VERSION)]
        expected = [hmac_hex(secret, delivery.body) for secret in secrets]
        require_match(given, expected, "signature")

    def read(self, payload: Mapping[str, JsonValue], delivery: Delivery) -> tuple[VendorAlert, ...]:
        """Return the incident if it began, began again or ended."""
        with bounds.refusing_misfits():
            event = Body.model_validate(payload).event
            transition = TRANSITIONS.get(event.event_type)
            if transition is None:
                return ()
            incident = Incident.model_validate(event.data)
        if incident.resolve_reason is not None and incident.resolve_reason.type == MERGED:
            # Its problem goes on under another incident.
            return ()
        if is_own(incident.incident_key, incident.title):
            # Suture would heal its own cry for help, and cry again.
            return ()
        return (_alert(event, incident, transition, delivery),)


def _alert(
    event: Event, incident: Incident, transition: Transition, delivery: Delivery
) -> VendorAlert:
    service = incident.service or Reference()
    number = f" #{incident.number}" if incident.number is not None else ""
    name = f"PagerDuty incident{number}"
    return VendorAlert(
        # The header is not signed, and each subscription has its own.
        alert_id=event.id or delivery.headers.get("x-webhook-id") or sha256(delivery.body),
        source=AlertSource.PAGERDUTY,
        # The key is the monitor's own name of the problem: it outlives the incident.
        group=f"{service.id}/{incident.incident_key or incident.id}",
        transition=transition,
        title=(incident.title or "").strip() or name,
        severity=_severity(incident),
        occurred_at=event.occurred_at,
        service=service.summary,
        message=f"{name}, {event.event_type.removeprefix('incident.')}.",
        link=incident.html_url or "",
        labels=_labels(incident),
    )


def _severity(incident: Incident) -> Severity:
    """Return what the priority says; without one, the urgency."""
    found = PRIORITY.match((incident.priority and incident.priority.summary) or "")
    if found is not None:
        return PRIORITIES[found[1]]
    return URGENCIES.get(incident.urgency or "", Severity.HIGH)


def _labels(incident: Incident) -> dict[str, str]:
    service = incident.service or Reference()
    labels = {
        "service": service.summary,
        "service_id": service.id,
        "urgency": incident.urgency,
        "priority": incident.priority and incident.priority.summary,
        "team": ",".join(team.summary for team in incident.teams if team.summary),
        "escalation_policy": incident.escalation_policy and incident.escalation_policy.summary,
        "incident_key": incident.incident_key,
    }
    return {key: value for key, value in labels.items() if value}
