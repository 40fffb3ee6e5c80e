"""The scoreboard: figures with their confidence intervals, overall and by what cases share."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from functools import partial
from itertools import pairwise

from pydantic import Field

from evals.intervals import bootstrap, bootstrap_all, mean, quantile, wilson
from evals.outcome import CaseResult, Ending, ItemResult, Place
from evals.store import Result, RunSettings
from evals.suite import IncidentSuite, Measurement, MeasurementSuite, Suite, Threshold
from suture.domain.value import Value

FAST_RESAMPLES = 400
AT = (1, 5)
OVERALL, LABEL = "overall", "label"
BINS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


class Unit(StrEnum):
    """How a figure reads."""

    SHARE = "share"
    SECONDS = "seconds"
    USD = "usd"
    NUMBER = "number"


class Figure(Value):
    """One figure. Without a value there was nothing to measure it on."""

    name: str
    unit: Unit = Unit.SHARE
    value: float | None = None
    low: float | None = None
    """Bounds of the 95 % confidence interval."""
    high: float | None = None
    hits: int | None = None
    """Of a share: how many of `of`."""
    of: int = 0
    """Size of the sample."""


class Row(Value):
    """Figures of all cases, or of those that share something."""

    by: str
    """`overall`, `language`, `group` or `label`."""
    name: str
    size: int
    figures: tuple[Figure, ...]

    def figure(self, name: str) -> Figure | None:
        """Return a figure by its name."""
        return next((each for each in self.figures if each.name == name), None)


class Check(Value):
    """Whether a threshold was reached."""

    threshold: Threshold
    value: float | None
    reached: bool


class Confidence(Value):
    """How often diagnoses of about this confidence name the right file first."""

    least: float
    most: float
    stated: float
    """Mean confidence of those in the bin."""
    right: Figure


class Board(Value):
    """A run, summed up."""

    run: RunSettings
    members: int
    """Cases or items that the suite has."""
    done: int
    """Those with a result that counts."""
    not_run: tuple[str, ...] = ()
    """Those that could not be built or measured: they are scored nowhere."""
    endings: dict[Ending, int] = Field(default_factory=dict)
    rows: tuple[Row, ...] = ()
    confidences: tuple[Confidence, ...] = ()
    """Stated against found, from unsure to sure; bins without a case are left out."""
    checks: tuple[Check, ...] = ()
    codes: tuple[str, ...] = ()
    """Digests of the code that ran them; more than one says that the run is mixed."""

    @property
    def overall(self) -> Row:
        """The figures of all cases."""
        return self.rows[0]

    @property
    def passed(self) -> bool:
        """Whether every threshold was reached, on the whole suite."""
        return all(check.reached for check in self.checks)


def make_board(run: RunSettings, suite: Suite, results: Sequence[Result]) -> Board:
    """Sum a run's results up."""
    if isinstance(suite, IncidentSuite):
        cases = [each for each in results if isinstance(each, CaseResult)]
        scored = [each for each in cases if each.scored]
        rows = tuple(_case_rows(scored, diagnosis_only=run.diagnosis_only))
        endings = Counter(each.ending for each in cases)
        lost = [each.name for each in cases if not each.scored]
        members, confidences = len(suite.cases), tuple(_confidences(scored))
    else:
        items = [each for each in results if isinstance(each, ItemResult)]
        measured = [each for each in items if not each.problem]
        rows, endings = tuple(_item_rows(suite, measured)), Counter()
        lost = [each.name for each in items if each.problem]
        members, confidences = len(suite.items), ()
    return Board(
        run=run,
        members=members,
        done=len(results) - len(lost),
        not_run=tuple(lost),
        endings=dict(endings),
        rows=rows,
        confidences=confidences,
        checks=tuple(_checks(suite.thresholds, rows, whole=not run.diagnosis_only)),
        codes=tuple(sorted({each.code for each in results})),
    )


def _checks(
    thresholds: Sequence[Threshold], rows: Sequence[Row], *, whole: bool
) -> Iterator[Check]:
    """Hold the figures against the thresholds; a part of the story to those on what it measures."""
    for threshold in thresholds:
        kept = (OVERALL, OVERALL) if threshold.label is None else (LABEL, threshold.label)
        row = next((row for row in rows if (row.by, row.name) == kept), None)
        figure = row.figure(threshold.metric) if row else None
        if figure is None and not whole:
            continue
        value = figure.value if figure else None
        reached = value is not None and threshold.holds(value)
        yield Check(threshold=threshold, value=value, reached=reached)


def _case_rows(cases: Sequence[CaseResult], *, diagnosis_only: bool) -> Iterator[Row]:
    figures = _diagnosis if diagnosis_only else _whole_story
    kinds: tuple[tuple[str, Callable[[CaseResult], Iterable[str]]], ...] = (
        ("language", lambda case: (case.language,)),
        ("group", lambda case: (case.group,) if case.group else ()),
        (LABEL, lambda case: case.labels),
    )
    yield Row(by=OVERALL, name=OVERALL, size=len(cases), figures=tuple(figures(cases)))
    for by, names_of in kinds:
        for name in sorted({name for case in cases for name in names_of(case)}):
            kept = [case for case in cases if name in names_of(case)]
            yield Row(by=by, name=name, size=len(kept), figures=tuple(figures(kept)))


