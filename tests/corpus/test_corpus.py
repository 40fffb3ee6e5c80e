"""The corpus is what it says: each case fails as described, and its judge can tell."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from evals.seeded import (
    DEPLOYED_ROOT,
    AlertForm,
    BuiltCase,
    build_repository,
    load_case,
)
from suture.domain.resolution import ResolutionKind
from tests.builders.cases import capture_event, captured_cases, judge, patched_tree, run_suite

ALL = captured_cases()
FIXABLE = captured_cases(fixable=True)
DECOYS = captured_cases(fixable=False)
VERIFIED = {ResolutionKind.PULL_REQUEST_READY, ResolutionKind.FIXED}


def build(name: str, place: Path) -> BuiltCase:
    return build_repository(load_case(name), place / "repository")


def test_the_corpus_is_large_and_varied() -> None:
    cases = [load_case(name) for name in FIXABLE]
    causes = [case.root_cause for case in cases if case.root_cause]
    forms = [case.alert for case in cases]
    assert len(cases) >= 16
    assert len(DECOYS) >= 8
    assert len({case.exception for case in cases}) >= 12
    assert sum(cause.crash_elsewhere for cause in causes) >= 4
    assert sum(cause.commit == 1 for cause in causes) >= 2
    assert forms.count(AlertForm.TRACEBACK) >= 2
    assert forms.count(AlertForm.CI_LOG) >= 2


@pytest.mark.parametrize("name", ALL)
def test_only_fixable_cases_may_end_in_a_verified_patch(name: str) -> None:
    case = load_case(name)
    answers = {*case.wanted, *case.tolerated}
    assert case.wanted
    assert bool(VERIFIED & answers) is case.fixable
    assert case.fixable is case.reference.exists() is (case.root_cause is not None)
    assert case.hiding.exists() is case.fixable


@pytest.mark.parametrize("name", ALL)
def test_the_projects_own_tests_miss_the_fault(name: str, tmp_path: Path) -> None:
    built = build(name, tmp_path)
    ran = run_suite(built, built.path)
    assert (ran.returncode != 0) is built.case.red_suite, ran.stdout


@pytest.mark.parametrize("name", ALL)
def test_the_alert_is_what_production_would_send(name: str, tmp_path: Path) -> None:
    built = build(name, tmp_path)
    alert = capture_event(built)
    assert str(tmp_path) not in json.dumps(alert)
    if isinstance(alert, dict):
        the_event_names_the_failing_code(built, alert)
    elif built.case.alert is AlertForm.TRACEBACK:
        assert alert.startswith("Traceback (most recent call last)")
        assert alert.splitlines()[-1].startswith(built.case.exception)
        assert f'File "{DEPLOYED_ROOT}/' in alert
    else:
        assert built.case.exception in alert
        assert (" failed" in alert) is bool(built.case.exception)


def the_event_names_the_failing_code(built: BuiltCase, event: dict[str, Any]) -> None:
    error = event["exception"]["values"][-1]
    assert error["type"] == built.case.exception
    assert event["release"] == built.head_sha
    frames = error["stacktrace"]["frames"]
    assert not {"capture.py", "trigger.py"} & {frame["filename"] for frame in frames}
    ours = [frame for frame in frames if frame.get("in_app")]
    assert ours
    for frame in ours:
        path = built.path / str(frame["abs_path"]).removeprefix(DEPLOYED_ROOT + "/")
        line = path.read_text(encoding="utf-8").splitlines()[frame["lineno"] - 1]
        assert line == frame["context_line"]
        assert "vars" in frame


@pytest.mark.parametrize("name", FIXABLE)
def test_the_judge_tells_a_fix_from_the_fault(name: str, tmp_path: Path) -> None:
    built = build(name, tmp_path)
    fixed = patched_tree(built, built.case.reference, tmp_path / "fixed")
    assert not judge(built, built.path)
    assert judge(built, fixed)
    assert run_suite(built, fixed).returncode == 0


@pytest.mark.parametrize("name", FIXABLE)
def test_the_judge_is_not_taken_in_by_a_patch_that_hides_the_error(
    name: str, tmp_path: Path
) -> None:
    built = build(name, tmp_path)
    hidden = patched_tree(built, built.case.hiding, tmp_path / "hidden")
    assert not judge(built, hidden)


@pytest.mark.parametrize("name", FIXABLE)
def test_the_root_cause_is_a_place_in_the_repository(name: str, tmp_path: Path) -> None:
    built = build(name, tmp_path)
    cause = built.case.root_cause
    assert cause is not None
    assert built.guilty_sha == built.commits[cause.commit - 1]
    tree = ast.parse((built.path / cause.path).read_text(encoding="utf-8"))
    functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    functions |= {node.name for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)}
    assert not cause.function or cause.function in functions


def test_the_same_case_makes_the_same_commits(tmp_path: Path) -> None:
    first = build("loyalty-tiers", tmp_path / "one")
    second = build("loyalty-tiers", tmp_path / "two")
    assert first.commits == second.commits
    assert first.guilty_sha == second.commits[3]
    tags = first.path / ".git" / "refs" / "tags"
    assert (tags / "v1.2.0").read_text(encoding="utf-8").strip() == first.commits[2]


def test_nothing_is_a_right_fix_of_a_decoy(tmp_path: Path) -> None:
    built = build("vat-country", tmp_path)
    assert built.guilty_sha is None
    with pytest.raises(LookupError):
        judge(built, built.path)
