from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from integrations.local.problems import LocalProblems
from suture.domain.alert import AlertSource
from suture.ports.problems import Problem, Problems
from tests.fakes.problems import FakeProblems

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
NIGHTLY = Problem(service="shop", source=AlertSource.JENKINS, group="nightly main")


@pytest.fixture
def problems(engine_or_fake: Engine | None) -> Problems:
    return FakeProblems() if engine_or_fake is None else LocalProblems(engine_or_fake)


def test_a_problem_is_found_under_all_its_fingerprints_the_last_seen_first(
    problems: Problems,
) -> None:
    for number in range(25):
        problems.remember(NIGHTLY, f"{number:064x}", NOW + timedelta(seconds=number))
    problems.remember(NIGHTLY, f"{7:064x}", NOW + timedelta(hours=1))
    found = problems.find(NIGHTLY)
    assert found[:2] == (f"{7:064x}", f"{24:064x}")
    assert len(found) == len(set(found)) == 20


@pytest.mark.parametrize("other", [{"service": "till"}, {"source": "gitlab"}, {"group": "x"}])
def test_other_problems_are_others(problems: Problems, other: dict[str, str]) -> None:
    problems.remember(NIGHTLY, "a" * 64, NOW)
    assert problems.find(Problem.model_validate({**NIGHTLY.model_dump(), **other})) == ()


def test_a_fingerprint_s_names_are_found_the_last_seen_first(problems: Problems) -> None:
    for number in range(25):
        named = NIGHTLY.model_copy(update={"group": f"issue/{number}"})
        problems.remember(named, "a" * 64, NOW + timedelta(seconds=number))
    problems.remember(NIGHTLY, "b" * 64, NOW)
    found = problems.names("shop", AlertSource.JENKINS, "a" * 64)
    assert found[:2] == ("issue/24", "issue/23")
    assert len(found) == 20
    assert problems.names("shop", AlertSource.JENKINS, "b" * 64) == ("nightly main",)


def test_names_belong_to_one_service_and_source(problems: Problems) -> None:
    problems.remember(NIGHTLY, "a" * 64, NOW)
    assert problems.names("till", AlertSource.JENKINS, "a" * 64) == ()
    assert problems.names("shop", AlertSource.GITLAB, "a" * 64) == ()
    assert problems.names("shop", AlertSource.JENKINS, "c" * 64) == ()
