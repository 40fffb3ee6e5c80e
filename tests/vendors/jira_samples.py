"""Deliveries as Atlassian's documentation of Jira's webhooks has them."""

from typing import Any

from tests.vendors.sample import Sample

TRACEBACK = """Since this morning:

{noformat}
Traceback (most recent call last):
  File "/srv/shop/cart.py", line 12, in total
    return sum(prices) / len(prices)
ZeroDivisionError: division by zero
{noformat}
"""


def status(name: str = "To Do", category: str = "new") -> dict[str, Any]:
    """Return a status with its category."""
    return {
        "id": "10000",
        "name": name,
        "statusCategory": {"id": 2, "key": category, "name": name},
    }


def issue(**fields: object) -> dict[str, Any]:
    """Return an issue that people handed over."""
    return {
        "id": "10012",
        "self": "https://acme.atlassian.net/rest/api/2/10012",
        "key": "SHOP-12",
        "fields": {
            "summary": "Empty carts break the checkout",
            "description": TRACEBACK,
            "created": "2026-11-21T11:58:00.000+0000",
            "labels": ["suture-fix", "service:shop"],
            "issuetype": {"id": "10004", "name": "Bug"},
            "project": {"id": "10001", "key": "SHOP", "name": "Shop"},
            "priority": {"id": "2", "name": "High"},
            "components": [{"id": "1", "name": "checkout"}],
            "status": status(),
            "resolution": None,
            **fields,
        },
    }


def delivery_of(event: str, told: dict[str, Any] | None = None, **fields: object) -> dict[str, Any]:
    """Return a delivery about an issue."""
    return {
        "timestamp": 1_795_262_398_125,
        "webhookEvent": event,
        "issue_event_type_name": "issue_generic",
        "user": {"accountId": "99:27", "displayName": "Ada", "active": True},
        "issue": issue() if told is None else told,
        **fields,
    }


def change(field: str, before: str | None, after: str | None) -> dict[str, Any]:
    """Return one change of a change log."""
    return {
        "field": field,
        "fieldtype": "jira",
        "fieldId": field,
        "from": None,
        "fromString": before,
        "to": None,
        "toString": after,
    }


def updated(*changes: dict[str, Any], **fields: object) -> dict[str, Any]:
    """Return the delivery of an issue that was changed."""
    log = {"id": "10124", "items": list(changes)}
    return delivery_of("jira:issue_updated", issue(**fields), changelog=log)


def comment(event: str = "comment_created", author: str = "Ada") -> dict[str, Any]:
    """Return the delivery of a comment, which has few fields of its issue and no user."""
    person = {"accountId": "99:27", "displayName": author}
    told = {"id": "252789", "author": person, "updateAuthor": person, "body": "For everybody."}
    few = {"id": "10012", "self": "https://acme.atlassian.net/rest/api/2/10012", "key": "SHOP-12"}
    return {
        "timestamp": 1_795_262_398_125,
        "webhookEvent": event,
        "comment": told,
        "issue": {**few, "fields": {"summary": "Empty carts break the checkout"}},
    }


SAMPLES = (
    Sample(payload=delivery_of("jira:issue_created")),
    Sample(payload=updated(change("labels", "", "suture-fix"))),
    Sample(payload=updated(change("status", "To Do", "Done"), status=status("Done", "done"))),
    Sample(payload=delivery_of("jira:issue_deleted")),
    Sample(payload=comment()),
)
