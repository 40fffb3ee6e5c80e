"""Webhooks of Sentry's integration platform.

https://docs.sentry.io/organization/integrations/integration-platform/webhooks/
The header `Sentry-Hook-Resource` says what a delivery is about. Its time is not signed: a
delivery that comes again is known by its `alert_id` alone.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated

from pydantic import AwareDatetime, Field, JsonValue

from integrations.inbound import Delivery, Wire, hmac_hex, require, require_match
from suture.canonical import digest_of
from suture.domain.alert import AlertSource, Severity
from suture.domain.inbound import Transition, VendorAlert
from suture.errors import InvalidInput
from suture.traces import bounds
from suture.traces.reading import Fields
from suture.traces.sentry import SEVERITIES, parse_event

SIGNATURE = "Sentry-Hook-Signature"
RESOURCE = "Sentry-Hook-Resource"
MAX_PROJECTS = 1_000
MAX_ID_CHARACTERS = 200
UNROUTED = "unrouted"
"""Stands for the service while nobody has said which one it is."""
EVENT_URL = re.compile(r"/projects/[^/]{1,100}/(?P<project>[^/]{1,100})/events/")
NO_ALERTS = frozenset({"feedback"})
"""Categories of issues in which nothing has failed."""

Id = Annotated[str, Field(max_length=MAX_ID_CHARACTERS, coerce_numbers_to_str=True)]


class Project(Wire):
    """The project of an issue."""

    slug: Id | None = None


class Metadata(Wire):
    """What an issue's first event said."""

    value: str | None = None
    filename: str | None = None
    function: str | None = None


class Issue(Wire):
    """An issue: a group of events, without their frames."""

    id: Id
    short_id: Id | None = Field(default=None, alias="shortId")
    title: str
    culprit: str | None = None
    level: str | None = None
    category: str | None = Field(default=None, alias="issueCategory")
    substatus: str | None = None
    metadata: Metadata | None = None
    project: Project | None = None
    count: Id | None = None
    user_count: Id | None = Field(default=None, alias="userCount")
    first_seen: AwareDatetime | None = Field(default=None, alias="firstSeen")
    last_seen: AwareDatetime | None = Field(default=None, alias="lastSeen")
    web_url: str | None = None
    permalink: str | None = None


class IssueData(Wire):
    """What an `issue` delivery holds."""

    issue: Issue


class IssueDelivery(Wire):
    """An `issue`."""

    data: IssueData


class Rule(Wire):
    """A metric alert's rule, which outlives what it finds."""

    id: Id | None = None
    name: str | None = None
    aggregate: str | None = None
    query: str | None = None
    environment: str | None = None


class MetricAlert(Wire):
    """One time that a rule's threshold was crossed."""

    id: Id
    organization_id: Id | None = None
    title: str | None = None
    rule: Rule = Field(default_factory=Rule, alias="alert_rule")
    projects: tuple[Id, ...] = Field(default=(), max_length=MAX_PROJECTS)
    date_started: AwareDatetime | None = None
    date_closed: AwareDatetime | None = None


class MetricData(Wire):
    """What a `metric_alert` delivery holds."""

    metric_alert: MetricAlert
    description_title: str | None = None
    description_text: str | None = None
    web_url: str | None = None


class MetricDelivery(Wire):
    """A `metric_alert`."""

    data: MetricData


class SentryWebhook:
    """Implements `integrations.inbound.Webhook`."""

    source = AlertSource.SENTRY

    def authenticate(self, delivery: Delivery, secrets: Sequence[str]) -> None:
        """Accept the body's HMAC with an integration's client secret."""
        expected = [hmac_hex(secret, delivery.body) for secret in secrets]
        require_match((require(delivery, SIGNATURE),), expected, "signature")

    def read(self, payload: Mapping[str, JsonValue], delivery: Delivery) -> tuple[VendorAlert, ...]:
        """Return what a rule, an error or an issue has to say; nothing of any other resource."""
        resource = delivery.headers.get(RESOURCE.lower())
        if not resource:
            raise InvalidInput(f"The request needs the header {RESOURCE}.")
        read = READERS.get(resource)
        found = read(payload, delivery) if read else None
        return () if found is None else (found,)


