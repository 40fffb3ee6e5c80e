"""Whether the next repair attempt may be paid for, and with how much."""

from datetime import timedelta

from pydantic import Field

from suture.domain.usage import Usage
from suture.domain.value import Instant, Value
from suture.policy.model import Budget

DAY = timedelta(days=1)
"""What a limit per day counts: the time before the moment that is asked about."""
LEAST_USD = 1e-6
"""Less than this is nothing: a rest that rounding left would still buy a model's first call."""


class Overrun(Value):
    """A limit that is used up."""

    limit: str
    """Its name in the policy."""
    used: float
    allowed: float
    reserved: float = Field(default=0.0, ge=0)
    """Money within `used` that repairs hold which still run or were lost."""

    def __str__(self) -> str:
        said = f"budget.{self.limit} is used up: {self.used:g} of {self.allowed:g}"
        if self.reserved:
            said += f", of which {self.reserved:g} is reserved by repairs that run or were lost"
        return said


class Reservation(Value):
    """What a repair attempt asks for before it starts."""

    entry_key: str
    """Idempotency key of the reservation and of its settlement."""
    repository: str
    at: Instant
    attempts: int = Field(ge=0)
    """Repair attempts of this incident so far."""
    cost_usd: float = Field(ge=0)
    """The most that its models may cost; 0 when it asks none."""


class Grant(Value):
    """Leave for one repair attempt, which counts as spent until it is settled; or the refusal."""

    entry_key: str
    cost_usd: float = Field(default=0.0, ge=0)
    """Money that the attempt may spend."""
    limit: str | None = None
    """The limit that left less than was asked for."""
    overrun: Overrun | None = None
    """Why there is no leave. Nothing is reserved then."""


class Spending(Value):
    """What was spent since a moment; reservations that are not settled count in full."""

    usage: Usage = Usage()
    reserved_usd: float = Field(default=0.0, ge=0)
    """Money within `usage` that is reserved, not settled."""


class Day(Value):
    """Spending of the day before a reservation."""

    repository: Spending = Spending()
    total: Spending = Spending()


Check = tuple[str, float, float]


def grant_for(asked: Reservation, day: Day, budget: Budget) -> Grant:
    """Grant what is asked for, or what the day's limits leave of it, or say which forbids it.

    A repair that asks for no money needs no money to be left.
    """
    overrun = _first(
        ("attempts", asked.attempts, budget.attempts),
        (
            "repository_attempts_per_day",
            day.repository.usage.attempts,
            budget.repository_attempts_per_day,
        ),
    )
    if overrun is not None:
        return Grant(entry_key=asked.entry_key, overrun=overrun)
    granted, limit = asked.cost_usd, None
    purses = (
        ("repository_cost_usd_per_day", day.repository, budget.repository_cost_usd_per_day),
        ("total_cost_usd_per_day", day.total, budget.total_cost_usd_per_day),
    )
    for name, spent, allowed in purses:
        left = allowed - spent.usage.cost_usd
        if left >= granted:
            continue
        if left < LEAST_USD:
            overrun = Overrun(
                limit=name,
                used=spent.usage.cost_usd,
                allowed=allowed,
                reserved=spent.reserved_usd,
            )
            return Grant(entry_key=asked.entry_key, overrun=overrun)
        granted, limit = left, name
    return Grant(entry_key=asked.entry_key, cost_usd=granted, limit=limit)


def find_model_overrun(usage: Usage, budget: Budget) -> Overrun | None:
    """Return the limit that forbids another model call in this incident, or None."""
    return _first(
        ("model_calls", usage.model_calls, budget.model_calls),
        ("tokens", usage.tokens, budget.tokens),
        ("cost_usd", usage.cost_usd, budget.cost_usd),
    )


def _first(*checks: Check) -> Overrun | None:
    for limit, used, allowed in checks:
        if used >= allowed:
            return Overrun(limit=limit, used=used, allowed=allowed)
    return None
