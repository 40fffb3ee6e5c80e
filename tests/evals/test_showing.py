"""What a terminal shows of a run."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from apps.cli.evaluating import Evaluated, Lines, show_board, tiers_of
from evals.board import make_board
from evals.case import Language
from evals.outcome import CaseResult, Ending, ItemResult, Place
from evals.store import INCIDENTS, RunSettings
from evals.suite import IncidentSuite, Threshold
from suture.errors import InvalidInput
from tests.evals.results import HOSTILE, hostile, result


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=100, color_system=None)


def said(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def evaluated(*results: CaseResult, whole: bool = True) -> Evaluated:
    thresholds = (
        Threshold(metric="resolved", least=0.9),
        Threshold(metric="wrong_fix", most=0.5),
        Threshold(metric="commit_at_1", least=0.5, most=1.0),
    )
    suite = IncidentSuite(name="made-up", cases=(), thresholds=thresholds)
    board = make_board(RunSettings(suite="made-up", kind=INCIDENTS), suite, results)
    return Evaluated(directory=Path("run"), board=board, results=results, whole=whole)


def test_the_board_says_languages_thresholds_and_mixed_code(console: Console) -> None:
    lost = result("lost", Ending.NOT_RUN, code="0ther")
    go = result("b", Ending.HONEST, language=Language.GO, ranks={Place.FILE: 1})
    show_board(console, evaluated(result("a"), go, lost))
    shown = said(console)
    assert "2 of 0 scored, 1 could not be run" in shown
    assert "go (1)" in shown
    assert "python (1)" in shown
    assert "✗ resolved: 0.500, asked at least 0.9" in shown
    assert "✓ wrong fix: 0.000, asked at most 0.5" in shown
    assert "✗ commit at 1: nothing, asked at least 0.5 and at most 1.0" in shown
    assert "Run by 2 versions of the code" in shown


def test_a_part_of_a_suite_passes_and_shows_no_thresholds(console: Console) -> None:
    part = evaluated(result("a", Ending.WRONG_FIX), whole=False)
    assert part.passed
    assert not evaluated(result("a", Ending.WRONG_FIX)).passed
    show_board(console, part)
    assert "asked" not in said(console)


def test_each_result_is_a_line_without_anything_that_steers(console: Console) -> None:
    lines = Lines(console)
    lines.begin(4, 1, Path("run"))
    lines.started("evil")
    lines.ended(hostile("evil"))
    lines.ended(result("lost", Ending.NOT_RUN, summary=f"{HOSTILE}\nsecond"))
    lines.ended(ItemResult(name="item", metrics={"recall": 0.5}))
    shown = said(console).splitlines()
    assert shown[0] == "4 to run, 1 of them done before. Results: run"
    assert shown[1] == "[2/4] evil: wrong fix, 2.0 s"
    assert shown[2].startswith("[3/4] lost: not run (<script>")
    assert shown[3] == "[4/4] item: recall 0.5, 0.0 s"
    assert "\u202e" not in said(console)


def test_options_say_which_tiers_are_tried() -> None:
    def tiers(models: tuple[str, ...], *, patterns: bool, model: bool) -> object:
        made = tiers_of(models=models, patterns=patterns, model=model, diagnosis=False)
        return made.patterns, made.models

    assert tiers((), patterns=True, model=True) == (True, None)
    assert tiers(("m",), patterns=True, model=True) == (True, ("m",))
    assert tiers((), patterns=True, model=False) == (True, ())
    assert tiers(("m",), patterns=False, model=True) == (False, ("m",))
    with pytest.raises(InvalidInput):
        tiers(("m",), patterns=True, model=False)
