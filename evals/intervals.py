"""Confidence intervals: Wilson's for shares, the percentile bootstrap for everything else.

https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval#Wilson_score_interval
"""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from statistics import NormalDist
from typing import TypeAlias, TypeVar

LEVEL = 0.95
RESAMPLES = 1_000
SEED = 20_261_121
"""The same sample has the same interval whenever it is looked at."""

T = TypeVar("T")
Interval: TypeAlias = tuple[float, float]


def wilson(hits: int, total: int) -> Interval:
    """Return the interval of a share; `total` must be at least 1."""
    z = NormalDist().inv_cdf((1 + LEVEL) / 2)
    share, spread = hits / total, z * z / total
    middle = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / total + spread / (4 * total)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def bootstrap(
    sample: Sequence[T], figure: Callable[[Sequence[T]], float], resamples: int = RESAMPLES
) -> Interval:
    """Return the interval of a figure of a sample, which must hold something."""
    return bootstrap_all(sample, lambda drawn: {"": figure(drawn)}, resamples)[""]


def bootstrap_all(
    sample: Sequence[T],
    figures: Callable[[Sequence[T]], Mapping[str, float]],
    resamples: int = RESAMPLES,
) -> dict[str, Interval]:
    """Return the intervals of several figures; a figure may be missing from some resamples."""
    chance = random.Random(SEED)  # noqa: S311 -- resampling, not secrets
    found: dict[str, list[float]] = {}
    for _ in range(resamples):
        for name, value in figures(chance.choices(sample, k=len(sample))).items():
            found.setdefault(name, []).append(value)
    tail = (1 - LEVEL) / 2
    return {
        name: (quantile(sorted(values), tail), quantile(sorted(values), 1 - tail))
        for name, values in found.items()
    }


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return a quantile of ascending values, between neighbours by their distance."""
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def mean(values: Sequence[float]) -> float:
    """Return the mean of values, which must not be empty."""
    return math.fsum(values) / len(values)
