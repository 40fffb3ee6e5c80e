"""A deployment is watched by what a vendor counts, as the rollout workflow watches it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from temporalio.testing import ActivityEnvironment

from activities.watching import ReadingRequest, WatchingActivities
from integrations.datadog.queries import DatadogQueries
from integrations.sentry.client import SentryClient
from integrations.sentry.metrics import SentryEventMetrics, SentryReleaseHealth
from suture.domain.alert import AlertSource
from suture.domain.incident import IncidentKey
from suture.domain.rollout import Reading, RolloutReport, RolloutVerdict
from suture.domain.service import Service
from suture.policy.model import Watch
from suture.ports.metrics import ServiceMetrics
from suture.ports.problems import Problem
from suture.ports.source import SourceRepositories
from suture.verdict.rollout import Observations, counted, judge_rollout
from tests.fakes.deployments import FakeDeployments
from tests.fakes.metrics import FakeEventMetrics
from tests.fakes.problems import FakeProblems
from tests.fakes.sentry_server import FakeSentry, Issue, Session
from tests.fakes.vendor_server import serving
from tests.metrics import test_datadog, test_sentry
from tests.metrics.test_datadog import FakeDatadog

OPENED = datetime(2026, 3, 1, 12, tzinfo=UTC)
MERGED = OPENED + timedelta(minutes=30)
DEPLOYED = OPENED + timedelta(minutes=40)
MINUTE = timedelta(minutes=1)
KEY = IncidentKey(service="shop", fingerprint="a" * 64)
SHOP = Service(name="shop", repository="acme/shop", environment="live")


class Day:
    """A service whose requests Datadog counts, and whose errors are an issue at Sentry."""

    def __init__(self, datadog: FakeDatadog, sentry: FakeSentry) -> None:
        self.datadog, self.sentry = datadog, sentry
        self.issue = sentry.issues.setdefault("7", Issue("7"))
        problems = FakeProblems()
        group = Problem(service="shop", source=AlertSource.SENTRY, group="issue/7")
        problems.remember(group, KEY.fingerprint, OPENED)
        client = SentryClient(test_sentry.settings_for(sentry))
        self.events = SentryEventMetrics(FakeEventMetrics(), problems, client)

    def goes_on(self, since: datetime, until: datetime, *, failing: int) -> None:
        """Let 30 requests happen a minute, of which so many fail by the incident's error."""
        self.datadog.count("hits", 10, since=since, until=until)
        if failing:
            self.datadog.count("failures", failing / 3, since=since, until=until)
        at = since
        while at < until:
            self.issue.events += [{"dateCreated": at.isoformat()}] * failing
            statuses = ["crashed"] * failing + ["healthy"] * (30 - failing)
            self.sentry.sessions += [Session(at=at, status=status) for status in statuses]
            at += MINUTE

    def judged(self, services: ServiceMetrics) -> RolloutReport:
        """Read and judge as the workflows do, until there is a verdict."""
        activities = WatchingActivities(
            FakeDeployments(), self.events, services, cast("SourceRepositories", None)
        )

        def reading(since: datetime, until: datetime) -> Reading:
            request = ReadingRequest(service=SHOP, key=KEY, since=since, until=until)
            return ActivityEnvironment().run(activities.take_reading, request)

        before = counted([reading(OPENED, OPENED), reading(OPENED, MERGED)])
        readings: list[Reading] = []
        for minutes in range(0, 31, 5):
            readings.append(reading(DEPLOYED, DEPLOYED + MINUTE * minutes))
            seen = Observations(before=before, before_seconds=1_800.0, readings=tuple(readings))
            report = judge_rollout(seen, Watch())
            if report.verdict is not RolloutVerdict.INCONCLUSIVE:
                return report
        return report


@pytest.fixture
def day() -> Iterator[Day]:
    datadog, sentry = FakeDatadog(), FakeSentry()
    with serving(datadog), serving(sentry):
        yield Day(datadog, sentry)


@pytest.fixture(params=["datadog", "sentry"])
def services(request: pytest.FixtureRequest, day: Day) -> ServiceMetrics:
    if request.param == "datadog":
        return DatadogQueries(test_datadog.settings_for(day.datadog))
    return SentryReleaseHealth(test_sentry.settings_for(day.sentry))


def test_an_error_that_ends_with_the_deployment_is_recovered(
    day: Day, services: ServiceMetrics
) -> None:
    day.goes_on(OPENED, DEPLOYED, failing=5)
    day.goes_on(DEPLOYED, DEPLOYED + 30 * MINUTE, failing=0)
    report = day.judged(services)
    assert report.verdict is RolloutVerdict.RECOVERED
    assert report.baseline is not None
    assert (report.baseline.own_errors, report.baseline.requests) == (150, 900)
    assert report.watched_seconds < 1_800


def test_an_error_that_goes_on_is_regressed(day: Day, services: ServiceMetrics) -> None:
    day.goes_on(OPENED, DEPLOYED + 30 * MINUTE, failing=5)
    assert day.judged(services).verdict is RolloutVerdict.REGRESSED


def test_without_requests_there_is_no_verdict(day: Day, services: ServiceMetrics) -> None:
    day.goes_on(OPENED, DEPLOYED, failing=5)
    day.datadog.points.clear()
    day.sentry.sessions.clear()
    assert day.judged(services).verdict is RolloutVerdict.INCONCLUSIVE


def test_an_issue_that_nobody_can_see_any_more_is_no_recovery(
    day: Day, services: ServiceMetrics
) -> None:
    day.goes_on(OPENED, DEPLOYED + 30 * MINUTE, failing=0)
    day.sentry.issues.clear()
    report = day.judged(services)
    assert report.verdict is RolloutVerdict.INCONCLUSIVE
    assert report.after is not None
    assert report.after.own_errors is None
