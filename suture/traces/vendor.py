"""Makes an alert of what a vendor's webhook tells, bounded and scrubbed in one place."""

from datetime import datetime
from urllib.parse import urlsplit

from suture.canonical import digest_of
from suture.domain.alert import Alert, AlertKind
from suture.domain.inbound import VendorAlert
from suture.errors import InvalidInput
from suture.traces import bounds

MAX_ID_CHARACTERS = 200
MAX_LINK_CHARACTERS = 1_000


def alert_of(told: VendorAlert, *, service: str, environment: str, received_at: datetime) -> Alert:
    """Return the alert for the service that it was routed to.

    Raises:
        InvalidInput: it says nothing, or a field cannot be understood.
    """
    title = bounds.bounded_line(told.title)
    if not title:
        raise InvalidInput("The alert has no title.")
    with bounds.refusing_misfits():
        return Alert(
            alert_id=_short(told.alert_id),
            source=told.source,
            kind=_kind(told),
            service=service,
            environment=bounds.bounded_line(environment, bounds.MAX_NAME_CHARACTERS),
            title=title,
            severity=told.severity,
            occurred_at=min(told.occurred_at or received_at, received_at),
            release=_name(told.release),
            transaction=_name(told.transaction),
            exceptions=told.exceptions,
            failed_tests=told.failed_tests,
            request=told.request,
            message=bounds.bounded(told.message, bounds.MAX_MESSAGE_CHARACTERS),
            log=bounds.bounded_log(told.log),
            tags=bounds.bounded_tags(told.labels.items()),
            group=_short(told.group),
            link=_link(told.link),
        )


def _kind(told: VendorAlert) -> AlertKind:
    # A failed test raises an exception, too; which test failed is what a CI log is about.
    if told.failed_tests:
        return AlertKind.TEST_FAILURE
    return AlertKind.EXCEPTION if told.exceptions else told.kind


def _name(given: str | None) -> str | None:
    return bounds.bounded_line(given or "", bounds.MAX_NAME_CHARACTERS) or None


def _short(name: str) -> str:
    """Return a name that stays its own however long it is."""
    name = bounds.readable(name)
    return name if len(name) <= MAX_ID_CHARACTERS else digest_of(name)


def _link(url: str) -> str:
    """Return a link that people may follow, or none."""
    if len(url) > MAX_LINK_CHARACTERS or any(ord(mark) <= ord(" ") for mark in url):
        return ""
    try:
        parts = urlsplit(url)
        trusted = parts.scheme in {"http", "https"} and parts.hostname and not parts.username
    except ValueError:
        return ""
    return bounds.readable(url) if trusted else ""
