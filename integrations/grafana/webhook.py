"""Grafana's webhook contact point, version 1 of its format.

https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/
Signing is optional: HMAC-SHA256 over the body, or over time, colon and body if the contact point
names a header for the time. Without a signature the secret comes as bearer, or as password.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import AwareDatetime, Field, JsonValue

from integrations.inbound import (
    Delivery,
    Wire,
    hmac_hex,
    require_credentials,
    require_fresh,
    require_match,
)
from integrations.labels import PER_INSTANCE, SEVERITIES
from suture.canonical import digest_of
from suture.domain.alert import AlertSource, Severity
from suture.domain.inbound import Transition, VendorAlert
from suture.errors import NotAuthorised
from suture.traces import bounds

MAX_ALERTS = 200
"""Grafana sends a whole group at once; "Max Alerts" of the contact point bounds it, too."""
MAX_VALUES = 26
"""Expressions of a rule are named A to Z."""
MAX_TIME_DIGITS = 12
NEVER = 1
"""The year of a time that Go has not set."""
SIGNATURES = ("X-Grafana-Alerting-Signature", "X-Grafana-Alert-Signature")
"""The default as the documentation has it, and as some releases send it."""
SIGNED_TIME = "X-Grafana-Alerting-Timestamp"
"""Grafana has no default for it: the how-to says to enter this one."""
RULE_TROUBLE = frozenset({"DatasourceError", "DatasourceNoData"})
"""Names of alerts about a rule that could not be evaluated; the rule's own name is in a label."""
TEST = {"alertname": "TestAlert", "instance": "Grafana"}
"""Labels of what the button "Test" sends, unless people enter others."""


class Told(Wire):
    """One alert of the group."""

    status: Literal["firing", "resolved"]
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)
    starts_at: AwareDatetime = Field(alias="startsAt")
    ends_at: AwareDatetime | None = Field(default=None, alias="endsAt")
    values: JsonValue = None
    """Expression -> number. Missing, or null, where nothing could be measured."""
    generator_url: str = Field(default="", alias="generatorURL")
    dashboard_url: str = Field(default="", alias="dashboardURL")
    panel_url: str = Field(default="", alias="panelURL")
    silence_url: str = Field(default="", alias="silenceURL")
    fingerprint: str = ""


class Body(Wire):
    """A notification."""

    version: Literal["1"]
    org_id: int = Field(default=1, alias="orgId")
    group_key: str = Field(default="", alias="groupKey")
    alerts: tuple[Told, ...] = Field(max_length=MAX_ALERTS)


class GrafanaWebhook:
    """Implements `integrations.inbound.Webhook`."""

    source = AlertSource.GRAFANA

    def authenticate(self, delivery: Delivery, secrets: Sequence[str]) -> None:
        """Accept a signature, or the secret as bearer or as password.

        A signature that is there must be right, whatever else the request says.
        """
        headers = delivery.headers
        given = next((value for name in SIGNATURES if (value := headers.get(name.lower()))), None)
        if given is None:
            require_credentials(delivery, secrets)
            return
        time = headers.get(SIGNED_TIME.lower())
        content = delivery.body if time is None else f"{time}:".encode() + delivery.body
        expected = [hmac_hex(secret, content) for secret in secrets]
        require_match((given.strip().lower(),), expected, "signature")
        if time is not None:
            require_fresh(_seconds(time), delivery)

    def read(self, payload: Mapping[str, JsonValue], delivery: Delivery) -> tuple[VendorAlert, ...]:
        """Return every alert of the group; none for a test of the contact point."""
        del delivery
        with bounds.refusing_misfits():
            body = Body.model_validate(payload)
        return tuple(_alert(told, body) for told in body.alerts if told.labels != TEST)


def _seconds(time: str) -> int:
    if not (time.isascii() and time.isdecimal() and len(time) <= MAX_TIME_DIGITS):
        raise NotAuthorised(f"The header {SIGNED_TIME} must hold seconds since 1970.")
    return int(time)


def _alert(told: Told, body: Body) -> VendorAlert:
    resolved = told.status == "resolved"
    ended = told.ends_at if resolved and told.ends_at and told.ends_at.year > NEVER else None
    labels: dict[str, JsonValue] = {**told.labels}
    return VendorAlert(
        alert_id=digest_of(
            [body.org_id, told.fingerprint, labels, told.status, str(told.starts_at)]
        ),
        source=AlertSource.GRAFANA,
        group=_group(told, body),
        transition=Transition.RESOLVED if resolved else Transition.RAISED,
        title=_title(told),
        severity=SEVERITIES.get(told.labels.get("severity", "").lower(), Severity.HIGH),
        occurred_at=ended or told.starts_at,
        service=told.labels.get("service"),
        environment=told.labels.get("environment") or told.labels.get("env"),
        message=_message(told),
        link=told.generator_url or told.panel_url or told.dashboard_url,
        labels=told.labels,
    )


def _group(told: Told, body: Body) -> str:
    """Return what the copies of a service have in common; alerts without labels go by group."""
    shared: dict[str, JsonValue] = {
        key: value for key, value in told.labels.items() if key not in PER_INSTANCE
    }
    return digest_of([body.org_id, shared or f"{body.group_key} {told.fingerprint}"])


def _title(told: Told) -> str:
    name = told.labels.get("alertname", "")
    rule = told.labels.get("rulename", "")
    if name in RULE_TROUBLE and rule:
        name = f"{name} of {rule}"
    summary = told.annotations.get("summary") or told.annotations.get("message") or ""
    return f"{name}: {summary}" if name and summary else name or summary or "Alert"


def _message(told: Told) -> str:
    """Return the description, then what Grafana measured and where to look."""
    values = told.values if isinstance(told.values, dict) else {}
    measured = ", ".join(f"{key} = {value}" for key, value in list(values.items())[:MAX_VALUES])
    more = {
        "Values": measured,
        "State": told.annotations.get("grafana_state_reason", ""),
        "Runbook": told.annotations.get("runbook_url", ""),
        "Dashboard": told.dashboard_url,
        "Panel": told.panel_url,
        "Silence": told.silence_url,
    }
    lines = [f"{name}: {value}" for name, value in more.items() if value]
    return "\n".join([told.annotations.get("description", ""), *lines]).strip()
