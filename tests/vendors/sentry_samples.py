"""Deliveries as Sentry's integration platform documents them, with the shop's own error in them."""

from typing import Any

from benchmarks.envelopes import NOW, event
from tests.vendors.sample import Sample

ISSUE = "4100200300"
ORGANISATION = "https://sentry.io/organizations/acme"


def stored_event(**fields: object) -> dict[str, Any]:
    """Return an event as Sentry hands on what an SDK sent: normalised, and with Sentry's own."""
    sent = event(7, release="shop@1.4.2", environment="live", transaction="/checkout")
    stored: dict[str, Any] = {
        **sent,
        "_ref": 1,
        "_ref_version": 2,
        "contexts": {"runtime": {"name": "CPython", "version": "3.13.1", "type": "runtime"}},
        "culprit": "/checkout",
        "datetime": NOW.isoformat(),
        "timestamp": NOW.timestamp(),
        "dist": None,
        "fingerprint": ["{{ default }}"],
        "issue_id": ISSUE,
        "issue_url": f"https://sentry.io/api/0/issues/{ISSUE}/",
        "location": "shop/cart.py",
        "logger": "",
        "message": "",
        "metadata": {"type": "ZeroDivisionError", "value": "division by zero"},
        "project": 1,
        "request": {
            "url": "https://shop.example/checkout",
            "method": "POST",
            "query_string": [["cart", "9"]],
            "data": {"count": 0, "password": "hunter2"},
            "headers": [["User-Agent", "curl/8"]],
        },
        "tags": [["level", "error"], ["environment", "live"], ["region", "eu"]],
        "title": "ZeroDivisionError: division by zero",
        "type": "error",
        "url": f"https://sentry.io/api/0/projects/acme/shop/events/{sent['event_id']}/",
        "web_url": f"{ORGANISATION}/issues/{ISSUE}/events/{sent['event_id']}/",
    }
    return {**stored, **fields}


def issue(**fields: object) -> dict[str, Any]:
    """Return an issue, which has no frames."""
    return {
        "annotations": [],
        "assignedTo": None,
        "count": "12",
        "culprit": "/checkout",
        "firstSeen": "2026-11-21T11:20:00.391000Z",
        "id": ISSUE,
        "issueCategory": "error",
        "lastSeen": "2026-11-21T11:58:37.391000Z",
        "level": "error",
        "logger": None,
        "metadata": {
            "filename": "shop/cart.py",
            "function": "average",
            "type": "ZeroDivisionError",
            "value": "division by zero",
        },
        "permalink": None,
        "platform": "python",
        "priority": "high",
        "project": {"id": "1", "name": "Shop", "platform": "python", "slug": "shop"},
        "shortId": "SHOP-9",
        "status": "unresolved",
        "statusDetails": {},
        "substatus": "new",
        "title": "ZeroDivisionError: division by zero",
        "type": "error",
        "userCount": 3,
        "web_url": f"{ORGANISATION}/issues/{ISSUE}/",
        **fields,
    }


def metric_alert(**fields: object) -> dict[str, Any]:
    """Return what a metric alert's rule found."""
    return {
        "id": "4",
        "identifier": "1",
        "organization_id": "5",
        "projects": ["shop"],
        "alert_rule": {
            "id": "7",
            "name": "Too many errors",
            "aggregate": "count()",
            "dataset": "events",
            "environment": None,
            "organization_id": "5",
            "projects": ["shop"],
            "query": "level:error",
            "threshold_type": 0,
            "time_window": 10,
            "triggers": [{"label": "critical", "alertThreshold": 100, "actions": []}],
        },
        "date_closed": None,
        "date_created": "2026-11-21T11:50:00.000000Z",
        "date_detected": "2026-11-21T11:50:00.000000Z",
        "date_started": "2026-11-21T11:48:00.000000Z",
        "status": 20,
        "status_method": 3,
        "title": "Sacred Marmot",
        "type": 2,
        **fields,
    }


def body(action: str, **data: object) -> dict[str, Any]:
    """Return a delivery's body."""
    return {
        "action": action,
        "actor": {"id": "sentry", "name": "Sentry", "type": "application"},
        "data": data,
        "installation": {"uuid": "a8e5d37a-696c-4c54-adb5-b3f28d64c7de"},
    }


def about(resource: str) -> dict[str, str]:
    """Return the header that tells what a delivery is about."""
    return {"Sentry-Hook-Resource": resource}


def event_alert(**fields: object) -> dict[str, Any]:
    """Return what an issue alert's rule sends."""
    rule = {"title": "A new error", "settings": []}
    return body(
        "triggered",
        event=stored_event(**fields),
        triggered_rule="A new error",
        issue_alert=rule,
    )


def metric(action: str, **fields: object) -> dict[str, Any]:
    """Return what a metric alert's rule sends."""
    return body(
        action,
        metric_alert=metric_alert(**fields),
        description_title=f"{action.title()}: Too many errors",
        description_text="120 events in the last 10 minutes",
        web_url=f"{ORGANISATION}/alerts/1/",
    )


COMMENT = {
    "action": "created",
    "actor": {"id": 1, "name": "colleen", "type": "user"},
    "data": {
        "comment": "Looking at it",
        "project_slug": "shop",
        "comment_id": 1234,
        "issue_id": 100,
        "timestamp": "2026-11-21T11:51:44.118160Z",
    },
    "installation": {"uuid": "a8e5d37a-696c-4c54-adb5-b3f28d64c7de"},
}
INSTALLATION = body(
    "created",
    installation={
        "app": {"uuid": "2ebf071f-28dc-4989-aca9-c37c763b06d1", "slug": "suture"},
        "organization": {"slug": "acme"},
        "uuid": "a8e5d37a-696c-4c54-adb5-b3f28d64c7de",
        "status": "installed",
    },
)

SAMPLES = (
    Sample(payload=event_alert(), headers=about("event_alert")),
    Sample(payload=body("created", error=stored_event()), headers=about("error")),
    Sample(payload=body("created", issue=issue()), headers=about("issue")),
    Sample(payload=body("unresolved", issue=issue(substatus="regressed")), headers=about("issue")),
    Sample(payload=body("resolved", issue=issue(status="resolved")), headers=about("issue")),
    Sample(payload=body("ignored", issue=issue(status="ignored")), headers=about("issue")),
    Sample(payload=body("assigned", issue=issue()), headers=about("issue")),
    Sample(payload=metric("critical"), headers=about("metric_alert")),
    Sample(payload=metric("resolved", status=2), headers=about("metric_alert")),
    Sample(payload=COMMENT, headers=about("comment")),
    Sample(payload=INSTALLATION, headers=about("installation")),
)
