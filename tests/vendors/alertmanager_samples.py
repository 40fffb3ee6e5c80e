"""Notifications as Alertmanager 0.28 sends them."""

from typing import Any

from tests.vendors.sample import Sample


def alert(status: str = "firing", **labels: str) -> dict[str, Any]:
    """Return one alert of a notification."""
    return {
        "status": status,
        "labels": {
            "alertname": "HighErrorRate",
            "instance": "10.0.0.7:8000",
            "service": "shop",
            "severity": "warning",
            **labels,
        },
        "annotations": {
            "summary": "12% of the requests fail",
            "description": "More than 5% of the requests have failed for 5 minutes.",
        },
        "startsAt": "2026-11-21T11:58:00.123456789Z",
        "endsAt": "0001-01-01T00:00:00Z" if status == "firing" else "2026-11-21T11:59:30Z",
        "generatorURL": "http://prometheus.example:9090/graph?g0.expr=errors",
        "fingerprint": "d3f4b1a09c8e7f65",
    }


def notification(*alerts: dict[str, Any], **fields: object) -> dict[str, Any]:
    """Return a notification of a group."""
    return {
        "version": "4",
        "groupKey": '{}:{alertname="HighErrorRate"}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "suture",
        "groupLabels": {"alertname": "HighErrorRate"},
        "commonLabels": {"alertname": "HighErrorRate"},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.example:9093",
        "alerts": list(alerts or (alert(),)),
        **fields,
    }


SAMPLES = (
    Sample(payload=notification()),
    Sample(payload=notification(alert("resolved"), alert(instance="10.0.0.8:8000"))),
)
