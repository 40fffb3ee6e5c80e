"""What queries of the operator's own have in common."""

from datetime import UTC, datetime, timedelta

import pytest

from integrations.metric_queries import clock_finding, count_of, service_findings
from suture.domain.service import Service
from suture.errors import NotAuthorised, PermanentError, RateLimited, SutureError
from suture.ports.metrics import MetricsQuery, ServiceCounters

SHOP = Service(name="shop", repository="acme/shop")
MEND = "Correct its queries."


class Failing:
    """Implements `suture.ports.metrics.ServiceMetrics`: it only fails."""

    def __init__(self, error: SutureError) -> None:
        self.error = error

    def read(self, query: MetricsQuery) -> ServiceCounters:
        del query
        raise self.error


@pytest.mark.parametrize(
    ("error", "mend"),
    [
        (NotAuthorised("No."), "other credentials"),
        (RateLimited("Slow."), "later"),
        (PermanentError("parse error"), MEND),
    ],
)
def test_each_failure_has_its_mend(error: SutureError, mend: str) -> None:
    [found] = service_findings("Datadog", Failing(error), (SHOP,), MEND)
    assert not found.ok
    assert found.required
    assert mend in found.mend


def test_clocks_may_differ_by_a_minute() -> None:
    now = datetime.now(UTC)
    assert clock_finding("Datadog", now - timedelta(seconds=30)).ok
    assert not clock_finding("Datadog", now - timedelta(seconds=90)).ok
    assert not clock_finding("Datadog", now + timedelta(seconds=90)).ok
    assert clock_finding("Datadog", None).ok


@pytest.mark.parametrize(
    ("value", "count"),
    [(0.0, 0), (2.5, 2), (2.51, 3), (None, None), (-0.1, None), (float("inf"), None), (2e16, None)],
)
def test_a_value_is_a_count_only_if_it_can_be_one(value: float | None, count: int | None) -> None:
    assert count_of(value) == count
