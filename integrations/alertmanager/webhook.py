"""Alertmanager's webhook, version 4 of its format.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
It signs nothing: `http_config` sends the secret as bearer or as password.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import AwareDatetime, Field, JsonValue

from integrations.inbound import Delivery, Wire, require_credentials
from integrations.labels import PER_INSTANCE, SEVERITIES
from suture.canonical import digest_of
from suture.domain.alert import AlertSource, Severity
from suture.domain.inbound import Transition, VendorAlert
from suture.traces import bounds

MAX_ALERTS = 200
"""Alertmanager sends a whole group at once; `max_alerts` of its configuration bounds it, too."""
NEVER = 1
"""The year of a time that Go has not set."""


class Told(Wire):
    """One alert of the group."""

    status: Literal["firing", "resolved"]
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)
    starts_at: AwareDatetime = Field(alias="startsAt")
    ends_at: AwareDatetime | None = Field(default=None, alias="endsAt")
    generator_url: str = Field(default="", alias="generatorURL")
    fingerprint: str = ""


class Body(Wire):
    """A notification."""

    version: Literal["4"]
    group_key: str = Field(default="", alias="groupKey")
    external_url: str = Field(default="", alias="externalURL")
    alerts: tuple[Told, ...] = Field(max_length=MAX_ALERTS)


class AlertmanagerWebhook:
    """Implements `integrations.inbound.Webhook`."""

    source = AlertSource.ALERTMANAGER

    def authenticate(self, delivery: Delivery, secrets: Sequence[str]) -> None:
        """Accept the secret as bearer, or as password."""
        require_credentials(delivery, secrets)

    def read(self, payload: Mapping[str, JsonValue], delivery: Delivery) -> tuple[VendorAlert, ...]:
        """Return every alert of the group."""
        del delivery
        with bounds.refusing_misfits():
            body = Body.model_validate(payload)
        return tuple(_alert(told) for told in body.alerts)


def _alert(told: Told) -> VendorAlert:
    name = told.labels.get("alertname", "")
    resolved = told.status == "resolved"
    ended = told.ends_at if resolved and told.ends_at and told.ends_at.year > NEVER else None
    summary = told.annotations.get("summary") or told.annotations.get("message") or ""
    labels: dict[str, JsonValue] = {**told.labels}
    return VendorAlert(
        alert_id=digest_of([told.fingerprint, labels, told.status, str(told.starts_at)]),
        source=AlertSource.ALERTMANAGER,
        group=digest_of({key: labels[key] for key in labels if key not in PER_INSTANCE}),
        transition=Transition.RESOLVED if resolved else Transition.RAISED,
        title=f"{name}: {summary}" if name and summary else name or summary or "Alert",
        severity=SEVERITIES.get(told.labels.get("severity", "").lower(), Severity.HIGH),
        occurred_at=ended or told.starts_at,
        service=told.labels.get("service"),
        environment=told.labels.get("environment") or told.labels.get("env"),
        message=told.annotations.get("description", ""),
        link=told.generator_url,
        labels=told.labels,
    )