def _whole_story(cases: Sequence[CaseResult]) -> Iterator[Figure]:
    fixable = [case for case in cases if case.fixable]
    judged = [case for case in cases if case.ending in {Ending.RESOLVED, Ending.WRONG_FIX}]
    yield _ended("resolved", fixable, Ending.RESOLVED)
    yield share("offered", [case.offered for case in fixable])
    yield _ended("right_of_offered", judged, Ending.RESOLVED)
    yield _ended("wrong_fix", cases, Ending.WRONG_FIX)
    yield _ended("honest_no_fix", fixable, Ending.HONEST)
    yield from _diagnosis(cases)


def _diagnosis(cases: Sequence[CaseResult]) -> Iterator[Figure]:
    # What the diagnosis alone hands on to the fix stage is not decided yet.
    others = [case for case in cases if not case.fixable and case.ending is not Ending.DIAGNOSED]
    yield _ended("right_outcome", others, Ending.RIGHT_OUTCOME)
    yield _ended("wrong_outcome", cases, Ending.WRONG_OUTCOME)
    yield _ended("timed_out", cases, Ending.TIMED_OUT)
    for place in Place:
        ranks = [case.ranks[place] for case in cases if place in case.ranks]
        for at in AT:
            yield share(f"{place}_at_{at}", [rank is not None and rank <= at for rank in ranks])
    yield _figure("confidence_brier", Unit.NUMBER, _brier_terms(cases), mean)
    yield from _times([case.seconds for case in cases])
    yield _figure("cost_usd", Unit.USD, [case.usage.cost_usd for case in cases], mean)
    yield _figure("tokens", Unit.NUMBER, [float(case.usage.tokens) for case in cases], mean)
    calls = [float(case.usage.model_calls) for case in cases]
    yield _figure("model_calls", Unit.NUMBER, calls, mean)


def _times(seconds: Sequence[float]) -> Iterator[Figure]:
    for name, at in (("seconds_p50", 0.5), ("seconds_p95", 0.95)):
        yield _figure(name, Unit.SECONDS, seconds, partial(_quantile_of, at))


def _quantile_of(at: float, values: Sequence[float]) -> float:
    return quantile(sorted(values), at)


def _brier_terms(cases: Sequence[CaseResult]) -> list[float]:
    return [(confidence - right) ** 2 for confidence, right in _stated(cases)]


def _stated(cases: Sequence[CaseResult]) -> list[tuple[float, bool]]:
    """Return the confidence of each diagnosis with whether the file it names first is right."""
    return [
        (case.confidence, case.ranks[Place.FILE] == 1)
        for case in cases
        if case.confidence is not None and Place.FILE in case.ranks
    ]


def _confidences(cases: Sequence[CaseResult]) -> Iterator[Confidence]:
    for least, most in pairwise(BINS):
        found = [
            (confidence, right)
            for confidence, right in _stated(cases)
            if least <= confidence < most or confidence == most == BINS[-1]
        ]
        if found:
            yield Confidence(
                least=least,
                most=most,
                stated=mean([confidence for confidence, _ in found]),
                right=share("right", [right for _, right in found]),
            )


def _ended(name: str, cases: Sequence[CaseResult], ending: Ending) -> Figure:
    return share(name, [case.ending is ending for case in cases])


def share(name: str, hits: Sequence[bool]) -> Figure:
    """Return a share with Wilson's interval."""
    if not hits:
        return Figure(name=name)
    low, high = wilson(sum(hits), len(hits))
    return Figure(
        name=name,
        value=sum(hits) / len(hits),
        low=low,
        high=high,
        hits=sum(hits),
        of=len(hits),
    )


def _figure(
    name: str, unit: Unit, sample: Sequence[float], of: Callable[[Sequence[float]], float]
) -> Figure:
    if not sample:
        return Figure(name=name, unit=unit)
    low, high = bootstrap(sample, of, FAST_RESAMPLES)
    return Figure(name=name, unit=unit, value=of(sample), low=low, high=high, of=len(sample))


def _item_rows(suite: MeasurementSuite, items: Sequence[ItemResult]) -> Iterator[Row]:
    yield _measured_row(suite, items, OVERALL, OVERALL)
    for name in sorted({item.group for item in items if item.group}):
        kept = [item for item in items if item.group == name]
        yield _measured_row(suite, kept, "group", name)


def _measured_row(suite: MeasurementSuite, items: Sequence[ItemResult], by: str, name: str) -> Row:
    sample = [measurement_of(item) for item in items]
    figures = [*_measured(suite, sample)] if sample else []
    figures += _times([item.seconds for item in items])
    return Row(by=by, name=name, size=len(items), figures=tuple(figures))


def _measured(suite: MeasurementSuite, sample: Sequence[Measurement]) -> Iterator[Figure]:
    bounds = bootstrap_all(sample, suite.summarise, FAST_RESAMPLES)
    for metric, value in suite.summarise(sample).items():
        low, high = bounds.get(metric, (value, value))
        yield Figure(name=metric, unit=Unit.NUMBER, value=value, low=low, high=high, of=len(sample))


def measurement_of(item: ItemResult) -> Measurement:
    """Return what was measured."""
    return Measurement(metrics=item.metrics, counts=item.counts)
