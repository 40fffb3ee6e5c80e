"""How each vendor proves who it is: made here from the vendors' documents, not by Suture's code."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from suture.domain.alert import AlertSource
from tests.vendors.deliveries import SECRET

SIGNING_TOKEN = "whsec_" + base64.b64encode(b"a signing token of the tests").decode()
ANOTHER_TOKEN = "whsec_" + base64.b64encode(b"another token of the tests").decode()
Headers = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Proof:
    """One way to prove it."""

    name: str
    headers: Callable[[str, bytes, datetime], Headers]
    """From secret, body and time of sending."""
    secret: str = SECRET
    another: str = "a-secret-of-somebody-else"
    covers_body: bool = True
    """Whether it is worth nothing with another body."""
    covers_time: bool = False
    """Whether it is worth nothing later."""

    def of(self, body: bytes, at: datetime, secret: str | None = None) -> Headers:
        """Return the headers that go with a body."""
        return self.headers(self.secret if secret is None else secret, body, at)


def _hex(secret: str, content: bytes) -> str:
    return hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()


def _seconds(at: datetime) -> str:
    return str(int(at.timestamp()))


def _standard_webhook(secret: str, body: bytes, at: datetime) -> Headers:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"delivery-1.{_seconds(at)}.".encode() + body
    made = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return {
        "webhook-id": "delivery-1",
        "webhook-timestamp": _seconds(at),
        "webhook-signature": f"v1,{made}",
    }


def _grafana(secret: str, body: bytes, at: datetime) -> Headers:
    signed = f"{_seconds(at)}:".encode() + body
    return {
        "X-Grafana-Alerting-Signature": _hex(secret, signed),
        "X-Grafana-Alerting-Timestamp": _seconds(at),
    }


def _basic(secret: str, body: bytes, at: datetime) -> Headers:
    del body, at
    return {"Authorization": "Basic " + base64.b64encode(f"ci:{secret}".encode()).decode()}


def _signed(header: str, prefix: str = "") -> Proof:
    return Proof(
        name="signature", headers=lambda secret, body, _: {header: prefix + _hex(secret, body)}
    )


def _shown(header: str, prefix: str = "") -> Proof:
    return Proof(
        name="secret", headers=lambda secret, _, __: {header: prefix + secret}, covers_body=False
    )


PROOFS: Mapping[AlertSource, Sequence[Proof]] = {
    AlertSource.ALERTMANAGER: (
        _shown("Authorization", "Bearer "),
        Proof(name="password", headers=_basic, covers_body=False),
    ),
    AlertSource.CIRCLECI: (_signed("circleci-signature", "v1="),),
    AlertSource.DATADOG: (_shown("X-Suture-Secret"),),
    AlertSource.GITHUB: (_signed("X-Hub-Signature-256", "sha256="),),
    AlertSource.GITLAB: (
        _shown("X-Gitlab-Token"),
        Proof(
            name="standard webhook",
            headers=_standard_webhook,
            secret=SIGNING_TOKEN,
            another=ANOTHER_TOKEN,
            covers_time=True,
        ),
    ),
    AlertSource.GRAFANA: (
        _shown("Authorization", "Bearer "),
        Proof(name="signature", headers=_grafana, covers_time=True),
    ),
    AlertSource.JENKINS: (Proof(name="password", headers=_basic, covers_body=False),),
    AlertSource.JIRA: (
        _shown("Authorization", "Bearer "),
        _signed("X-Hub-Signature", "sha256="),
    ),
    AlertSource.LINEAR: (_signed("Linear-Signature"),),
    AlertSource.PAGERDUTY: (_signed("X-PagerDuty-Signature", "v1="),),
    AlertSource.SENTRY: (_signed("Sentry-Hook-Signature"),),
}
