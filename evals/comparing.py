"""Compares two runs of one suite, case by case: only those that both have count."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from evals.board import Unit
from evals.intervals import bootstrap, mean
from evals.outcome import CaseResult, Ending, ItemResult, Place
from evals.store import Result, RunDirectory, RunSettings
from suture.domain.value import Value
from suture.errors import InvalidInput


class Difference(Value):
    """A figure in both runs, and the mean difference of its pairs."""

    name: str
    unit: Unit
    before: float
    after: float
    low: float
    """Bounds of the 95 % confidence interval of `after - before`."""
    high: float
    pairs: int

    @property
    def difference(self) -> float:
        """How much more the second run has."""
        return self.after - self.before

    @property
    def clear(self) -> bool:
        """Whether chance alone hardly explains it."""
        return not self.low <= 0 <= self.high


class Change(Value):
    """A case that ended otherwise, or an item whose figures are others."""

    name: str
    before: str
    after: str


class Comparison(Value):
    """Two runs of one suite, side by side."""

    before: RunSettings
    after: RunSettings
    pairs: int
    unpaired: int
    """Cases that only one of them has: they count nowhere here."""
    differences: tuple[Difference, ...] = ()
    changes: tuple[Change, ...] = ()


def compare(before: RunDirectory, after: RunDirectory) -> Comparison:
    """Hold the second run against the first.

    Raises:
        InvalidInput: they are of different suites, or have no case in common.
    """
    if before.settings.suite != after.settings.suite:
        raise InvalidInput(
            f"{before.path} is a run of {before.settings.suite}, and {after.path} of "
            f"{after.settings.suite}."
        )
    old, new = _counted(before), _counted(after)
    names = sorted(old.keys() & new.keys())
    if not names:
        raise InvalidInput("The runs have no case in common.")
    pairs = [(old[name], new[name]) for name in names]
    return Comparison(
        before=before.settings,
        after=after.settings,
        pairs=len(pairs),
        unpaired=len(old.keys() ^ new.keys()),
        differences=tuple(_differences(pairs)),
        changes=tuple(_changes(pairs)),
    )


def _counted(run: RunDirectory) -> dict[str, Result]:
    return {name: result for name, result in run.results().items() if _counts(result)}


def _counts(result: Result) -> bool:
    return result.scored if isinstance(result, CaseResult) else not result.problem


def _differences(pairs: Sequence[tuple[Result, Result]]) -> Iterator[Difference]:
    for name, unit, value_of in _figures(pairs):
        values = [(value_of(old), value_of(new)) for old, new in pairs]
        both = [(old, new) for old, new in values if old is not None and new is not None]
        if not both:
            continue
        low, high = bootstrap([new - old for old, new in both], mean)
        yield Difference(
            name=name,
            unit=unit,
            before=mean([old for old, _ in both]),
            after=mean([new for _, new in both]),
            low=low,
            high=high,
            pairs=len(both),
        )


def _figures(
    pairs: Sequence[tuple[Result, Result]],
) -> Iterator[tuple[str, Unit, Callable[[Result], float | None]]]:
    if isinstance(pairs[0][0], CaseResult):
        for ending in (Ending.RESOLVED, Ending.WRONG_FIX, Ending.RIGHT_OUTCOME, Ending.TIMED_OUT):
            yield ending, Unit.SHARE, partial(_ended, ending)
        for place in Place:
            for at in (1, 5):
                yield f"{place}_at_{at}", Unit.SHARE, partial(_hit, place, at)
        yield "cost_usd", Unit.USD, _cost
        yield "tokens", Unit.NUMBER, _tokens
    else:
        metrics = {name for pair in pairs for result in pair for name in _metrics(result)}
        for name in sorted(metrics):
            yield name, Unit.NUMBER, partial(_metric, name)
    yield "seconds", Unit.SECONDS, _seconds


def _ended(ending: Ending, result: Result) -> float | None:
    return float(result.ending is ending) if isinstance(result, CaseResult) else None


def _hit(place: Place, at: int, result: Result) -> float | None:
    if not isinstance(result, CaseResult) or place not in result.ranks:
        return None
    rank = result.ranks[place]
    return float(rank is not None and rank <= at)


def _cost(result: Result) -> float | None:
    return result.usage.cost_usd if isinstance(result, CaseResult) else None


def _tokens(result: Result) -> float | None:
    return float(result.usage.tokens) if isinstance(result, CaseResult) else None


def _seconds(result: Result) -> float | None:
    return result.seconds


def _metrics(result: Result) -> dict[str, float]:
    return result.metrics if isinstance(result, ItemResult) else {}


def _metric(name: str, result: Result) -> float | None:
    return _metrics(result).get(name)


def _changes(pairs: Sequence[tuple[Result, Result]]) -> Iterator[Change]:
    for old, new in pairs:
        before, after = _told(old), _told(new)
        if before != after:
            yield Change(name=old.name, before=before, after=after)


def _told(result: Result) -> str:
    if isinstance(result, CaseResult):
        return result.ending
    return ", ".join(f"{name} {value:.3g}" for name, value in sorted(result.metrics.items()))