def _of_event(payload: Mapping[str, JsonValue], delivery: Delivery) -> VendorAlert | None:
    """Read a whole event, so that it is the same incident as one that came in an envelope."""
    data = Fields(payload).fields("data")
    event = data.first("event", "error")
    if not isinstance(event, dict):
        raise InvalidInput("data.event must be an object.")
    if event.get("type") == "transaction":
        return None
    alert = parse_event(event, service=UNROUTED, received_at=delivery.received_at)
    fields = Fields(event, "data.event")
    issue, project = fields.text("issue_id"), _project(fields.text("url"))
    facts = {"issue": issue, "project": project or "", "rule": data.text("triggered_rule")}
    known = {name: value for name, value in facts.items() if value}
    says_where = event.get("environment") is not None or "environment" in alert.tags
    return VendorAlert(
        alert_id=alert.alert_id,
        source=AlertSource.SENTRY,
        # Messages without a stack trace go by their text, as they do in an envelope.
        group=_group(issue) if alert.exceptions and issue else "",
        kind=alert.kind,
        title=alert.title,
        severity=alert.severity,
        occurred_at=alert.occurred_at,
        service=project,
        environment=alert.environment if says_where else None,
        release=alert.release,
        transaction=alert.transaction,
        message=alert.message,
        log=alert.log,
        link=fields.text("web_url"),
        labels={**known, **alert.tags, **known},
        exceptions=alert.exceptions,
        request=alert.request,
    )


def _project(url: str) -> str | None:
    found = EVENT_URL.search(url[: bounds.MAX_PATH_CHARACTERS])
    return found["project"] if found else None


def _group(issue: str) -> str:
    return f"issue/{issue}"


def _of_issue(payload: Mapping[str, JsonValue], delivery: Delivery) -> VendorAlert | None:
    """Read an issue that is new, came back or was resolved; archiving it ends nothing."""
    del delivery
    action = Fields(payload).text("action")
    if action not in {"created", "unresolved", "resolved"}:
        return None
    with bounds.refusing_misfits():
        issue = IssueDelivery.model_validate(payload).data.issue
    if issue.category in NO_ALERTS:
        return None
    resolved = action == "resolved"
    seen = issue.first_seen if action == "created" else issue.last_seen
    project = issue.project.slug if issue.project else None
    facts = {
        "issue": issue.id,
        "short_id": issue.short_id,
        "project": project,
        "level": issue.level,
        "category": issue.category,
        "substatus": issue.substatus,
    }
    return VendorAlert(
        alert_id=digest_of(["issue", issue.id, action, str(seen)]),
        source=AlertSource.SENTRY,
        group=_group(issue.id),
        transition=Transition.RESOLVED if resolved else Transition.RAISED,
        title=issue.title,
        severity=SEVERITIES.get((issue.level or "error").lower(), Severity.LOW),
        occurred_at=None if resolved else seen,
        service=project,
        message=_summary(issue),
        link=issue.web_url or issue.permalink or "",
        labels={name: value for name, value in facts.items() if value},
    )


def _summary(issue: Issue) -> str:
    """Return the little that is known of an issue whose events nobody has fetched."""
    said = issue.metadata or Metadata()
    lines = (
        said.value,
        issue.culprit,
        " in ".join(part for part in (said.filename, said.function) if part),
        f"Events: {issue.count}" if issue.count else "",
        f"Users: {issue.user_count}" if issue.user_count else "",
    )
    return "\n".join(line for line in lines if line)


def _of_metric(payload: Mapping[str, JsonValue], delivery: Delivery) -> VendorAlert | None:
    """Read a metric's alert; all times that its rule finds something are one problem."""
    del delivery
    action = Fields(payload).text("action")
    if action not in METRIC_SEVERITIES:
        return None
    with bounds.refusing_misfits():
        told = MetricDelivery.model_validate(payload).data
    alert, rule = told.metric_alert, told.metric_alert.rule
    resolved = action == "resolved"
    only = alert.projects[0] if len(alert.projects) == 1 else None
    facts = {
        "rule": rule.name,
        "project": only,
        "projects": ",".join(alert.projects),
        "aggregate": rule.aggregate,
        "query": rule.query,
    }
    return VendorAlert(
        alert_id=digest_of(["metric", alert.id, action, told.description_text]),
        source=AlertSource.SENTRY,
        group=f"metric/{alert.organization_id or ''}/{rule.id or rule.name or alert.id}",
        transition=Transition.RESOLVED if resolved else Transition.RAISED,
        title=told.description_title or rule.name or alert.title or "Metric alert",
        severity=METRIC_SEVERITIES[action],
        occurred_at=alert.date_closed if resolved else alert.date_started,
        service=only,
        environment=rule.environment,
        message=told.description_text or "",
        link=told.web_url or "",
        labels={name: value for name, value in facts.items() if value},
    )


METRIC_SEVERITIES: Mapping[str, Severity] = {
    "critical": Severity.CRITICAL,
    "warning": Severity.MEDIUM,
    "resolved": Severity.MEDIUM,
}
"""By action."""
READERS: Mapping[str, Callable[[Mapping[str, JsonValue], Delivery], VendorAlert | None]] = {
    "event_alert": _of_event,
    "error": _of_event,
    "issue": _of_issue,
    "metric_alert": _of_metric,
}
"""By resource."""
