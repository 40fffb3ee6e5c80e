"""A reading is taken with what there is: no incident waits for metrics."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.watching import TRIES, ReadingRequest, WatchingActivities
from suture.domain.incident import IncidentKey
from suture.domain.rollout import Deployment, Reading
from suture.domain.service import Service
from suture.domain.value import Digest, Instant
from suture.errors import NoData, NotAuthorised, RateLimited, SutureError, Unreachable
from suture.ports.metrics import MetricsQuery, ServiceCounters
from suture.ports.source import SourceRepositories
from tests.fakes.deployments import FakeDeployments
from tests.fakes.metrics import FakeEventMetrics

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SERVICE = Service(name="shop", repository="acme/shop")
KEY = IncidentKey(service="shop", fingerprint="a" * 64)
REQUEST = ReadingRequest(service=SERVICE, key=KEY, since=NOON - timedelta(minutes=10), until=NOON)


class Counts(FakeEventMetrics):
    """Events whose counter may fail."""

    failure: SutureError | None = None

    def count(self, service: str, fingerprint: Digest, since: Instant, until: Instant) -> int:
        if self.failure is not None:
            raise self.failure
        return super().count(service, fingerprint, since, until)


class Counters:
    """Implements `suture.ports.metrics.ServiceMetrics`; it may fail."""

    def __init__(self) -> None:
        self.failure: SutureError | None = None
        self.asked: list[MetricsQuery] = []

    def read(self, query: MetricsQuery) -> ServiceCounters:
        self.asked.append(query)
        if self.failure is not None:
            raise self.failure
        return ServiceCounters(at=NOON, requests=100, errors=1, windowed=True)


class Watched:
    """What a reading is taken of."""

    def __init__(self) -> None:
        self.deployments = FakeDeployments()
        self.counts = Counts()
        self.counters = Counters()
        # No repository is opened for a reading.
        sources = cast("SourceRepositories", None)
        self.activities = WatchingActivities(self.deployments, self.counts, self.counters, sources)

    def read(self, attempt: int = 1) -> Reading:
        environment = ActivityEnvironment()
        environment.info = replace(environment.info, attempt=attempt)
        step = cast("Callable[[ReadingRequest], Reading]", self.activities.take_reading)
        return environment.run(step, REQUEST)


@pytest.fixture
def watched() -> Watched:
    watched = Watched()
    watched.counts.record("shop", KEY.fingerprint, NOON - timedelta(minutes=1), 3)
    return watched


def test_a_reading_has_the_incident_s_own_errors_and_the_service_s_counters(
    watched: Watched,
) -> None:
    reading = watched.read()
    assert (reading.own_errors, reading.requests, reading.errors) == (3, 100, 1)
    assert reading.windowed
    assert reading.at == NOON
    [query] = watched.counters.asked
    assert (query.since, query.until, query.release) == (REQUEST.since, NOON, None)
    assert query.seconds == 600


def test_metrics_are_told_which_release_runs(watched: Watched) -> None:
    for minutes, release in ((60, "1.4"), (5, "1.5"), (-5, "1.6")):
        at = NOON - timedelta(minutes=minutes)
        watched.deployments.record(
            Deployment(
                deployment_id=release, service="shop", commit="c" * 40, release=release, at=at
            )
        )
    watched.read()
    assert watched.counters.asked[0].release == "1.5"


@pytest.mark.parametrize("error", [Unreachable("Down."), RateLimited("Slow.")])
def test_a_failure_that_may_pass_is_tried_again_and_then_is_no_data(
    watched: Watched, error: SutureError
) -> None:
    watched.counters.failure = error
    with pytest.raises(ApplicationError):
        watched.read(attempt=TRIES - 1)
    reading = watched.read(attempt=TRIES)
    assert (reading.own_errors, reading.requests, reading.errors) == (3, None, None)


def test_nobody_waits_for_who_asks_for_an_hour(watched: Watched) -> None:
    watched.counters.failure = RateLimited("Slow.", retry_after_seconds=3_600.0)
    assert watched.read().requests is None


def test_a_failure_that_stays_is_no_data_at_once(watched: Watched) -> None:
    watched.counters.failure = NotAuthorised("The token has expired.")
    assert watched.read().requests is None


def test_who_counts_events_elsewhere_is_asked_a_few_times(watched: Watched) -> None:
    watched.counts.failure = NoData("Down.")
    with pytest.raises(ApplicationError):
        watched.read()
    reading = watched.read(attempt=TRIES)
    assert (reading.own_errors, reading.requests) == (None, 100)


def test_suture_s_own_database_is_waited_for(watched: Watched) -> None:
    watched.counts.failure = Unreachable("The database does not answer.")
    with pytest.raises(ApplicationError):
        watched.read(attempt=1_000)
