"""What the day's budgets have left, read from the database when it is asked for."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import structlog
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from suture.errors import SutureError
from suture.policy.budgets import DAY, Spending
from suture.policy.model import Budget
from suture.ports.memory import Memory

LASTS_SECONDS = 15.0
"""Scrapes in between are answered from what was read before."""
ALL = "*"
"""The label of all repositories together."""
SPENT = "suture_budget_day_spent_usd"
RESERVED = "suture_budget_day_reserved_usd"
LEFT = "suture_budget_day_left_usd"
TEXTS = {
    SPENT: "Money spent in the last 24 hours, reservations included, in US dollars.",
    RESERVED: "Part of it that running and lost repairs reserve, in US dollars.",
    LEFT: "Money that the limits per day have left, in US dollars.",
}

log = structlog.get_logger()


class DayCollector(Collector):
    """Reads spending of each repository and of all, for a scrape."""

    def __init__(
        self,
        memory: Memory,
        budget: Budget,
        repositories: Sequence[str],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._memory = memory
        self._budget = budget
        self._repositories = sorted(set(repositories))
        self._monotonic = monotonic
        self._read: dict[str, Spending] = {}
        self._stale_at = float("-inf")

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Name the families, without reading anything."""
        yield from self._families().values()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Return the families; without values when the database does not answer."""
        families = self._families()
        for name, spending in self._spending().items():
            limit = (
                self._budget.total_cost_usd_per_day
                if name == ALL
                else self._budget.repository_cost_usd_per_day
            )
            spent = spending.usage.cost_usd
            families[SPENT].add_metric([name], spent)
            families[RESERVED].add_metric([name], spending.reserved_usd)
            families[LEFT].add_metric([name], max(0.0, limit - spent))
        yield from families.values()

    def _families(self) -> dict[str, GaugeMetricFamily]:
        return {
            name: GaugeMetricFamily(name, text, labels=["repository"])
            for name, text in TEXTS.items()
        }

    def _spending(self) -> dict[str, Spending]:
        if self._monotonic() < self._stale_at:
            return self._read
        since = datetime.now(UTC) - DAY
        try:
            read = {name: self._memory.spent(since, name) for name in self._repositories}
            self._read = {**read, ALL: self._memory.spent(since)}
        except SutureError as error:
            log.warning("budget.unread", reason=str(error))
            self._read = {}
        self._stale_at = self._monotonic() + LASTS_SECONDS
        return self._read
