"""A suite: cases that are run as incidents, or items that a part of the engineer is measured on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from pydantic import Field

from evals.case import Case
from suture.domain.value import Slug, Value


class Threshold(Value):
    """What a figure of the scoreboard must reach for the suite to pass."""

    metric: str
    """Name of a figure, such as `resolved` or `recall`."""
    label: str | None = None
    """Of the cases with this label only; None: of all."""
    least: float | None = None
    most: float | None = None

    @property
    def name(self) -> str:
        """What it is about."""
        return self.metric if self.label is None else f"{self.metric} ({self.label})"

    def holds(self, value: float) -> bool:
        """Whether a figure is inside the bounds."""
        return (self.least is None or value >= self.least) and (
            self.most is None or value <= self.most
        )


@dataclass(frozen=True, kw_only=True)
class IncidentSuite:
    """Cases that run through the production workflow."""

    name: str
    cases: Sequence[Case]
    diagnosis_only: bool = False
    """Stop before a fix is tried: only the localisation is scored."""
    thresholds: tuple[Threshold, ...] = ()


class Measurement(Value):
    """What came of one item."""

    metrics: dict[str, float] = Field(default_factory=dict)
    """Figures of this item, such as `precision`."""
    counts: dict[str, float] = Field(default_factory=dict)
    """What the overall figures are made of where a mean of the items' figures would be wrong,
    such as lines found and lines that should have been."""
    sections: dict[str, str] = Field(default_factory=dict)
    """Heading -> text for whoever looks into the item. Bounded by the page, shown escaped."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One thing to measure."""

    name: Slug
    """Stable: runs are compared by it."""
    measure: Callable[[], Measurement]
    """Runs in a thread of its own."""
    group: str = ""
    """What else to break the figures down by, such as the project or the language."""


def mean_of_metrics(measurements: Sequence[Measurement]) -> Mapping[str, float]:
    """Return the mean of each figure over the items that have it."""
    values: dict[str, list[float]] = {}
    for measurement in measurements:
        for name, value in measurement.metrics.items():
            values.setdefault(name, []).append(value)
    return {name: sum(found) / len(found) for name, found in values.items()}


@dataclass(frozen=True, kw_only=True)
class MeasurementSuite:
    """Items that are no incidents, with figures of their own."""

    name: str
    items: Sequence[Item]
    summarise: Callable[[Sequence[Measurement]], Mapping[str, float]] = mean_of_metrics
    """Makes overall figures of any sample of the items, also of one drawn with repeats: the
    confidence intervals are bootstrapped with it."""
    thresholds: tuple[Threshold, ...] = ()


Suite: TypeAlias = IncidentSuite | MeasurementSuite
