"""Deliveries as Linear's documentation and the payload types of its schema have them."""

from typing import Any

from benchmarks.envelopes import NOW
from tests.vendors.sample import Sample

ISSUE_ID = "539068e2-ae88-4d09-bd75-22eb4a59612f"
REQUEST_ID = "b1c2d3e4-0000-4000-8000-000000000001"
TRACEBACK = """Since this morning:

```
Traceback (most recent call last):
  File "/srv/shop/cart.py", line 12, in total
    return sum(prices) / len(prices)
ZeroDivisionError: division by zero
```
"""


def label(name: str = "suture-fix", number: int = 1) -> dict[str, Any]:
    """Return a label of an issue."""
    given = f"b1c2d3e4-0000-4000-8000-{number:012}"
    return {"id": given, "color": "#eb5757", "name": name, "parentId": None}


def issue(**fields: object) -> dict[str, Any]:
    """Return an issue that people handed over."""
    labels = fields.pop("labels", [label(), label("service:shop", 2)])
    assert isinstance(labels, list)
    return {
        "id": ISSUE_ID,
        "createdAt": "2026-11-21T11:58:00.000Z",
        "updatedAt": "2026-11-21T11:59:58.000Z",
        "archivedAt": None,
        "trashed": None,
        "number": 12,
        "identifier": "SHOP-12",
        "previousIdentifiers": [],
        "title": "Empty carts break the checkout",
        "description": TRACEBACK,
        "priority": 2,
        "priorityLabel": "High",
        "prioritySortOrder": -12.5,
        "sortOrder": -12.5,
        "url": "https://linear.app/acme/issue/SHOP-12/empty-carts-break-the-checkout",
        "state": {"id": "s1", "color": "#f2c94c", "name": "Todo", "type": "unstarted"},
        "stateId": "s1",
        "team": {"id": "t1", "key": "SHOP", "name": "Shop"},
        "teamId": "t1",
        "project": None,
        "labels": labels,
        "labelIds": [one["id"] for one in labels],
        "subscriberIds": [],
        "reactionData": [],
        **fields,
    }


def delivery_of(action: str, data: dict[str, Any], **fields: object) -> dict[str, Any]:
    """Return a delivery about an issue, sent just now."""
    return {
        "action": action,
        "actor": {"id": "u1", "type": "user", "name": "Ada", "email": "ada@acme.example"},
        "createdAt": "2026-11-21T11:59:58.125Z",
        "data": data,
        "type": "Issue",
        "organizationId": "o1",
        "webhookTimestamp": int(NOW.timestamp() * 1_000),
        "webhookId": "w1",
        "url": data.get("url"),
        **fields,
    }


def state(name: str = "Done", kind: str = "completed") -> dict[str, Any]:
    """Return a workflow state."""
    return {"id": f"state-{kind}", "color": "#5e6ad2", "name": name, "type": kind}


def comment(**fields: object) -> dict[str, Any]:
    """Return the delivery of a comment, as the documentation shows it."""
    data = {
        "id": "2174add1-f7c8-44e3-bbf3-2d60b5ea8bc9",
        "createdAt": "2026-11-21T11:59:58.000Z",
        "updatedAt": "2026-11-21T11:59:58.000Z",
        "archivedAt": None,
        "body": "It fails for everybody.",
        "issueId": ISSUE_ID,
        "issue": {
            "id": ISSUE_ID,
            "identifier": "SHOP-12",
            "title": "Empty carts break the checkout",
            "url": "https://linear.app/acme/issue/SHOP-12/empty-carts-break-the-checkout",
            "teamId": "t1",
            "team": {"id": "t1", "key": "SHOP", "name": "Shop"},
        },
        "userId": "u1",
    }
    return delivery_of("create", data, type="Comment", **fields)


SAMPLES = (
    Sample(payload=delivery_of("create", issue()), headers={"Linear-Event": "Issue"}),
    Sample(payload=delivery_of("update", issue(), updatedFrom={"labelIds": [], "updatedAt": "x"})),
    Sample(payload=delivery_of("update", issue(state=state()), updatedFrom={"stateId": "s1"})),
    Sample(payload=delivery_of("remove", issue())),
    Sample(payload=comment(), headers={"Linear-Event": "Comment"}),
)
