"""An alert on its way to its incident: what is committed of it, and which incident it is about."""

from dataclasses import dataclass

from suture.canonical import canonical_json, sha256
from suture.domain.alert import Alert, AlertNotice
from suture.domain.incident import IncidentKey
from suture.domain.value import Line
from suture.fingerprint import fingerprint


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """One alert, ready to be committed."""

    key: IncidentKey
    title: Line
    environment: str
    notice: AlertNotice
    content: bytes
    """The alert as canonical JSON, whose digest the notice holds."""

    @property
    def identity(self) -> tuple[str, str]:
        """What makes two deliveries the same alert."""
        return self.key.service, self.notice.alert_id


def arrival_of(alert: Alert) -> Arrival:
    """Return what is committed for an alert, whose fields the parsers have bounded."""
    content = canonical_json(alert)
    return Arrival(
        key=IncidentKey(service=alert.service, fingerprint=fingerprint(alert)),
        title=alert.title,
        environment=alert.environment,
        notice=AlertNotice(
            alert_id=alert.alert_id,
            source=alert.source,
            severity=alert.severity,
            occurred_at=alert.occurred_at,
            release=alert.release,
            link=alert.link,
            event=sha256(content),
        ),
        content=content,
    )
