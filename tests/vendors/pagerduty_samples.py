"""Events as PagerDuty's version 3 webhooks send them."""

from typing import Any

from tests.vendors.sample import Sample


def reference(kind: str, identity: str, summary: str) -> dict[str, Any]:
    """Return a reference to something else in PagerDuty."""
    return {
        "html_url": f"https://shop.pagerduty.example/{kind}s/{identity}",
        "id": identity,
        "self": f"https://api.pagerduty.example/{kind}s/{identity}",
        "summary": summary,
        "type": f"{kind}_reference",
    }


def incident(**fields: object) -> dict[str, Any]:
    """Return an incident."""
    return {
        "id": "PGR0VU2",
        "type": "incident",
        "self": "https://api.pagerduty.example/incidents/PGR0VU2",
        "html_url": "https://shop.pagerduty.example/incidents/PGR0VU2",
        "number": 2,
        "status": "triggered",
        "incident_key": "checkout/errors",
        "created_at": "2026-11-21T11:58:00Z",
        "title": "12% of the checkouts fail",
        "service": reference("service", "PF9KMXH", "shop"),
        "assignees": [reference("user", "PTUXL6G", "On call")],
        "escalation_policy": reference("escalation_policy", "PUS0KTE", "Default"),
        "teams": [reference("team", "PFCVPS0", "Engineering"), reference("team", "PT2", "Tills")],
        "priority": reference("priority", "PSO75BM", "P1"),
        "urgency": "high",
        "conference_bridge": None,
        "resolve_reason": None,
        "incident_type": {"name": "incident_default"},
        **fields,
    }


def event(kind: str = "incident.triggered", **fields: object) -> dict[str, Any]:
    """Return a delivery."""
    return {
        "event": {
            "id": f"01-{kind}",
            "event_type": kind,
            "resource_type": "incident",
            "occurred_at": "2026-11-21T11:58:00.169Z",
            "agent": reference("user", "PLH1HKV", "Somebody"),
            "client": None,
            "data": incident(status=kind.rpartition(".")[2]),
            **fields,
        }
    }


def merged() -> dict[str, Any]:
    """Return an incident that ended because people merged it into another."""
    into = reference("incident", "PGR0VU9", "Everything fails")
    reason = {"type": "merge_resolve_reason", "incident": into}
    return event("incident.resolved", data=incident(status="resolved", resolve_reason=reason))


def ping() -> dict[str, Any]:
    """Return the test event."""
    data = {"message": "Hello from your friend Pagey!", "type": "ping"}
    return event("pagey.ping", resource_type="pagey", data=data)


def note() -> dict[str, Any]:
    """Return a note that somebody wrote."""
    data = {
        "incident": reference("incident", "PGR0VU2", "12% of the checkouts fail"),
        "id": "P2LA89X",
        "content": "Looking into it.",
        "trimmed": False,
        "type": "incident_note",
    }
    return event("incident.annotated", data=data)


HEADERS = {"X-Webhook-Id": "a9a3a4f6", "X-Webhook-Subscription": "PSUB1"}
SAMPLES = (
    Sample(payload=event(), headers=HEADERS),
    Sample(payload=event("incident.reopened"), headers=HEADERS),
    Sample(payload=event("incident.resolved"), headers=HEADERS),
    Sample(payload=event("incident.acknowledged"), headers=HEADERS),
    Sample(payload=merged(), headers=HEADERS),
    Sample(payload=note(), headers=HEADERS),
    Sample(payload=ping(), headers=HEADERS),
)
