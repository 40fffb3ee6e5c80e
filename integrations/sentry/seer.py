"""Reads what Seer, Sentry's own agent, concluded about an issue.

https://docs.sentry.io/api/seer/retrieve-seer-issue-fix-state/, which Sentry calls experimental:
what does not look as documented is no opinion.
"""

import structlog

from integrations.sentry.client import SentryClient
from suture.domain.alert import Alert, AlertSource
from suture.domain.evidence import Statement
from suture.errors import SutureError
from suture.localisation.citations import quote_event
from suture.redaction import scrub
from suture.traces.bounds import bounded, bounded_line

MAX_DESCRIPTION = 2_000
MAX_FILES = 5
PREFIX = "issue/"

log = structlog.get_logger()


class SeerOpinions:
    """Implements `suture.ports.opinions.Opinions`."""

    def __init__(self, client: SentryClient) -> None:
        self._client = client

    def about(self, alert: Alert) -> tuple[Statement, ...]:
        """Return the root cause that Seer believes in; nothing for other alerts."""
        if alert.source is not AlertSource.SENTRY or not alert.group.startswith(PREFIX):
            return ()
        try:
            cause = self._client.root_cause(alert.group.removeprefix(PREFIX))
        except SutureError as error:
            log.warning("seer.unread", group=alert.group[:60], reason=str(error))
            return ()
        if cause is None:
            return ()
        text = f"Seer, Sentry's agent, believes: {bounded(cause.description, MAX_DESCRIPTION)}"
        if cause.files:
            files = ", ".join(bounded_line(path) for path in cause.files[:MAX_FILES])
            text += f" It names {files}."
        return (Statement(text=scrub(text), citations=(quote_event(alert.group),)),)
