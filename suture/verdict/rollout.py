"""Did the service recover? Judged so that looking often does not make the answer wrong.

Errors are counted per request. Two questions run side by side, each as an e-process (a likelihood
ratio whose expectation under the null hypothesis never exceeds one, so that by Ville's inequality
it crosses 1/alpha with a probability of at most alpha, however often one looks):

- recovered: the null hypothesis is "the incident's own error rate is still at least half of what
  it was before the deployment";
- regressed: the null hypotheses are "the own error rate fell to half or less" (rejected: the fix
  did not help) and "the service's error rate did not rise" (rejected: it made things worse).

The rates from before are estimates themselves: one-sided Poisson confidence limits stand for them,
and half of alpha pays for that. No data is not health: without traffic there is no verdict.
Source: Johari et al., "Always Valid Inference", arXiv 1512.04922; Howard et al., arXiv 1810.08240.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from functools import lru_cache

from pydantic import Field

from suture.domain.rollout import Reading, RolloutReport, RolloutVerdict
from suture.domain.value import Value
from suture.policy.model import Watch

STILL_THERE = 0.5
"""Share of its old rate from which on an error counts as still there."""
GONE_RATES = (0.02, 0.1, 0.25)
STAYED_RATES = (0.8, 1.0, 1.5)
WORSE_RATES = (1.5, 2.0, 3.0)
MAX_LOG = 600.0


class Observations(Value):
    """All that was counted before and after a deployment."""

    before: Reading
    """Counts over the baseline window, already as differences."""
    before_seconds: float = Field(gt=0)
    readings: tuple[Reading, ...] = ()
    """After the deployment, oldest first: own errors since the first of them, raw counters."""


def counted(readings: Sequence[Reading]) -> Reading:
    """Turn raw counters into what was counted from the first reading to the last.

    A counter that falls was reset by a restart and has counted from zero since. What is counted
    from the window's beginning needs no turning, and may fall when its source corrects itself.
    """
    last = readings[-1]
    if last.windowed:
        return last
    readings = [reading for reading in readings if not reading.windowed]
    return Reading(
        at=last.at,
        own_errors=last.own_errors,
        requests=_increase([reading.requests for reading in readings]),
        errors=_increase([reading.errors for reading in readings]),
    )


def judge_rollout(observations: Observations, watch: Watch) -> RolloutReport:
    """Say what the counts allow to say now; the caller decides whether to look again."""
    if not observations.readings:
        return _inconclusive(observations, None, 0.0, "Nothing was measured after the deployment.")
    after = counted(observations.readings)
    seconds = (after.at - observations.readings[0].at).total_seconds()
    exposures = _exposures(observations, after, seconds, watch)
    if exposures is None:
        return _inconclusive(
            observations,
            after,
            seconds,
            "No traffic was measured, and no data is not health."
            " Let its requests be counted, by metrics_url or a metrics system, or set"
            " watch.minimum_requests to 0 to judge by time.",
        )
    recovered = _recovered(observations.before, after, exposures, watch.alpha)
    regressed = _regressed(observations.before, after, exposures, watch.alpha)
    report = _inconclusive(observations, after, seconds, "").model_copy(
        update={"e_value_recovered": recovered, "e_value_regressed": regressed}
    )
    return _conclude(report, watch)


def _conclude(report: RolloutReport, watch: Watch) -> RolloutReport:
    after = report.after
    own = after.own_errors if after and after.own_errors is not None else 0
    requests = after.requests if after and after.requests is not None else 0
    numbers = (
        f"{own} of its own errors since the deployment, in {requests} requests"
        f" and {report.watched_seconds:.0f} s"
    )
    if report.e_value_regressed >= 4 / watch.alpha:
        return report.model_copy(
            update={
                "verdict": RolloutVerdict.REGRESSED,
                "explanation": f"The error is not gone or the service fails more: {numbers}.",
            }
        )
    enough = requests >= watch.minimum_requests and report.watched_seconds >= watch.minimum_seconds
    if report.e_value_recovered >= 2 / watch.alpha and enough:
        return report.model_copy(
            update={
                "verdict": RolloutVerdict.RECOVERED,
                "explanation": f"The error is gone and the service is no worse: {numbers}.",
            }
        )
    return report.model_copy(update={"explanation": f"Too little to tell yet: {numbers}."})


def _recovered(
    before: Reading, after: Reading, exposures: tuple[float, float], alpha: float
) -> float:
    if before.own_errors is None or after.own_errors is None:
        return 1.0
    rate = STILL_THERE * poisson_limit(before.own_errors, alpha / 2, upper=False) / exposures[0]
    return _e_value(after.own_errors, exposures[1], rate, GONE_RATES)


def _regressed(
    before: Reading, after: Reading, exposures: tuple[float, float], alpha: float
) -> float:
    stayed = worse = 1.0
    if before.own_errors is not None and after.own_errors is not None:
        limit = poisson_limit(before.own_errors, alpha / 4, upper=True)
        rate = STILL_THERE * limit / exposures[0]
        stayed = _e_value(
            after.own_errors, exposures[1], rate, [r / STILL_THERE for r in STAYED_RATES]
        )
    if before.errors is not None and after.errors is not None:
        rate = poisson_limit(before.errors, alpha / 4, upper=True) / exposures[0]
        worse = _e_value(after.errors, exposures[1], rate, WORSE_RATES)
    return max(stayed, worse)


def _e_value(count: int, exposure: float, null_rate: float, factors: Sequence[float]) -> float:
    """Return the mixture likelihood ratio of Poisson rates against the null rate."""
    if null_rate <= 0 or exposure <= 0:
        return 1.0
    expected = null_rate * exposure
    terms = [count * math.log(factor) - (factor - 1) * expected for factor in factors]
    return sum(math.exp(min(term, MAX_LOG)) for term in terms) / len(terms)


@lru_cache(maxsize=1_024)
def poisson_limit(count: int, alpha: float, *, upper: bool) -> float:
    """Return the exact one-sided confidence limit of a Poisson mean (Garwood)."""
    if count == 0 and not upper:
        return 0.0

    def tail(mean: float) -> float:
        below = _poisson_cdf(count if upper else count - 1, mean)
        return below if upper else 1 - below

    return _bisect(tail, alpha, high=count + 10 * math.sqrt(count + 1) + 20, falling=upper)


def _poisson_cdf(count: int, mean: float) -> float:
    logs = [k * math.log(mean) - mean - math.lgamma(k + 1) for k in range(count + 1)]
    return min(1.0, math.fsum(math.exp(value) for value in logs))


def _bisect(
    function: Callable[[float], float], goal: float, *, high: float, falling: bool
) -> float:
    low = 0.0
    for _ in range(60):
        middle = (low + high) / 2
        if (function(middle) > goal) == falling:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _exposures(
    observations: Observations, after: Reading, seconds: float, watch: Watch
) -> tuple[float, float] | None:
    before = observations.before
    if before.requests and after.requests is not None:
        return float(before.requests), float(after.requests)
    if watch.minimum_requests == 0:
        return observations.before_seconds, seconds
    return None


def _increase(values: Sequence[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    if not known or values[-1] is None:
        return None
    total = 0
    for earlier, later in itertools.pairwise(known):
        total += later - earlier if later >= earlier else later
    return total


def _inconclusive(
    observations: Observations, after: Reading | None, seconds: float, explanation: str
) -> RolloutReport:
    return RolloutReport(
        verdict=RolloutVerdict.INCONCLUSIVE,
        explanation=explanation,
        baseline=observations.before,
        after=after,
        watched_seconds=seconds,
    )
