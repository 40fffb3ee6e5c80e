"""Counts at Sentry: an incident's own errors by its issue, and sessions as a service's requests.

https://docs.sentry.io/api/explore/ and
https://docs.sentry.io/api/releases/retrieve-release-health-session-statistics/
"""

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from pydantic import JsonValue

from integrations.json_api import objects, part
from integrations.metric_queries import (
    Finding,
    clock_finding,
    count_of,
    number_of,
    service_findings,
)
from integrations.sentry.client import SentryClient
from suture.domain.alert import AlertSource
from suture.domain.service import Service
from suture.domain.value import Digest, Instant
from suture.errors import (
    NoData,
    NotAuthorised,
    NotFound,
    PermanentError,
    SutureError,
    TransientError,
)
from suture.ports.metrics import EventCount, EventMetrics, MetricsQuery, ServiceCounters
from suture.ports.problems import Problems
from suture.sentry_settings import SentrySettings

PREFIX = "issue/"
MAX_ISSUES = 5
"""Of one incident, the last seen: Sentry may group what Suture holds for one fault."""
HOUR = timedelta(hours=1)
"""The shortest interval that is documented; minutes are taken where Sentry gives them."""
MINUTES_WITHIN = timedelta(hours=6)
"""Sentry gives none over a longer time."""
FAILED = frozenset({"crashed", "abnormal", "unhandled"})
"""Sessions that count as failed requests; `errored` ones reported an error and went on."""


class SentryEventMetrics:
    """Implements `suture.ports.metrics.EventMetrics`: counts at Sentry what is an issue there."""

    def __init__(self, received: EventMetrics, problems: Problems, client: SentryClient) -> None:
        self._received = received
        self._problems = problems
        self._client = client

    def record(self, service: str, fingerprint: Digest, at: Instant, count: int) -> None:
        """Add to the count of what was received in this second."""
        self._received.record(service, fingerprint, at, count)

    def record_all(self, counts: Sequence[EventCount]) -> None:
        """Record all of what was received durably, or none."""
        self._received.record_all(counts)

    def count(
        self, service: str, fingerprint: Digest, since: Instant, until: Instant
    ) -> int | None:
        """Return the larger of what Sentry has and what was received.

        An event that came both ways counts once. Sentry has more, because alert rules hold back
        most events; it may have fewer, because it drops what exceeds a quota.

        Raises:
            NoData: Sentry does not answer now.
            PermanentError: it will not answer.
        """
        received = self._received.count(service, fingerprint, since, until)
        groups = self._problems.names(service, AlertSource.SENTRY, fingerprint)
        issues = [group.removeprefix(PREFIX) for group in groups if group.startswith(PREFIX)]
        if not issues or until - since < timedelta(seconds=1):
            return received
        try:
            counted = self._count(issues[:MAX_ISSUES], since, until)
        except TransientError as error:
            raise NoData(str(error), retry_after_seconds=error.retry_after_seconds) from error
        return None if counted is None else max(counted, received or 0)

    def _count(self, issue_ids: Sequence[str], since: Instant, until: Instant) -> int | None:
        """Add up the issues that are still there; None if none is."""
        # An issue that was merged is another one now. Reading it first tells so, and that the
        # token may see it: what it may not see would count as zero.
        found: dict[str, dict[str, JsonValue]] = {}
        for issue_id in issue_ids:
            try:
                issue = self._client.issue(issue_id)
            except NotFound:
                continue
            found[str(issue.get("id"))] = issue
        counts = [self._client.count_events(one, since, until) for one in found.values()]
        return sum(counts) if counts else None


class SentryReleaseHealth:
    """Implements `suture.ports.metrics.ServiceMetrics`: a server's sessions are its requests."""

    def __init__(self, settings: SentrySettings) -> None:
        self._settings = settings
        self._client = SentryClient(settings)

    def read(self, query: MetricsQuery) -> ServiceCounters:
        """Count the sessions of all intervals that lie in the window whole.

        Raises:
            RateLimited, Unreachable, NotAuthorised, NotFound, PermanentError: as it is answered.
        """
        counts = self._counts(query) if query.seconds >= 1 else None
        if counts is None:
            return ServiceCounters(at=query.until, windowed=True)
        requests, errors = counts
        return ServiceCounters(at=query.until, requests=requests, errors=errors, windowed=True)

    def findings(self, services: tuple[Service, ...]) -> Iterator[Finding]:
        """Look whether sessions of each service can be read."""
        mend = "Set project and environment under [sentry.services], and let its SDK send sessions."
        yield from service_findings("Sentry", self, services, mend)

    def _counts(self, query: MetricsQuery) -> tuple[int, int] | None:
        window = query.until - query.since
        if window < HOUR:
            return self._added_up(query, "1m")
        if window > MINUTES_WITHIN:
            return self._added_up(query, "1h")
        try:
            return self._added_up(query, "1m")
        except PermanentError as error:
            if isinstance(error, NotAuthorised | NotFound):
                raise
        return self._added_up(query, "1h")

    def _added_up(self, query: MetricsQuery, interval: str) -> tuple[int, int] | None:
        asked = self._asked(query, interval)
        answer = self._client.sessions(asked, query.since, query.until)
        return _added_up(answer, query.since, query.until)

    def _asked(self, query: MetricsQuery, interval: str) -> dict[str, str | int]:
        service = query.service
        return {
            "project": self._settings.project(service.name),
            "environment": self._settings.environment(service.name, service.environment),
            "interval": interval,
            "includeTotals": 0,
        }


def api_findings(client: SentryClient, settings: SentrySettings) -> Iterator[Finding]:
    """Look whether the API can be asked, with each scope that is needed."""
    mend = "Set sentry.url, sentry.organisation and sentry.auth_token."
    try:
        answer = client.look()
        yield Finding(name="Sentry", ok=True, detail=f"{settings.organisation} at {settings.url}")
        yield clock_finding("Sentry", answer.at())
        mend = "Give the integration the permission Issue & Event: Read."
        now = answer.at() or datetime.now(UTC)
        next(client.issues("is:unresolved", now - timedelta(hours=1), now), None)
        yield Finding(name="Sentry's issues", ok=True, detail="can be read")
    except SutureError as error:
        yield Finding(name="Sentry's API", ok=False, detail=str(error), mend=mend)


def _added_up(answer: JsonValue, since: datetime, until: datetime) -> tuple[int, int] | None:
    """Return sessions and failed ones; None if no whole interval tells of any."""
    told = part(answer, "intervals")
    starts = [_moment(one) for one in told] if isinstance(told, list) else []
    known = [start for start in starts if start is not None]
    if len(known) != len(starts) or len(known) < 2:  # noqa: PLR2004 -- no length without a second
        return None
    length = known[1] - known[0]
    # Not by adding to a time, which may be the last one that there is.
    whole = [since <= start and length <= until - start for start in known]
    requests = errors = 0
    for group in objects(part(answer, "groups")):
        series = part(group, "series", "sum(session)")
        values = series if isinstance(series, list) else []
        count = count_of(sum(_numbers(values, whole), start=0.0))
        if count is None:
            return None
        requests += count
        errors += count if part(group, "by", "session.status") in FAILED else 0
    return (requests, errors) if requests else None


def _numbers(values: list[JsonValue], whole: list[bool]) -> Iterator[float]:
    for value, counts in zip(values, whole, strict=False):
        if counts:
            yield number_of(value) if not isinstance(value, str) else math.nan


def _moment(told: JsonValue) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(told))
    except ValueError:
        return None
    return found if found.tzinfo else None
