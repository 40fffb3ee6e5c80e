"""Notifications as Grafana 12 sends them."""

from typing import Any

from tests.vendors.sample import Sample


def alert(status: str = "firing", **labels: str) -> dict[str, Any]:
    """Return one alert of a notification."""
    return {
        "status": status,
        "labels": {
            "alertname": "HighErrorRate",
            "grafana_folder": "Shop",
            "instance": "10.0.0.7:8000",
            "service": "shop",
            "severity": "critical",
            **labels,
        },
        "annotations": {
            "summary": "12% of the requests fail",
            "description": "More than 5% of the requests have failed for 5 minutes.",
            "runbook_url": "https://runbooks.example/errors",
        },
        "startsAt": "2026-11-21T11:58:00.157076+00:00",
        "endsAt": "0001-01-01T00:00:00Z" if status == "firing" else "2026-11-21T11:59:30Z",
        "values": {"B": 0.123, "C": 1},
        "valueString": "[ var='B' labels={service=shop} value=0.123 ]",
        "generatorURL": "https://grafana.example/alerting/grafana/1afz29v7z/view?orgId=1",
        "fingerprint": "c6eadffa33fcdf37",
        "silenceURL": "https://grafana.example/alerting/silence/new?alertmanager=grafana",
        "dashboardURL": "https://grafana.example/d/shop",
        "panelURL": "https://grafana.example/d/shop?viewPanel=3",
    }


def no_data() -> dict[str, Any]:
    """Return an alert about a rule that got no data."""
    told = alert(alertname="DatasourceNoData", rulename="HighErrorRate", ref_id="A")
    told["annotations"]["grafana_state_reason"] = "NoData"
    return {**told, "values": None, "valueString": "", "dashboardURL": "", "panelURL": ""}


def trial() -> dict[str, Any]:
    """Return what the button "Test" of a contact point sends."""
    return {
        **alert(),
        "labels": {"alertname": "TestAlert", "instance": "Grafana"},
        "annotations": {"summary": "Notification test"},
        "fingerprint": "57c6d9296de2ad39",
    }


def notification(*alerts: dict[str, Any], **fields: object) -> dict[str, Any]:
    """Return a notification of a group."""
    return {
        "receiver": "suture",
        "status": "firing",
        "orgId": 1,
        "alerts": list(alerts or (alert(),)),
        "groupLabels": {"alertname": "HighErrorRate"},
        "commonLabels": {"alertname": "HighErrorRate"},
        "commonAnnotations": {},
        "externalURL": "https://grafana.example/",
        "version": "1",
        "groupKey": '{}/{}:{alertname="HighErrorRate"}',
        "truncatedAlerts": 0,
        "title": "[FIRING:1] HighErrorRate",
        "state": "alerting",
        "message": "**Firing**",
        **fields,
    }


SAMPLES = (
    Sample(payload=notification()),
    Sample(payload=notification(alert("resolved"), no_data())),
    Sample(payload=notification(trial())),
)
