"""Limits are hard, and say which of them is used up."""

import pytest

from suture.domain.usage import Usage
from suture.policy.budgets import Account, find_model_overrun, find_overrun
from suture.policy.model import Budget

LIMITS = Budget(
    attempts=2,
    repository_attempts_per_day=5,
    repository_cost_usd_per_day=3.0,
    total_cost_usd_per_day=9.0,
    model_calls=4,
    tokens=100,
    cost_usd=1.5,
)
NOTHING = Account(attempts=0, incident=Usage(), repository_today=Usage(), total_today=Usage())


@pytest.mark.parametrize(
    ("used", "limit"),
    [
        ({"attempts": 1}, None),
        ({"attempts": 2}, "attempts"),
        ({"repository_today": Usage(attempts=4)}, None),
        ({"repository_today": Usage(attempts=5)}, "repository_attempts_per_day"),
        ({"repository_today": Usage(cost_usd=2.99)}, None),
        ({"repository_today": Usage(cost_usd=3.0)}, "repository_cost_usd_per_day"),
        ({"total_today": Usage(cost_usd=8.99)}, None),
        ({"total_today": Usage(cost_usd=9.5)}, "total_cost_usd_per_day"),
    ],
)
def test_an_attempt_is_allowed_until_a_limit_is_reached(
    used: dict[str, object], limit: str | None
) -> None:
    overrun = find_overrun(NOTHING.model_copy(update=used), LIMITS)
    assert (overrun.limit if overrun else None) == limit


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
    overrun = find_overrun(NOTHING, Budget(attempts=0))
    assert str(overrun) == "budget.attempts is used up: 0 of 0"
