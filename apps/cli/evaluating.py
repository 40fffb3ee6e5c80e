"""`suture eval`: runs a suite and shows its scoreboard, or two runs side by side."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from apps.cli.rendering import line, plain, table
from evals.board import Board, Check, Row, Unit, make_board
from evals.comparing import Comparison
from evals.lab import Tiers
from evals.outcome import CaseResult, Ending
from evals.page import render_page, told_bounds, told_figure, told_value, words
from evals.running import EvalOrder, chosen, run_suite
from evals.store import Result, RunDirectory
from integrations.litellm.prices import price_of
from suture.errors import InvalidInput
from suture.settings import Settings

WORST = {Ending.WRONG_FIX, Ending.WRONG_OUTCOME}


@dataclass(frozen=True, kw_only=True)
class Evaluated:
    """A run with its scoreboard."""

    directory: Path
    board: Board
    results: Sequence[Result]
    whole: bool
    """Every member of the suite has a result that counts."""

    @property
    def passed(self) -> bool:
        """Whether the thresholds hold; they are about the whole suite."""
        return not self.whole or self.board.passed


class Lines:
    """Tells how a run goes, a line for each result."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._total = 0
        self._done = 0

    def begin(self, total: int, known: int, directory: Path) -> None:
        """Say how many there are."""
        self._total, self._done = total, known
        before = f", {known} of them done before" if known else ""
        self._say(f"{total} to run{before}. Results: {directory}")

    def started(self, name: str) -> None:
        """Say nothing: what ended is enough."""

    def ended(self, result: Result) -> None:
        """Say what came of one."""
        self._done += 1
        style = ""
        if isinstance(result, CaseResult):
            said = words(result.ending)
            said += f" ({result.summary})" if result.ending is Ending.NOT_RUN else ""
            style = "red" if result.ending in WORST else ""
        else:
            said = result.problem or _metrics(result.metrics)
        told = f"{result.name}: {said}, {result.seconds:.1f} s"
        self._say(f"[{self._done}/{self._total}] {line(told)}", style)

    def _say(self, text: str, style: str = "") -> None:
        self._console.print(plain(text, style), soft_wrap=True)


async def evaluate(settings: Settings, order: EvalOrder, watcher: Lines) -> Evaluated:
    """Run what is missing and sum it up.

    Raises what `run_suite` raises, and:
        SettingsError: nobody knows a model's price.
    """
    for model in order.tiers.models or ():
        price_of(model, settings.model)
    run = await run_suite(settings, order, watcher)
    return sum_up(run, order)


def sum_up(run: RunDirectory, order: EvalOrder) -> Evaluated:
    """Make the scoreboard of what was asked for."""
    names = chosen(order)
    found = run.results()
    results = [found[name] for name in names if name in found]
    board = make_board(run.settings, order.suite, results)
    return Evaluated(
        directory=run.path,
        board=board,
        results=results,
        whole=board.done == board.members,
    )


def tiers_of(*, models: Sequence[str], patterns: bool, model: bool, diagnosis: bool) -> Tiers:
    """Return the ways of fixing that options ask for.

    Raises:
        InvalidInput: they leave nothing, or contradict each other.
    """
    if models and not model:
        raise InvalidInput("Give --model or --patterns-only, not both.")
    if not patterns and not model:
        raise InvalidInput("Give --patterns-only or --model-only, not both.")
    asked = () if not model else tuple(models) or None
    return Tiers(patterns=patterns, models=asked, diagnosis_only=diagnosis)


def check_place(file: Path) -> None:
    """See before a long run that its page can be written after it.

    Raises:
        InvalidInput: there is no such directory.
    """
    if not file.absolute().parent.is_dir():
        raise InvalidInput(f"There is no directory {file.parent} for {file.name}.")


def write_page(evaluated: Evaluated, file: Path) -> None:
    """Write the run as one HTML file.

    Raises:
        InvalidInput: it cannot be written there.
    """
    page = render_page(evaluated.board, evaluated.results)
    try:
        file.write_text(page, encoding="utf-8", errors="replace")
    except OSError as error:
        raise InvalidInput(f"{file} cannot be written: {error.strerror}.") from error


def show_board(console: Console, evaluated: Evaluated) -> None:
    """Print the scoreboard."""
    board = evaluated.board
    console.print(plain(line(board.run.label), "bold"), soft_wrap=True)
    lost = f", {len(board.not_run)} could not be run" if board.not_run else ""
    console.print(plain(f"{board.done} of {board.members} scored{lost}"), soft_wrap=True)
    if board.endings:
        told = ", ".join(f"{count} {words(ending)}" for ending, count in board.endings.items())
        console.print(plain(told), soft_wrap=True)
    for figures in _figures(board):
        console.print(figures, crop=False)
    for check in board.checks if evaluated.whole else ():
        style = "green" if check.reached else "red"
        console.print(plain(_checked(check), style), soft_wrap=True)
    if len(board.codes) > 1:
        mixed = f"Run by {len(board.codes)} versions of the code; --fresh starts anew."
        console.print(plain(mixed, "yellow"), soft_wrap=True)
    console.print(plain(f"Results: {evaluated.directory}"), soft_wrap=True)


def _figures(board: Board) -> Iterator[Table]:
    """Yield the overall figures, and those of each language where there are several."""
    shown = [figure for figure in board.overall.figures if figure.value is not None]
    overall = [(words(one.name), told_figure(one), told_bounds(one)) for one in shown]
    yield table(("figure", "overall", "95 % interval"), overall)
    languages = [row for row in board.rows[1:] if row.by == "language"]
    if len(languages) > 1:
        headings = ("figure", *(f"{row.name} ({row.size})" for row in languages))
        yield table(headings, [_across(figure.name, languages) for figure in shown])


def _across(name: str, rows: Sequence[Row]) -> tuple[str, ...]:
    own = [row.figure(name) for row in rows]
    return words(name), *(told_figure(each) if each else "" for each in own)


def _checked(check: Check) -> str:
    threshold = check.threshold
    bounds = [f"at least {threshold.least}"] if threshold.least is not None else []
    bounds += [f"at most {threshold.most}"] if threshold.most is not None else []
    found = "nothing" if check.value is None else f"{check.value:.3f}"
    mark = "✓" if check.reached else "✗"
    return f"{mark} {words(threshold.name)}: {found}, asked {' and '.join(bounds)}"


def show_comparison(console: Console, comparison: Comparison) -> None:
    """Print two runs side by side."""
    before, after = comparison.before.label, comparison.after.label
    console.print(plain(f"{line(before)} → {line(after)}", "bold"), soft_wrap=True)
    unpaired = f", {comparison.unpaired} in only one of them" if comparison.unpaired else ""
    console.print(plain(f"{comparison.pairs} cases in both{unpaired}"), soft_wrap=True)
    console.print(
        table(("figure", "before", "after", "difference", "95 % interval", ""), _rows(comparison)),
        crop=False,
    )
    for change in comparison.changes:
        told = f"{change.name}: {words(change.before)} → {words(change.after)}"
        console.print(plain(line(told)), soft_wrap=True)


def _rows(comparison: Comparison) -> Iterator[tuple[str, ...]]:
    for each in comparison.differences:
        numbers = (each.before, each.after, each.difference, each.low, each.high)
        before, after, difference, low, high = (told_value(one, each.unit) for one in numbers)
        clear = "clear" if each.clear else ""
        yield words(each.name), before, after, difference, f"{low} to {high}", clear


def _metrics(metrics: dict[str, float]) -> str:
    told = [f"{words(name)} {told_value(value, Unit.NUMBER)}" for name, value in metrics.items()]
    return ", ".join(told)
