"""Adds to an alert what a log says that was fetched later. Its identity stays."""

from suture.domain.alert import Alert, AlertKind
from suture.traces import bounds
from suture.traces.ci import find_ci_failure


def needs_log(alert: Alert) -> bool:
    """Whether the alert says only that something failed, and not what."""
    return not (alert.exceptions or alert.failed_tests or alert.log)


def with_log(alert: Alert, log: str) -> Alert:
    """Return the alert with the log, and with the failed tests or exceptions that it names.

    Id, title, group and times stay: it is the same alert of the same incident.

    Raises:
        InvalidInput: the log is too long.
    """
    found = find_ci_failure(log, service=alert.service, received_at=alert.occurred_at)
    if found is None:
        return alert.model_copy(update={"log": bounds.bounded_log(log)})
    kind = alert.kind if found.kind is AlertKind.SIGNAL else found.kind
    return alert.model_copy(
        update={
            "kind": kind,
            "log": found.log,
            "exceptions": found.exceptions,
            "failed_tests": found.failed_tests,
        }
    )
