"""Linear's webhooks: issues that people hand to Suture with the label `suture-fix`.

https://linear.app/developers/webhooks
The body is signed, and the time of sending is in it. A pasted traceback is evidence like any.
"""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from integrations.handed_over import exceptions_in, facts_of, is_requested
from integrations.inbound import Delivery, hmac_hex, require, require_fresh, require_match
from integrations.linear.description import has_own_part
from integrations.linear.payloads import Body, Issue
from suture.canonical import digest_of
from suture.domain.alert import AlertSource, Severity
from suture.domain.inbound import Transition, VendorAlert
from suture.errors import InvalidInput, NotAuthorised
from suture.hostile_json import parse_object
from suture.traces import bounds

SIGNATURE = "Linear-Signature"
TIME = "webhookTimestamp"
LATEST = 10**14
"""Milliseconds since 1970; no time is later."""
WINDOW_SECONDS = 60.0
"""As Linear recommends."""
SEVERITIES = {1: Severity.CRITICAL, 2: Severity.HIGH, 3: Severity.MEDIUM, 4: Severity.LOW}
ENDINGS = frozenset({"completedAt", "canceledAt", "trashed"})
"""What an issue that is opened again had before."""


class LinearWebhook:
    """Implements `integrations.inbound.Webhook`."""

    source = AlertSource.LINEAR

    def authenticate(self, delivery: Delivery, secrets: Sequence[str]) -> None:
        """Accept the body if its signature is right and it was sent a moment ago."""
        given = require(delivery, SIGNATURE).strip().lower()
        expected = [hmac_hex(secret, delivery.body) for secret in secrets]
        require_match((given,), expected, "signature")
        require_fresh(_sent_at(delivery.body), delivery, WINDOW_SECONDS)

    def read(self, payload: Mapping[str, JsonValue], delivery: Delivery) -> tuple[VendorAlert, ...]:
        """Return the issue if it was handed over, opened again or ended."""
        del delivery
        with bounds.refusing_misfits():
            body = Body.model_validate(payload)
            if body.type != "Issue":
                return ()
            issue = Issue.model_validate(body.data)
        transition = _transition(body, issue)
        return () if transition is None else (_alert(body, issue, transition),)


def _sent_at(body: bytes) -> float:
    try:
        told = parse_object(body).get(TIME)
    except InvalidInput as error:
        raise NotAuthorised("The body is no JSON, so it says no time.") from error
    if isinstance(told, bool) or not isinstance(told, int | float) or not 0 <= told <= LATEST:
        raise NotAuthorised(f"The body needs the field {TIME}.")
    return told / 1_000


def _transition(body: Body, issue: Issue) -> Transition | None:
    """Return what happened to the problem, if people handed it over and it is theirs."""
    if not is_requested([label.name for label in issue.labels]):
        return None
    if has_own_part(issue.description or ""):
        # Suture's own ticket, or a copy of it: it would heal its own report.
        return None
    if body.action == "remove":
        return Transition.RESOLVED
    if issue.is_closed:
        ended = body.action == "update" and {"stateId", "trashed"} & body.before.keys()
        return Transition.RESOLVED if ended else None
    begun = body.action == "create" or _was_handed_over(body, issue) or _was_ended(body)
    return Transition.RAISED if begun else None


def _was_handed_over(body: Body, issue: Issue) -> bool:
    before = body.before.get("labelIds")
    requests = {label.id for label in issue.labels if is_requested([label.name])}
    return isinstance(before, list) and not any(one in requests for one in before)


def _was_ended(body: Body) -> bool:
    return any(body.before.get(name) for name in ENDINGS)


def _alert(body: Body, issue: Issue, transition: Transition) -> VendorAlert:
    names = [label.name for label in issue.labels]
    facts = facts_of(names)
    told = issue.description or ""
    labels = {
        "team": issue.team.key or issue.team.name,
        "project": issue.project.name,
        "issue": issue.identifier,
        "labels": ", ".join(names),
        **facts,
    }
    return VendorAlert(
        # The header's id is not signed.
        alert_id=digest_of(
            [body.organization_id, issue.id, transition, body.created_at.isoformat()]
        ),
        source=AlertSource.LINEAR,
        group=issue.id,
        transition=transition,
        title=issue.title.strip() or issue.identifier,
        severity=SEVERITIES.get(int(issue.priority), Severity.MEDIUM),
        occurred_at=body.created_at,
        service=facts.get("service"),
        environment=facts.get("environment") or facts.get("env"),
        message=told,
        link=issue.url,
        labels={name: value for name, value in labels.items() if value},
        exceptions=exceptions_in(told) if transition is Transition.RAISED else (),
    )
