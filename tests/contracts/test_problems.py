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
