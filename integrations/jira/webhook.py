"""Jira's webhooks: issues that people hand to Suture with the label `suture-fix`.

https://developer.atlassian.com/cloud/jira/platform/webhooks/
Jira Cloud signs the body. What cannot sign, such as an automation rule of Data Center, sends the
secret as bearer or as password. No time is signed: a delivery that comes again is known by its
`alert_id` alone.
"""

import re
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from integrations.handed_over import exceptions_in, facts_of, is_requested
from integrations.inbound import (
    Delivery,
    hmac_hex,
    require,
    require_credentials,
    require_match,
)
from integrations.jira.markdown import BEGIN, END
from integrations.jira.payloads import Body, Fields, Issue
from suture.canonical import digest_of
from suture.domain.alert import AlertSource, Severity
from suture.domain.inbound import Transition, VendorAlert
from suture.errors import NotAuthorised
from suture.traces import bounds

SIGNATURE = "X-Hub-Signature"
METHOD = "sha256"
OWN_MARK = re.compile(r"suture-[0-9a-f]{24}")
"""The label that Suture's own tickets have, and their copies."""
API_PATH = "/rest/"
SEVERITIES = {
    "blocker": Severity.CRITICAL,
    "critical": Severity.CRITICAL,
    "highest": Severity.CRITICAL,
    "high": Severity.HIGH,
    "major": Severity.HIGH,
    "medium": Severity.MEDIUM,
    "minor": Severity.MEDIUM,
    "low": Severity.LOW,
    "lowest": Severity.LOW,
    "trivial": Severity.LOW,
}


class JiraWebhook:
    """Implements `integrations.inbound.Webhook`."""

    source = AlertSource.JIRA

    def authenticate(self, delivery: Delivery, secrets: Sequence[str]) -> None:
        """Accept a signature, or the secret as bearer or as password.

        A signature that is there must be right, whatever else the request says.
        """
        if SIGNATURE.lower() not in delivery.headers:
            require_credentials(delivery, secrets)
            return
        method, _, given = require(delivery, SIGNATURE).strip().partition("=")
        if method.lower() != METHOD:
            raise NotAuthorised(f"The header {SIGNATURE} must begin with {METHOD}=.")
        expected = [hmac_hex(secret, delivery.body) for secret in secrets]
        require_match((given.lower(),), expected, "signature")

    def read(self, payload: Mapping[str, JsonValue], delivery: Delivery) -> tuple[VendorAlert, ...]:
        """Return the issue if it was handed over, opened again or ended."""
        del delivery
        with bounds.refusing_misfits():
            body = Body.model_validate(payload)
        if body.issue is None or not _is_theirs(body.issue.fields):
            return ()
        transition = _transition(body, body.issue.fields)
        return () if transition is None else (_alert(body, body.issue, transition),)


def _is_theirs(fields: Fields) -> bool:
    """Whether people handed it over, and it is no ticket of Suture's own or a copy of one."""
    if any(OWN_MARK.fullmatch(label) for label in fields.labels):
        return False
    if BEGIN in fields.description and END in fields.description:
        return False
    return is_requested(fields.labels)


def _transition(body: Body, fields: Fields) -> Transition | None:
    moved = body.changes("status")
    match body.event:
        case "jira:issue_deleted":
            return Transition.RESOLVED
        case "jira:issue_created":
            return None if fields.is_done else Transition.RAISED
        case "jira:issue_updated" if fields.is_done:
            return Transition.RESOLVED if moved else None
        case "jira:issue_updated":
            reopened = any(one.before and not one.after for one in body.changes("resolution"))
            begun = reopened or any(
                not is_requested(one.before.split()) and is_requested(one.after.split())
                for one in body.changes("labels")
            )
            return Transition.RAISED if begun else None
        case _:
            return None


def _alert(body: Body, issue: Issue, transition: Transition) -> VendorAlert:
    fields = issue.fields
    facts = facts_of(fields.labels)
    labels = {
        "project": fields.project.key,
        "issue": issue.key,
        "component": fields.components[0].name if fields.components else "",
        "labels": ", ".join(fields.labels),
        **facts,
    }
    return VendorAlert(
        # The header's id is not signed.
        alert_id=digest_of([issue.url, issue.id or issue.key, transition, body.timestamp]),
        source=AlertSource.JIRA,
        # Its key changes when it moves to another project.
        group=issue.url or issue.id or issue.key,
        transition=transition,
        title=fields.summary.strip() or issue.key,
        severity=SEVERITIES.get(fields.priority.name.lower(), Severity.MEDIUM),
        occurred_at=body.at,
        service=facts.get("service") or labels["component"] or None,
        environment=facts.get("environment") or facts.get("env"),
        message=fields.description,
        link=_page(issue),
        labels={name: value for name, value in labels.items() if value},
        exceptions=exceptions_in(fields.description) if transition is Transition.RAISED else (),
    )


def _page(issue: Issue) -> str:
    """Return where people open the issue."""
    base, found, _ = issue.url.partition(API_PATH)
    return f"{base}/browse/{issue.key}" if found else ""
