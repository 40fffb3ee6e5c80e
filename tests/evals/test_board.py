"""The scoreboard counts each case where it belongs, and says how sure its figures are."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from evals.board import Board, Figure, make_board, share
from evals.case import Language
from evals.intervals import bootstrap, mean, quantile, wilson
from evals.outcome import Ending, ItemResult, Place
from evals.store import INCIDENTS, MEASURED, RunSettings
from evals.suite import IncidentSuite, Item, Measurement, MeasurementSuite, Threshold
from suture.domain.usage import Usage
from tests.evals.results import result

RUN = RunSettings(suite="made-up", kind=INCIDENTS)
SUITE = IncidentSuite(
    name="made-up",
    cases=(),
    thresholds=(
        Threshold(metric="resolved", least=0.5),
        Threshold(metric="wrong_fix", most=0.0),
        Threshold(metric="commit_at_1", least=0.5),
    ),
)
RESULTS = (
    result("a", Ending.RESOLVED, ranks={Place.FILE: 1, Place.FUNCTION: 3}, confidence=0.9),
    result("b", Ending.WRONG_FIX, ranks={Place.FILE: None}, confidence=0.5, seconds=10.0),
    result("c", Ending.HONEST, language=Language.GO, group="shop", labels=("crash",)),
    result("d", Ending.RIGHT_OUTCOME, fixable=False, usage=Usage(cost_usd=0.4, input_tokens=8)),
    result("e", Ending.WRONG_OUTCOME, fixable=False),
    result("f", Ending.UNJUDGED_FIX, ranks={Place.FILE: 6}),
    result("g", Ending.NOT_RUN, code="0ther"),
)


def test_a_threshold_may_be_about_a_label_only() -> None:
    bounds = (
        Threshold(metric="honest_no_fix", label="crash", least=1.0),
        Threshold(metric="honest_no_fix", label="hostile", least=1.0),
    )
    suite = IncidentSuite(name="made-up", cases=(), thresholds=bounds)
    checks = make_board(RUN, suite, RESULTS).checks
    assert [(each.threshold.name, each.value, each.reached) for each in checks] == [
        ("honest_no_fix (crash)", 1.0, True),
        ("honest_no_fix (hostile)", None, False),
    ]


def figure(board: Board, name: str) -> Figure:
    found = board.overall.figure(name)
    assert found is not None
    return found


def test_every_figure_is_a_share_of_those_cases_that_it_is_about() -> None:
    board = make_board(RUN, SUITE, RESULTS)
    shares = {each.name: (each.hits, each.of) for each in board.overall.figures if each.hits}
    assert shares == {
        "resolved": (1, 4),
        "offered": (3, 4),
        "right_of_offered": (1, 2),
        "wrong_fix": (1, 6),
        "honest_no_fix": (1, 4),
        "right_outcome": (1, 2),
        "wrong_outcome": (1, 6),
        "file_at_1": (1, 3),
        "file_at_5": (1, 3),
        "function_at_5": (1, 1),
    }
    assert figure(board, "seconds_p50").value == 2.0
    assert figure(board, "seconds_p95").value == pytest.approx(8.0)
    assert figure(board, "tokens").value == pytest.approx(8 / 6)
    assert figure(board, "cost_usd").value == pytest.approx(0.4 / 6)
    assert figure(board, "confidence_brier").value == pytest.approx((0.01 + 0.25) / 2)


def test_confidence_is_held_against_what_was_found() -> None:
    sure = [result(f"s{n}", ranks={Place.FILE: 1 + (n == 0)}, confidence=1.0) for n in range(4)]
    board = make_board(RUN, SUITE, [*sure, result("unsure", confidence=0.3), *RESULTS])
    told = [(bin_.least, bin_.stated, bin_.right.hits, bin_.right.of) for bin_ in board.confidences]
    assert told == [(0.5, 0.5, 0, 1), (0.9, pytest.approx(0.98), 4, 5)]


def test_what_could_not_be_run_counts_nowhere_but_is_named() -> None:
    board = make_board(RUN, SUITE, RESULTS)
    assert board.not_run == ("g",)
    assert board.done == 6
    assert board.codes == ("0ther", "c0de")


def test_cases_are_broken_down_by_what_they_share() -> None:
    rows = {(row.by, row.name): row.size for row in make_board(RUN, SUITE, RESULTS).rows}
    assert rows == {
        ("overall", "overall"): 6,
        ("language", "go"): 1,
        ("language", "python"): 5,
        ("group", "shop"): 1,
        ("label", "crash"): 1,
    }


def test_a_threshold_on_what_nobody_measured_is_not_reached() -> None:
    board = make_board(RUN, SUITE, RESULTS)
    assert [check.reached for check in board.checks] == [False, False, False]
    assert not board.passed
    assert board.checks[2].value is None
    better = make_board(RUN, SUITE, (result("a", ranks={Place.COMMIT: 1}),))
    assert better.passed


def test_a_run_of_the_diagnosis_alone_says_nothing_of_fixes() -> None:
    run = RUN.model_copy(update={"diagnosis_only": True})
    board = make_board(run, SUITE, (result("a", Ending.DIAGNOSED, ranks={Place.FILE: 1}),))
    assert board.overall.figure("resolved") is None
    assert figure(board, "file_at_1").value == 1
    assert [check.threshold.metric for check in board.checks] == ["commit_at_1"]


def test_an_empty_run_has_a_board() -> None:
    assert make_board(RUN, SUITE, ()).overall.size == 0


def pooled(sample: Sequence[Measurement]) -> dict[str, float]:
    found = sum(each.counts["found"] for each in sample)
    return {"recall": found / sum(each.counts["there"] for each in sample)}


def test_measured_figures_are_made_of_the_items_counts() -> None:
    items = tuple(Item(name=name, measure=Measurement) for name in ("a", "b"))
    suite = MeasurementSuite(
        name="measured",
        items=items,
        summarise=pooled,
        thresholds=(Threshold(metric="recall", least=0.5),),
    )
    results = (
        ItemResult(name="a", group="x", counts={"found": 1, "there": 1}),
        ItemResult(name="b", group="y", counts={"found": 1, "there": 9}),
        ItemResult(name="c", problem="It cannot be read."),
    )
    board = make_board(RunSettings(suite="measured", kind=MEASURED), suite, results)
    recall = figure(board, "recall")
    assert recall.value == pytest.approx(0.2)
    assert (recall.low, recall.high) == pytest.approx((1 / 9, 1.0))
    assert [row.name for row in board.rows] == ["overall", "x", "y"]
    assert board.not_run == ("c",)
    assert not board.passed


def test_wilsons_interval_is_the_published_one() -> None:
    # Newcombe 1998, table I: 81 of 263 and 0 of 20.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)
    assert share("none", []).value is None


def test_the_bootstrap_is_the_same_every_time_and_holds_the_figure() -> None:
    sample = [1.0, 2.0, 3.0, 4.0, 10.0]
    low, high = bootstrap(sample, mean)
    assert (low, high) == bootstrap(sample, mean)
    assert low < mean(sample) < high
    assert quantile([1.0, 2.0, 4.0], 0.75) == 3.0


def test_a_run_is_named_after_what_it_tries() -> None:
    assert RUN.label == "made-up, patterns"
    assert RUN.model_copy(update={"models": ("m",)}).label == "made-up, patterns + m"
    assert RUN.model_copy(update={"patterns": False}).label == "made-up, nothing"
    assert RUN.model_copy(update={"diagnosis_only": True}).label == "made-up, diagnosis"
    assert Path(RUN.folder).name.startswith("made-up-")
