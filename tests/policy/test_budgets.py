"""Limits are hard, and say which of them is used up."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from suture.domain.usage import Usage
from suture.policy.budgets import Day, Grant, Reservation, Spending, find_model_overrun, grant_for
from suture.policy.model import Budget
from tests.fakes.memory import FakeMemory

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LIMITS = Budget(
    attempts=2,
    repository_attempts_per_day=5,
    repository_cost_usd_per_day=3.0,
    total_cost_usd_per_day=9.0,
    model_calls=4,
    tokens=100,
    cost_usd=1.5,
)
ROUNDING = 1e-9


def asked(cost_usd: float = 1.0, attempts: int = 0) -> Reservation:
    return Reservation(
        entry_key="case/attempt", repository="shop", at=NOON, attempts=attempts, cost_usd=cost_usd
    )


def spent(cost_usd: float = 0.0, attempts: int = 0, reserved: float = 0.0) -> Spending:
    return Spending(usage=Usage(cost_usd=cost_usd, attempts=attempts), reserved_usd=reserved)


@pytest.mark.parametrize(
    ("attempts", "day", "limit"),
    [
        (1, Day(), None),
        (2, Day(), "attempts"),
        (0, Day(repository=spent(attempts=4)), None),
        (0, Day(repository=spent(attempts=5)), "repository_attempts_per_day"),
        (0, Day(repository=spent(2.99)), None),
        (0, Day(repository=spent(3.0)), "repository_cost_usd_per_day"),
        (0, Day(total=spent(8.99)), None),
        (0, Day(total=spent(9.5)), "total_cost_usd_per_day"),
        (0, Day(total=spent(9.0 - ROUNDING)), "total_cost_usd_per_day"),
    ],
)
def test_an_attempt_is_allowed_until_a_limit_is_reached(
    attempts: int, day: Day, limit: str | None
) -> None:
    grant = grant_for(asked(attempts=attempts), day, LIMITS)
    assert (grant.overrun.limit if grant.overrun else None) == limit
    assert grant.cost_usd == 0 or limit is None


@pytest.mark.parametrize(
    ("day", "granted", "limit"),
    [
        (Day(), 1.0, None),
        (Day(repository=spent(2.0), total=spent(8.0)), 1.0, None),
        (Day(repository=spent(2.5)), 0.5, "repository_cost_usd_per_day"),
        (Day(repository=spent(2.5), total=spent(8.75)), 0.25, "total_cost_usd_per_day"),
        (Day(repository=spent(2.75), total=spent(8.5)), 0.25, "repository_cost_usd_per_day"),
    ],
)
def test_what_is_left_of_the_day_is_granted_and_the_limit_named(
    day: Day, granted: float, limit: str | None
) -> None:
    expected = Grant(entry_key="case/attempt", cost_usd=granted, limit=limit)
    assert grant_for(asked(), day, LIMITS) == expected


def test_a_repair_without_models_needs_no_money_to_be_left() -> None:
    day = Day(repository=spent(3.0), total=spent(9.0))
    assert grant_for(asked(cost_usd=0.0), day, LIMITS).overrun is None


def test_a_refusal_says_what_running_repairs_hold() -> None:
    overrun = grant_for(asked(), Day(repository=spent(3.0, reserved=2.5)), LIMITS).overrun
    assert str(overrun) == (
        "budget.repository_cost_usd_per_day is used up: 3 of 3,"
        " of which 2.5 is reserved by repairs that run or were lost"
    )


@pytest.mark.parametrize(
    ("usage", "limit"),
    [
        (Usage(model_calls=3, input_tokens=99, cost_usd=1.49), None),
        (Usage(model_calls=4), "model_calls"),
        (Usage(input_tokens=60, output_tokens=40), "tokens"),
        (Usage(cost_usd=1.5), "cost_usd"),
    ],
)
def test_a_model_is_asked_until_a_limit_is_reached(usage: Usage, limit: str | None) -> None:
    overrun = find_model_overrun(usage, LIMITS)
    assert (overrun.limit if overrun else None) == limit


def test_zero_means_none_at_all() -> None:
    overrun = grant_for(asked(), Day(), Budget(attempts=0)).overrun
    assert str(overrun) == "budget.attempts is used up: 0 of 0"
    overrun = grant_for(asked(), Day(), Budget(total_cost_usd_per_day=0.0)).overrun
    assert str(overrun) == "budget.total_cost_usd_per_day is used up: 0 of 0"


REPAIRS = some.lists(
    some.tuples(
        some.sampled_from(["shop", "till"]),
        some.floats(0, 3),  # dollars asked for
        some.none() | some.floats(0, 1),  # share of the grant that is used; None: lost
    ),
    max_size=40,
)


@given(repairs=REPAIRS)
def test_repairs_that_keep_to_their_grants_keep_to_the_day(
    repairs: list[tuple[str, float, float | None]],
) -> None:
    memory = FakeMemory()
    for number, (repository, cost_usd, share) in enumerate(repairs):
        ask = asked(cost_usd).model_copy(
            update={"entry_key": f"{number}", "repository": repository}
        )
        grant = memory.reserve(ask, LIMITS)
        assert grant.cost_usd <= cost_usd
        if grant.overrun is None and share is not None:
            used = Usage(attempts=1, cost_usd=share * grant.cost_usd)
            memory.settle(grant.entry_key, repository, NOON, used)
        assert memory.spent(NOON).usage.cost_usd <= LIMITS.total_cost_usd_per_day + ROUNDING
        for name in ("shop", "till"):
            spending = memory.spent(NOON, name).usage
            assert spending.cost_usd <= LIMITS.repository_cost_usd_per_day + ROUNDING
            assert spending.attempts <= LIMITS.repository_attempts_per_day
