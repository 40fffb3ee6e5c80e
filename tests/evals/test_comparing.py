"""Two runs are compared case by case, and chance is not taken for progress."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from evals.comparing import Difference, compare
from evals.outcome import CaseResult, Ending, ItemResult, Place
from evals.store import INCIDENTS, MEASURED, Result, RunDirectory, RunSettings, open_run, read_run
from suture.errors import InvalidInput, NotFound
from tests.evals.results import result

RUN = RunSettings(suite="made-up", kind=INCIDENTS)


def kept(path: Path, results: Sequence[Result], settings: RunSettings = RUN) -> RunDirectory:
    run = open_run(path, settings, fresh=False)
    for each in results:
        run.keep(each)
    return read_run(path)


def numbered(count: int, ending: Ending) -> list[Result]:
    return [result(f"case-{n}", ending, ranks={Place.FILE: 1 + n % 2}) for n in range(count)]


def difference(run: tuple[RunDirectory, RunDirectory], name: str) -> Difference:
    (found,) = (each for each in compare(*run).differences if each.name == name)
    return found


def test_a_case_counts_only_where_both_runs_have_it(tmp_path: Path) -> None:
    before = [result("a"), result("b", Ending.NOT_RUN), result("only-old")]
    after = [result("a", Ending.WRONG_FIX), result("b"), result("only-new")]
    comparison = compare(kept(tmp_path / "a", before), kept(tmp_path / "b", after))
    assert comparison.pairs == 1
    assert comparison.unpaired == 3
    (change,) = comparison.changes
    assert (change.name, change.before, change.after) == ("a", "resolved", "wrong_fix")


def test_a_difference_is_clear_only_if_chance_hardly_explains_it(tmp_path: Path) -> None:
    old = kept(tmp_path / "old", numbered(20, Ending.HONEST))
    much = kept(tmp_path / "much", numbered(20, Ending.RESOLVED))
    little = [*numbered(19, Ending.HONEST), result("case-19", Ending.RESOLVED)]
    assert difference((old, much), "resolved").clear
    assert difference((old, much), "resolved").difference == 1.0
    resolved = difference((old, kept(tmp_path / "little", little)), "resolved")
    assert resolved.difference == pytest.approx(0.05)
    assert not resolved.clear
    assert difference((old, much), "file_at_1").before == 0.5
    assert difference((old, much), "file_at_5").difference == 0


def test_measured_figures_are_compared_too(tmp_path: Path) -> None:
    run = RunSettings(suite="measured", kind=MEASURED)
    items: list[list[Result]] = [
        [ItemResult(name=name, metrics={"recall": recall}) for name in ("a", "b")]
        for recall in (0.5, 0.75)
    ]
    sides = kept(tmp_path / "a", items[0], run), kept(tmp_path / "b", items[1], run)
    assert difference(sides, "recall").difference == 0.25
    assert compare(*sides).changes[0].after == "recall 0.75"


def test_runs_that_have_nothing_in_common_are_not_compared(tmp_path: Path) -> None:
    one = kept(tmp_path / "a", [result("a")])
    other = kept(tmp_path / "b", [result("b")])
    with pytest.raises(InvalidInput, match="no case in common"):
        compare(one, other)
    another = kept(tmp_path / "c", [], RUN.model_copy(update={"suite": "another"}))
    with pytest.raises(InvalidInput, match="of another"):
        compare(one, another)


def test_results_are_whole_or_not_there(tmp_path: Path) -> None:
    run = kept(tmp_path / "run", [result("a")])
    (tmp_path / "run" / "results" / ".b.json.part").write_text('{"name": "b", "en')
    assert list(run.results()) == ["a"]
    assert isinstance(run.results()["a"], CaseResult)
    (tmp_path / "run" / "results" / "b.json").write_text("{}")
    with pytest.raises(InvalidInput, match="another version"):
        run.results()
    with (tmp_path / "run" / "results" / "b.json").open("wb") as file:
        file.truncate(9 << 20)
    with pytest.raises(InvalidInput, match="larger than"):
        run.results()


def test_what_is_no_run_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read_run(tmp_path)
    (tmp_path / "run.json").write_text("[]")
    with pytest.raises(InvalidInput, match="another version"):
        read_run(tmp_path)
