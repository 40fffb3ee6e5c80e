"""Suites run through the production workflow, on a real Temporal and in the sandbox."""

import asyncio
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from evals.board import make_board
from evals.lab import Tiers
from evals.outcome import CaseResult, Ending, JudgeVerdict, Place
from evals.running import EvalOrder, run_suite
from evals.store import RunDirectory
from evals.suite import Item, Measurement, MeasurementSuite
from suture.domain.resolution import ResolutionKind
from suture.errors import Conflict, InvalidInput, NotFound
from suture.settings import Settings
from tests.builders.children import words_of
from tests.evals import made_up
from tests.evals.watching import Witness, stopped_at

PATTERNS = Tiers(models=())


@pytest.fixture(scope="module")
def order(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> EvalOrder:
    return EvalOrder(
        suite=made_up.suite(),
        tiers=PATTERNS,
        jobs=2,
        runs=tmp_path_factory.mktemp("runs"),
        cache=cache,
    )


def cases_of(run: RunDirectory) -> dict[str, CaseResult]:
    return {
        name: result for name, result in run.results().items() if isinstance(result, CaseResult)
    }


def temporal_servers() -> set[int]:
    return {
        child.pid
        for child in psutil.Process().children(recursive=True)
        if "start-dev" in words_of(child)
    }


@pytest.mark.timeout(600)
async def test_a_stopped_run_leaves_nothing_running_and_goes_on_where_it_stopped(
    order: EvalOrder, tmp_path: Path
) -> None:
    settings = Settings(state_dir=tmp_path / "state")
    one_by_one = replace(order, jobs=1, names=("setting", "right"))

    def stoppable(witness: Witness) -> "asyncio.Task[object]":
        return asyncio.create_task(run_suite(settings, one_by_one, witness))

    before = temporal_servers()
    # The suite's order counts, not the one in which names are given.
    first = await stopped_at("setting", stoppable)
    assert first.ended_names == ["right"]
    assert temporal_servers() == before
    assert not (tmp_path / "state").exists(), "the operator's own state was touched"

    witness = Witness()
    run = await run_suite(settings, order, witness)
    assert witness.known == 1
    assert witness.started_names == ["setting", "broken", "buggy", "empty"]
    found = cases_of(run)
    endings = {name: result.ending for name, result in found.items()}
    assert endings == {
        "right": Ending.RESOLVED,
        "setting": Ending.RIGHT_OUTCOME,
        "broken": Ending.NOT_RUN,
        "buggy": Ending.NOT_RUN,
        "empty": Ending.NOT_RUN,
    }
    right = found["right"]
    assert right.kind is ResolutionKind.PULL_REQUEST_READY
    assert right.ranks == dict.fromkeys(Place, 1)
    assert right.judge is not None
    assert right.judge.verdict is JudgeVerdict.RIGHT
    assert right.seconds > 0
    assert "+    return name.strip().title()" in right.drill.diff
    assert right.drill.trials[0].tried > 0
    assert right.drill.trials[0].green
    assert "is missing in case." in found["broken"].summary
    assert found["buggy"].summary.startswith("FileNotFoundError: ")
    assert "no branch main" in found["empty"].summary
    board = make_board(run.settings, order.suite, list(found.values()))
    assert board.not_run == ("broken", "buggy", "empty")
    assert board.done == 2


async def test_what_could_not_be_run_is_tried_again_and_what_was_run_is_not(
    order: EvalOrder, tmp_path: Path
) -> None:
    attempts: list[int] = []

    def measure() -> Measurement:
        attempts.append(1)
        if len(attempts) == 1:
            raise InvalidInput("The file is not there yet.")
        if len(attempts) == 2:
            raise ZeroDivisionError("nothing was found")
        return Measurement(metrics={"recall": 0.5}, counts={"found": 1})

    suite = MeasurementSuite(name="measured", items=(Item(name="one", measure=measure),))
    measuring = replace(order, suite=suite, directory=tmp_path / "run")
    told = ("The file is not there yet.", "ZeroDivisionError: nothing was found", "", "")
    for problem, recall in zip(told, (None, None, 0.5, 0.5), strict=True):
        run = await run_suite(Settings(), measuring, Witness())
        (found,) = run.results().values()
        assert not isinstance(found, CaseResult)
        assert found.problem == problem
        assert found.metrics.get("recall") == recall
    assert len(attempts) == 3
    await run_suite(Settings(), replace(measuring, fresh=True), Witness())
    assert len(attempts) == 4


async def test_a_run_of_other_settings_is_not_gone_on_with(
    order: EvalOrder, tmp_path: Path
) -> None:
    empty = replace(order, suite=replace(made_up.suite(), cases=()), directory=tmp_path / "run")
    await run_suite(Settings(), empty, Witness())
    other = replace(empty, tiers=Tiers(models=("test/model",)))
    with pytest.raises(Conflict, match="--fresh"):
        await run_suite(Settings(), other, Witness())
    await run_suite(Settings(), replace(other, fresh=True), Witness())
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(InvalidInput, match="holds no run"):
        await run_suite(Settings(), replace(empty, directory=tmp_path / "mine"), Witness())
    assert (tmp_path / "mine" / "notes.txt").read_text() == "mine"


async def test_a_case_whose_time_is_up_is_cancelled_and_says_so(
    order: EvalOrder, tmp_path: Path
) -> None:
    hurried = replace(order, names=("right",), seconds=0.5, directory=tmp_path / "run")
    run = await run_suite(Settings(), hurried, Witness())
    (found,) = cases_of(run).values()
    assert found.ending is Ending.TIMED_OUT
    assert found.kind is ResolutionKind.CANCELLED
    assert found.seconds >= 0.5


async def test_a_case_that_the_suite_does_not_have_is_named(order: EvalOrder) -> None:
    with pytest.raises(NotFound, match="no-such"):
        await run_suite(Settings(), replace(order, names=("no-such", "right")), Witness())
