from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from integrations.local.event_metrics import LocalEventMetrics
from suture.ports.metrics import EventCount, EventMetrics
from tests.fakes.metrics import FakeEventMetrics

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ONE, OTHER = "1" * 64, "2" * 64


@pytest.fixture
def events(engine_or_fake: Engine | None) -> EventMetrics:
    return FakeEventMetrics() if engine_or_fake is None else LocalEventMetrics(engine_or_fake)


def test_counts_of_one_second_add_up(events: EventMetrics) -> None:
    for count in (1, 40):
        events.record("shop", ONE, NOON + 0.3 * SECOND, count)
    assert events.count("shop", ONE, NOON, NOON + SECOND) == 41


def test_nothing_seen_is_zero_events(events: EventMetrics) -> None:
    assert events.count("shop", ONE, NOON, NOON + SECOND) == 0


def test_services_and_fingerprints_are_counted_apart(events: EventMetrics) -> None:
    events.record("shop", ONE, NOON, 1)
    events.record("shop", OTHER, NOON, 2)
    events.record("till", ONE, NOON, 4)
    assert events.count("shop", ONE, NOON, NOON + SECOND) == 1


def test_windows_side_by_side_count_each_event_once(events: EventMetrics) -> None:
    for tenth in range(40):
        events.record("shop", ONE, NOON + tenth * SECOND / 10, 1)
    cut = NOON + 1.7 * SECOND
    before = events.count("shop", ONE, NOON, cut)
    after = events.count("shop", ONE, cut, NOON + 4 * SECOND)
    assert (before, after) == (20, 20)
    assert events.count("shop", ONE, NOON - SECOND, NOON) == 0


def test_many_counts_are_recorded_together(events: EventMetrics) -> None:
    events.record_all(
        [
            EventCount(service="shop", fingerprint=ONE, at=NOON, count=2),
            EventCount(service="shop", fingerprint=ONE, at=NOON, count=3),
            EventCount(service="till", fingerprint=ONE, at=NOON, count=1),
        ]
    )
    until = NOON + SECOND
    assert events.count("shop", ONE, NOON, until) == 5
    assert events.count("till", ONE, NOON, until) == 1
