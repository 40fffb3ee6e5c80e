"""Makes deliveries of what only Sentry's API tells: the frames of an issue, and missed alerts.

What is made here is read as a webhook's delivery is, so that it is the same incident: the event
keeps its id, and its frames make the fingerprint.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from pydantic import JsonValue

from integrations.inbound import Delivery
from integrations.json_api import objects, part
from integrations.sentry.client import SentryClient
from integrations.sentry.webhook import RESOURCE
from suture.errors import NotFound, SutureError
from suture.sentry_settings import SentrySettings

QUERY = "is:unresolved issue.category:error"
SLACK = timedelta(minutes=1)
"""Clocks differ, and Sentry is asked in whole seconds."""
RAISING = frozenset({"created", "unresolved"})

log = structlog.get_logger()

Payload = Mapping[str, JsonValue]


@dataclass(frozen=True, kw_only=True)
class Found:
    """An issue, as if an alert rule had told of its latest event."""

    issue: str
    """Its number."""
    title: str
    payload: Payload
    delivery: Delivery


class SentryBackfill:
    """Asks Sentry for what its webhooks did not tell."""

    def __init__(self, settings: SentrySettings) -> None:
        self._settings = settings
        self._client = SentryClient(settings)

    def complete(self, payload: Payload, delivery: Delivery) -> tuple[Payload, Delivery]:
        """Return an issue's delivery with its latest event; any other as it is.

        So it is, too, where the issue has no frames or Sentry does not answer: an alert with
        little in it is better than none.
        """
        issue = part(dict(payload), "data", "issue")
        raising = payload.get("action") in RAISING
        if delivery.headers.get(RESOURCE.lower()) != "issue" or not raising:
            return payload, delivery
        if not isinstance(issue, dict):
            return payload, delivery
        try:
            event = self._client.latest_event(str(issue.get("id")))
        except SutureError as error:
            log.warning("issue.incomplete", issue=str(issue.get("id"))[:40], reason=str(error))
            return payload, delivery
        if not _has_frames(event):
            return payload, delivery
        return self._as_delivery(issue, event, delivery.received_at)

    def missed(self, query: str, since: datetime, until: datetime) -> Iterator[Found]:
        """Yield issues with events in the window, each with its latest event.

        Raises:
            RateLimited, Unreachable, NotAuthorised, NotFound, PermanentError: as Sentry answers.
        """
        for issue in self._client.issues(query, since, until + SLACK):
            number = str(issue.get("id"))
            try:
                event = self._client.latest_event(number)
            except NotFound:
                # Deleted meanwhile, or its events are past Sentry's retention.
                log.warning("issue.empty", issue=number)
                continue
            payload, delivery = self._as_delivery(issue, event, until)
            title = str(issue.get("title") or "")
            yield Found(issue=number, title=title, payload=payload, delivery=delivery)

    def _as_delivery(
        self, issue: Payload, event: Payload, received_at: datetime
    ) -> tuple[Payload, Delivery]:
        number, event_id = str(issue.get("id")), event.get("eventID")
        project = part(dict(issue), "project", "slug")
        place = f"{self._settings.organisation}/{project}/events/{event_id}/"
        url = f"{self._settings.url.rstrip('/')}/api/0/projects/{place}"
        link = issue.get("web_url") or issue.get("permalink")
        told: dict[str, JsonValue] = {
            **event,
            "issue_id": number,
            # From it a reader takes the project, as from a webhook's.
            "url": url if isinstance(project, str) else "",
            "web_url": link if isinstance(link, str) else "",
        }
        headers = {RESOURCE.lower(): "event_alert"}
        delivery = Delivery(headers=headers, body=b"", received_at=received_at)
        return {"action": "triggered", "data": {"event": told}}, delivery


def _has_frames(event: Payload) -> bool:
    """Tell whether the event says where something failed; an issue's own name serves else."""
    for entry in objects(event.get("entries")):
        values = objects(part(entry, "data", "values"))
        if entry.get("type") == "exception" and any(
            objects(part(value, "stacktrace", "frames")) for value in values
        ):
            return True
    return False
