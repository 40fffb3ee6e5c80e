"""Whether the next repair attempt may be paid for."""

from suture.domain.usage import Usage
from suture.domain.value import Value
from suture.policy.model import Budget


class Account(Value):
    """What was used so far, by whom."""

    attempts: int
    """Repair attempts of this incident."""
    incident: Usage
    repository_today: Usage
    total_today: Usage


class Overrun(Value):
    """A limit that is used up."""

    limit: str
    """Its name in the policy."""
    used: float
    allowed: float

    def __str__(self) -> str:
        return f"budget.{self.limit} is used up: {self.used:g} of {self.allowed:g}"


Check = tuple[str, float, float]


def find_overrun(account: Account, budget: Budget) -> Overrun | None:
    """Return the first limit that forbids another attempt, or None."""
    repository, total = account.repository_today, account.total_today
    return _first(
        ("attempts", account.attempts, budget.attempts),
        ("repository_attempts_per_day", repository.attempts, budget.repository_attempts_per_day),
        ("repository_cost_usd_per_day", repository.cost_usd, budget.repository_cost_usd_per_day),
        ("total_cost_usd_per_day", total.cost_usd, budget.total_cost_usd_per_day),
    )


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
