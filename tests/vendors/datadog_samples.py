"""Deliveries as Datadog makes them of the payload in the how-to."""

import json
from typing import Any

from tests.vendors.sample import Sample

LOGS = {
    "columns": ["Time", "Host"],
    "label": "Sample Logs",
    "rows": [
        {"items": ["11:57:18 UTC", "web-1"], "message": "ERROR checkout failed: no such voucher"},
        {"items": ["11:57:21 UTC", "web-2"], "message": 'GET "/checkout" 500'},
    ],
}


def news(**fields: object) -> dict[str, Any]:
    """Return what a monitor tells."""
    return {
        "id": "7716548234011234567",
        "alert_id": "148275309",
        "cycle": "7716548234011230001",
        "transition": "Triggered",
        "type": "error",
        "priority": "P2",
        "title": "[P2] [Triggered on {host:web-1,service:shop}] Checkouts fail",
        "body": "More than 5% of the checkouts have failed.\n\n@webhook-suture",
        "query": "sum(last_5m):sum:checkout.errors{*} by {host,service}.as_count() > 5",
        "scope": "host:web-1,service:shop",
        "tags": "env:live, host:web-1, monitor, service:shop, version:1.4.2",
        "link": "https://app.datadoghq.com/event/event?id=7716548234011234567",
        "aggreg": "9bd4ac313a4d1e8fae2482df7b77628",
        "last_updated": "1795262280000",
        "logs": "",
        **fields,
    }


def recovered(**fields: object) -> dict[str, Any]:
    """Return the end of the same."""
    return news(
        id="7716548234019999999",
        transition="Recovered",
        type="success",
        title="[P2] [Recovered on {host:web-1,service:shop}] Checkouts fail",
        last_updated="1795262370000",
        **fields,
    )


def unset() -> dict[str, Any]:
    """Return what arrives where hardly any variable has a value."""
    return {
        "id": "$ID",
        "alert_id": "$ALERT_ID",
        "cycle": "$ALERT_CYCLE_KEY",
        "transition": "Triggered",
        "type": "$ALERT_TYPE",
        "priority": "$ALERT_PRIORITY",
        "title": "$EVENT_TITLE",
        "body": "$TEXT_ONLY_MSG",
        "query": "$ALERT_QUERY",
        "scope": "$ALERT_SCOPE",
        "tags": "$TAGS",
        "link": "$LINK",
        "aggreg": "$AGGREG_KEY",
        "last_updated": "$LAST_UPDATED",
        "logs": "$LOGS_SAMPLE",
    }


SAMPLES = (
    Sample(payload=news()),
    Sample(payload=recovered()),
    Sample(payload=news(transition="Warn", type="warning", priority="$ALERT_PRIORITY")),
    Sample(payload=news(transition="No Data", last_updated="1795262300000")),
    Sample(payload=news(transition="Renotify", logs=json.dumps(LOGS))),
    Sample(payload=news(transition="Re-Triggered", logs=LOGS, alert_id=148275309)),
    Sample(payload=unset()),
    Sample(payload={**unset(), "transition": "$ALERT_TRANSITION"}),
)
