"""The whole loop on every incident of the corpus, by the command that people use.

A fix that is called verified and is not right is the worst result, so hidden tests judge each
one. An honest "no fix" is fine for what the case tolerates; decoys must never be verified.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from evals.seeded import BuiltCase, build_repository, load_case
from suture.domain.resolution import ResolutionKind
from tests.builders.cases import capture_event, captured_cases, judge, patched_tree
from tests.builders.command import Commands

EXIT_CODES = {0, 3}
SECONDS = 400

VERIFIED_BY_PATTERNS = (
    "courier-zones",
    "feed-reader",
    "loyalty-tiers",
    "mail-queue",
    "oncall-rota",
    "price-fetcher",
    "room-booking",
    "slug-service",
    "stock-sync",
    "tag-index",
    "text-pager",
    "ticket-router",
)
"""Cases that need no model: each ends in a verified fix, or this is a regression."""


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Environments and mirrors, kept from case to case as on a person's machine."""
    return tmp_path_factory.mktemp("cache")


def fix(
    commands: Commands, built: BuiltCase, directory: Path, cache: Path
) -> tuple[int, dict[str, Any]]:
    event = capture_event(built)
    report = directory / "event"
    report.write_text(event if isinstance(event, str) else json.dumps(event), encoding="utf-8")
    options = ["--test-command", built.case.test_command, "--json"]
    done = commands.run(
        *("fix", "--repo", str(built.path), "--event", str(report), *options),
        directory=directory,
        environment={**os.environ, "HOME": str(cache)},
        seconds=SECONDS,
    )
    assert done.returncode in EXIT_CODES, done.stderr[-2_000:]
    answer: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, answer


def state_of(repository: Path) -> tuple[str, str]:
    """Return what `git status` and HEAD say."""
    said = [
        subprocess.run(
            ["git", "-C", str(repository), *arguments], capture_output=True, text=True, check=True
        ).stdout
        for arguments in (["status", "--porcelain"], ["rev-parse", "HEAD"])
    ]
    return said[0], said[1]


@pytest.mark.timeout(SECONDS + 60)
@pytest.mark.parametrize("name", captured_cases(fixable=True))
def test_a_verified_fix_is_right_and_everything_else_is_said_honestly(
    name: str, commands: Commands, tmp_path: Path, cache: Path
) -> None:
    built = build_repository(load_case(name), tmp_path / "repo")
    before = state_of(built.path)

    code, answer = fix(commands, built, tmp_path, cache)

    outcome = ResolutionKind(answer["outcome"])
    assert outcome in {*built.case.wanted, *built.case.tolerated}, answer["summary"]
    assert state_of(built.path) == before, "the person's working tree was touched"
    assert len(answer["ticket"]) > 200
    assert (code == 0) == answer["verification"]["verified"]
    if answer["verification"]["verified"]:
        assert answer["verification"]["red_green_red"]
        (tmp_path / "fix.patch").write_text(answer["patch"], encoding="utf-8")
        tree = patched_tree(built, tmp_path / "fix.patch", tmp_path / "tree")
        assert judge(built, tree), f"verified, but wrong:\n{answer['patch']}"
        assert answer["branch"]
    assert answer["verification"]["verified"] or name not in VERIFIED_BY_PATTERNS


@pytest.mark.timeout(SECONDS + 60)
@pytest.mark.parametrize("name", captured_cases(fixable=False))
def test_what_no_patch_should_fix_ends_in_a_good_ticket(
    name: str, commands: Commands, tmp_path: Path, cache: Path
) -> None:
    built = build_repository(load_case(name), tmp_path / "repo")

    code, answer = fix(commands, built, tmp_path, cache)

    outcome = ResolutionKind(answer["outcome"])
    assert not answer["verification"]["verified"], f"verified a decoy:\n{answer['patch']}"
    assert outcome in {*built.case.wanted, *built.case.tolerated}, answer["summary"]
    assert code == 3
    assert len(answer["ticket"]) > 200


def test_at_least_ten_different_bugs_are_fixed_without_a_model() -> None:
    assert len(set(VERIFIED_BY_PATTERNS) & set(captured_cases(fixable=True))) >= 10
