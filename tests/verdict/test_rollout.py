"""Recovery is judged so that looking often does not make the answer wrong."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from suture.domain.rollout import Reading, RolloutReport, RolloutVerdict
from suture.policy.model import Watch
from suture.verdict.rollout import Observations, counted, judge_rollout, poisson_limit

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
WATCH = Watch(minimum_seconds=60.0, minimum_requests=50)
LOOK_SECONDS = 30
BEFORE = Reading(at=NOON, own_errors=60, requests=2_000, errors=70)


def reading(number: int, own: int | None, requests: int | None, errors: int | None) -> Reading:
    at = NOON + timedelta(seconds=LOOK_SECONDS * number)
    return Reading(at=at, own_errors=own, requests=requests, errors=errors)


def judged(*readings: Reading, before: Reading = BEFORE, watch: Watch = WATCH) -> RolloutReport:
    observations = Observations(before=before, before_seconds=600.0, readings=readings)
    return judge_rollout(observations, watch)


def test_an_error_that_is_gone_is_recovered() -> None:
    report = judged(reading(0, 0, 0, 0), reading(4, 0, 1_000, 5))
    assert report.verdict is RolloutVerdict.RECOVERED
    assert report.watched_seconds == 120.0
    assert "0 of its own errors since the deployment, in 1000 requests" in report.explanation


def test_an_error_that_stays_is_regressed() -> None:
    report = judged(reading(0, 0, 0, 0), reading(4, 40, 1_000, 40))
    assert report.verdict is RolloutVerdict.REGRESSED


def test_a_service_that_fails_more_is_regressed_though_its_error_is_gone() -> None:
    report = judged(reading(0, 0, 0, 0), reading(4, 0, 1_000, 150))
    assert report.verdict is RolloutVerdict.REGRESSED


def test_recovery_is_not_said_too_early() -> None:
    report = judged(reading(0, 0, 0, 0), reading(1, 0, 1_000, 0))
    assert report.verdict is RolloutVerdict.INCONCLUSIVE
    assert report.e_value_recovered > 2 / WATCH.alpha


def test_recovery_is_not_said_of_a_handful_of_requests() -> None:
    many = BEFORE.model_copy(update={"own_errors": 1_900})
    report = judged(reading(0, 0, 0, 0), reading(4, 0, 49, 0), before=many)
    assert report.verdict is RolloutVerdict.INCONCLUSIVE


def test_no_data_is_not_health() -> None:
    assert "Nothing was measured" in judged().explanation
    unmeasured = judged(reading(0, 0, None, None), reading(4, 0, None, None))
    assert unmeasured.verdict is RolloutVerdict.INCONCLUSIVE
    assert "no data is not health" in unmeasured.explanation


def test_without_counts_of_its_own_errors_nothing_is_recovered() -> None:
    blind = BEFORE.model_copy(update={"own_errors": None, "errors": None})
    for report in (
        judged(reading(0, 0, 0, None), reading(4, 0, 5_000, None), before=blind),
        judged(reading(0, None, 0, None), reading(4, None, 5_000, None)),
    ):
        assert report.verdict is RolloutVerdict.INCONCLUSIVE
        assert (report.e_value_recovered, report.e_value_regressed) == (1.0, 1.0)


def test_time_stands_for_requests_where_the_policy_says_so() -> None:
    by_time = Watch(minimum_seconds=60.0, minimum_requests=0)
    before = Reading(at=NOON, own_errors=60)
    after = (reading(0, 0, None, None), reading(10, 0, None, None))
    assert judged(*after, before=before, watch=by_time).verdict is RolloutVerdict.RECOVERED
    at_once = judged(after[0], before=before, watch=by_time)
    assert at_once.verdict is RolloutVerdict.INCONCLUSIVE


def test_an_error_that_was_never_counted_before_cannot_be_missed() -> None:
    unseen = BEFORE.model_copy(update={"own_errors": 0})
    report = judged(reading(0, 0, 0, 0), reading(4, 0, 1_000, 0), before=unseen)
    assert report.verdict is RolloutVerdict.INCONCLUSIVE
    assert report.e_value_recovered == 1.0


def test_a_counter_that_falls_was_reset_and_counts_from_zero() -> None:
    readings = [reading(0, 1, 90, 1), reading(1, 2, 100, 2), reading(2, 3, 30, 0)]
    total = counted([*readings, reading(3, 4, 50, 1)])
    assert (total.own_errors, total.requests, total.errors) == (4, 60, 2)


@pytest.mark.parametrize("last", [reading(2, 0, None, None), reading(2, 0, 10, None)])
def test_a_counter_that_vanishes_says_nothing(last: Reading) -> None:
    total = counted([reading(0, 0, None, 0), reading(1, 0, None, 0), last])
    assert total.errors is None
    assert total.requests in {None, 0}


def test_counts_beyond_all_bounds_stay_finite() -> None:
    report = judged(reading(0, 0, 0, 0), reading(4, 10**6, 10**7, 10**6))
    assert report.verdict is RolloutVerdict.REGRESSED


@pytest.mark.parametrize(
    ("count", "upper", "expected"),
    # Garwood's exact limits at 97.5 %, as tables of the Poisson distribution print them.
    [(0, False, 0.0), (0, True, 3.689), (1, False, 0.0253), (1, True, 5.572), (10, False, 4.795),
     (10, True, 18.390)],
)  # fmt: skip
def test_confidence_limits_are_exact(count: int, upper: bool, expected: float) -> None:  # noqa: FBT001
    assert poisson_limit(count, 0.025, upper=upper) == pytest.approx(expected, abs=0.001)


def poisson(source: random.Random, mean: float) -> int:
    """Draw from the Poisson distribution by counting exponential waits."""
    total, count = source.expovariate(1.0), 0
    while total < mean:
        total += source.expovariate(1.0)
        count += 1
    return count


def watched(source: random.Random, rate: float, looks: int = 25) -> RolloutVerdict:
    """Watch a service whose error was 3 % of requests and is `rate` now, look after look."""
    own_before = poisson(source, 90.0)
    before = Reading(at=NOON, own_errors=own_before, requests=3_000, errors=own_before)
    own, readings = 0, [reading(0, 0, 0, 0)]
    for number in range(1, looks + 1):
        own += poisson(source, rate * 200)
        readings.append(reading(number, own, number * 200, own))
        report = judged(*readings, before=before)
        if report.verdict is not RolloutVerdict.INCONCLUSIVE:
            return report.verdict
    return RolloutVerdict.INCONCLUSIVE


RUNS = 60


@pytest.mark.parametrize(
    ("rate", "right", "wrong", "least"),
    [
        (0.0, RolloutVerdict.RECOVERED, RolloutVerdict.REGRESSED, 0.95),
        (0.03, RolloutVerdict.REGRESSED, RolloutVerdict.RECOVERED, 0.7),
        (0.06, RolloutVerdict.REGRESSED, RolloutVerdict.RECOVERED, 0.95),
    ],
    ids=["gone", "unchanged", "doubled"],
)
def test_what_became_of_an_error_is_found(
    rate: float, right: RolloutVerdict, wrong: RolloutVerdict, least: float
) -> None:
    source = random.Random(20_260_301)  # noqa: S311 -- a simulation, not a secret
    verdicts = [watched(source, rate) for _ in range(RUNS)]
    assert verdicts.count(right) >= least * RUNS
    assert verdicts.count(wrong) <= WATCH.alpha * RUNS


def test_an_error_on_the_line_is_rarely_called_gone_however_often_one_looks() -> None:
    source = random.Random(7)  # noqa: S311 -- a simulation, not a secret
    verdicts = [watched(source, 0.015) for _ in range(RUNS)]
    assert verdicts.count(RolloutVerdict.RECOVERED) <= WATCH.alpha * RUNS


def windowed(number: int, own: int, requests: int | None, errors: int | None) -> Reading:
    return reading(number, own, requests, errors).model_copy(update={"windowed": True})


def test_what_a_source_counts_from_the_window_s_beginning_may_be_corrected_downwards() -> None:
    told = [windowed(1, 0, 0, 0), windowed(2, 0, 1_000, 9), windowed(3, 0, 990, 8)]
    assert counted(told) == told[-1]
    assert judged(windowed(0, 0, None, None), *told).verdict is RolloutVerdict.RECOVERED


def test_counters_of_two_kinds_are_not_mixed() -> None:
    told = [reading(0, 0, 5_000, 7), windowed(1, 0, 100, 2), reading(2, 0, 5_300, 9)]
    assert counted(told) == told[-1].model_copy(update={"requests": 300, "errors": 2})
    assert counted(told[:2]) == told[1]


def test_a_window_whose_end_tells_nothing_has_no_data() -> None:
    told = [windowed(1, 0, 500, 0), windowed(2, 0, None, None)]
    assert judged(*told).verdict is RolloutVerdict.INCONCLUSIVE
