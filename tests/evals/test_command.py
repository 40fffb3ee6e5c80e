"""`suture eval` as people type it."""

import json
import logging
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from apps.cli.exits import ExitCode
from apps.cli.main import app
from evals import registry
from evals.outcome import Ending, Place
from evals.registry import SuiteEntry
from evals.store import INCIDENTS, RunSettings, locked, open_run, read_run
from tests.evals.results import result

MODULE = """
from evals.suite import Item, Measurement, MeasurementSuite, Threshold
from suture.errors import InvalidInput


def found(value):
    return lambda: Measurement(metrics={"recall": value}, sections={"Log": "<b>"})


def load(path):
    if path is not None and not (path / "pairs").is_dir():
        raise InvalidInput(f"{path} is no checkout of pairs.")
    items = (Item(name="a", measure=found(0.5)), Item(name="b", measure=found(0.75)))
    bound = Threshold(metric="recall", least=0.7)
    return MeasurementSuite(name="tiny", items=items, thresholds=(bound,))
"""


@pytest.fixture(autouse=True)
def _tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Register a suite that measures in no time."""
    (tmp_path / "tiny_suite_for_tests.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    entry = SuiteEntry(module="tiny_suite_for_tests", summary="Tiny.")
    monkeypatch.setitem(registry.SUITES, "tiny", entry)
    paths = SuiteEntry(module="tiny_suite_for_tests", summary="Tiny.", needs="pairs")
    monkeypatch.setitem(registry.SUITES, "tiny-by-path", paths)


def suture(*words: str) -> Result:
    """Run the command, and close the log, which is its process's own."""
    ran = CliRunner().invoke(app, ["eval", *words])
    for handler in logging.getLogger().handlers:
        stream = handler.stream if isinstance(handler, logging.StreamHandler) else None
        if stream is not None and str(getattr(stream, "name", "")).endswith("eval.log"):
            stream.close()
    return ran


def test_a_suite_that_misses_its_threshold_ends_with_1_and_a_page() -> None:
    ran = suture("tiny", "--html", "page.html", "--jobs", "2")
    assert ran.exit_code == ExitCode.REFUSED, ran.output
    assert "recall: 0.625, asked at least 0.7" in ran.stdout
    assert "[2/2]" in ran.stderr
    assert "&lt;b&gt;" in Path("page.html").read_text()


def test_a_part_of_a_suite_is_not_held_to_its_thresholds_and_the_rest_goes_on() -> None:
    first = suture("tiny", "--case", "b", "--json", "--out", "run")
    assert first.exit_code == ExitCode.DONE, first.output
    board = json.loads(first.stdout)
    assert (board["done"], board["members"]) == (1, 2)
    second = suture("run", "tiny", "--json", "--out", "run")
    assert "1 of them done before" in second.stderr
    assert second.exit_code == ExitCode.REFUSED
    assert json.loads(second.stdout)["done"] == 2


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("no-such",), "There is no suite 'no-such'"),
        (("tiny", "somewhere"), "takes no PATH"),
        (("tiny-by-path",), "needs a PATH: pairs"),
        (("tiny-by-path", "nowhere"), "There is no nowhere"),
        (("tiny-by-path", "."), "is no checkout of pairs"),
        (("tiny", "--case", "no-such"), "has no case no-such"),
        (("tiny", "--model", "m", "--patterns-only"), "not both"),
        (("tiny", "--model-only", "--patterns-only"), "not both"),
        (("tiny", "--html", "nowhere/page.html"), "There is no directory nowhere"),
        (("compare", "nowhere", "nowhere"), "There is no run in nowhere"),
    ],
)
def test_wrong_usage_is_told_in_a_line(words: tuple[str, ...], complaint: str) -> None:
    ran = suture(*words)
    assert ran.exit_code == ExitCode.USAGE, ran.output
    assert complaint in ran.stderr
    assert "Traceback" not in ran.output


def test_the_suites_are_listed() -> None:
    assert "quixbugs" in suture("list").stdout
    assert json.loads(suture("list", "--json").stdout)["tiny"] == {"summary": "Tiny.", "path": ""}


def test_two_runs_are_shown_side_by_side() -> None:
    for name, ending in (("a", Ending.HONEST), ("b", Ending.RESOLVED)):
        run = open_run(Path(name), RunSettings(suite="s", kind=INCIDENTS), fresh=False)
        run.keep(result("case-1", ending, ranks={Place.FILE: 1}))
    shown = suture("compare", "a", "b")
    assert shown.exit_code == ExitCode.DONE, shown.output
    assert "case-1: honest → resolved" in shown.stdout
    told = json.loads(suture("compare", "a", "b", "--json").stdout)
    assert told["differences"][0]["after"] == 1.0


def test_a_run_that_another_process_holds_is_left_alone() -> None:
    assert suture("tiny", "--out", "run").exit_code == ExitCode.REFUSED
    with locked(read_run(Path("run"))):
        ran = suture("tiny", "--out", "run")
    assert ran.exit_code == ExitCode.REFUSED
    assert "Another process runs in" in ran.stderr
