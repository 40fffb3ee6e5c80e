"""`suture fix` as people and programs run it: what it says, repeats, refuses and leaves behind."""

import json
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import psutil
import pytest

from apps.cli.exits import ExitCode
from apps.cli.fix_result import FixResult
from evals.seeded import BuiltCase, build_repository, load_case
from suture.domain.resolution import ResolutionKind
from tests.builders.cases import capture_event
from tests.builders.command import Commands
from tests.cli.everything import environment, git
from tests.loop.test_corpus import fix, state_of

DOCUMENTED = Path(__file__).parents[2] / "docs" / "how-to" / "fix-one-error.md"
BUG = "slug-service"
DECOY = "vat-country"
SECONDS = 300

pytestmark = pytest.mark.timeout(SECONDS + 100)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fix")


@pytest.fixture(scope="module")
def bug(place: Path) -> BuiltCase:
    return build_repository(load_case(BUG), place / "repo")


@pytest.fixture(scope="module")
def first(commands: Commands, bug: BuiltCase, place: Path) -> tuple[int, dict[str, Any]]:
    """What the first run on this repository ended in."""
    return fix(commands, bug, place, place / "home")


def suture_fix(
    directory: Path, repository: Path, event: str, *options: str
) -> subprocess.CompletedProcess[str]:
    """Run it for a person who keeps nothing."""
    command = ["-m", "apps.cli", "fix", "--repo", str(repository), "--event", event, *options]
    return subprocess.run(
        [sys.executable, *command],
        cwd=directory,
        env=environment(HOME=str(directory / "home")),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )


def test_the_answer_is_exactly_what_the_documentation_lists(
    first: tuple[int, dict[str, Any]],
) -> None:
    code, answer = first
    listed = DOCUMENTED.read_text().partition("prints one object:")[2].partition("\n")[0]
    assert code == ExitCode.DONE
    assert set(re.findall(r"`(\w+)`", listed)) == set(answer)
    assert FixResult.model_validate(answer).model_dump(mode="json") == answer
    assert set(answer["root_cause"]) >= {"file", "line", "function", "commit", "summary"}
    assert set(answer["verification"]) >= {"reproduced", "red_green_red", "suite"}


def test_a_second_run_finds_the_same_branch_with_the_same_fix_and_says_so(
    first: tuple[int, dict[str, Any]], bug: BuiltCase, place: Path
) -> None:
    _, before = first
    options = ("--test-command", bug.case.test_command, "--json")
    ran = suture_fix(place, bug.path, "event", *options)
    assert ran.returncode == ExitCode.DONE, ran.stderr
    answer = json.loads(ran.stdout)
    assert (before["repeated"], answer["repeated"]) == (False, True)
    assert (answer["branch"], answer["patch"]) == (before["branch"], before["patch"])
    branches = git(bug.path, "branch", "--format=%(refname:short)").split()
    assert branches == ["main", answer["branch"]]


def test_what_no_patch_should_fix_is_a_ticket_for_people_and_exit_code_3(tmp_path: Path) -> None:
    built = build_repository(load_case(DECOY), tmp_path / "repo")
    (tmp_path / "event").write_text(json.dumps(capture_event(built)))
    ran = suture_fix(tmp_path, built.path, "event", "--test-command", built.case.test_command)
    assert ran.returncode == ExitCode.NO_FIX, ran.stderr
    assert "No fix: " in ran.stdout
    assert "The fix is on branch" not in ran.stdout
    assert git(built.path, "branch", "--format=%(refname:short)").split() == ["main"]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "empty. Give --event a Sentry event"),
        ('{"a": ', "Give --event a Sentry event"),
        (None, "cannot be read"),
    ],
)
def test_an_event_that_nobody_understands_is_told_with_what_to_give(
    content: str | None, complaint: str, tmp_path: Path
) -> None:
    built = build_repository(load_case(DECOY), tmp_path / "repo")
    if content is not None:
        (tmp_path / "event").write_text(content)
    ran = suture_fix(tmp_path, built.path, "event", "--json")
    assert ran.returncode == ExitCode.USAGE
    assert (ran.stdout, "Traceback" in ran.stderr) == ("", False)
    assert complaint in ran.stderr


@pytest.fixture
def scratch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Keep temporary files where a test can count them."""
    directory = tmp_path / "tmp"
    directory.mkdir()
    monkeypatch.setenv("TMPDIR", str(directory))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return directory


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_stops_it_in_the_middle_finds_nothing_left_behind(
    number: int, tmp_path: Path, scratch: Path
) -> None:
    built = build_repository(load_case(BUG), tmp_path / "repo")
    (tmp_path / "event").write_text(json.dumps(capture_event(built)))
    before = state_of(built.path), git(built.path, "show-ref"), git(built.path, "worktree", "list")
    process = subprocess.Popen(
        [sys.executable, "-m", "apps.cli", "fix", "--repo", "repo", "--event", "event"],
        cwd=tmp_path,
        env=environment(HOME=str(tmp_path / "home")),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    assert any("Installing what the tests need" in line for line in process.stderr)
    family = psutil.Process(process.pid).children(recursive=True)

    process.send_signal(number)
    _, complaint = process.communicate(timeout=SECONDS)

    assert process.returncode == ExitCode.INTERRUPTED, complaint
    assert "Interrupted." in complaint
    assert family
    assert psutil.wait_procs(family, timeout=SECONDS)[1] == []
    after = state_of(built.path), git(built.path, "show-ref"), git(built.path, "worktree", "list")
    assert after == before
    assert list(scratch.iterdir()) == []


def test_the_outcome_and_the_exit_code_agree() -> None:
    empty = {"verified": False, "reproduced": False, "red_green_red": False, "reason": "x"}
    for kind in ResolutionKind:
        result = FixResult.model_validate(
            {
                "outcome": kind,
                "summary": "x",
                "verification": empty,
                "cost": {},
                "duration_seconds": 0.0,
                "incident_id": "x",
                "ticket": "x",
            }
        )
        done = kind is ResolutionKind.PULL_REQUEST_READY
        assert result.exit_code is (ExitCode.DONE if done else ExitCode.NO_FIX)
