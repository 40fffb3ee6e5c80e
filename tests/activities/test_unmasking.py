"""A test that fails with a patch, and at times without it, says nothing of the patch."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from activities.bench import Bench, Stand
from activities.patched_suites import PatchedSuites
from integrations.bubblewrap.sandbox import BubblewrapSandbox
from integrations.git.source import GitSources
from suture.domain.service import Service
from suture.domain.verification import SuiteReport, TestCase, TestOutcome
from suture.policy.model import Policy
from tests.builders.repository import RepositoryBuilder

SUITE = """\
BASKET = []


def test_first():
    BASKET.append(1)


def test_second():
    assert BASKET


def test_third():
    assert len(BASKET) < 2


def test_fourth():
    BASKET.extend((1, 1))
"""
FIRST, SECOND, THIRD, FOURTH = (
    f"test_shop.py::test_{name}" for name in ("first", "second", "third", "fourth")
)
PATCH = "c-1"


def report(*failing: str) -> SuiteReport:
    return SuiteReport(
        ran=True,
        cases=tuple(
            TestCase(
                node_id=name,
                outcome=TestOutcome.FAILED if name in failing else TestOutcome.PASSED,
            )
            for name in (FIRST, SECOND, THIRD, FOURTH)
        ),
    )


def suites(stand: Stand, patched: SuiteReport, seconds: float = 1_000.0) -> PatchedSuites:
    sha = stand.bench.repository.resolve("main")
    assert sha is not None
    found = PatchedSuites(base_sha=sha, base=report(), deadline=time.monotonic() + seconds)
    found.reports[PATCH] = patched
    return found


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    home: Path = tmp_path_factory.mktemp("unmasking")
    sha = RepositoryBuilder(home / "shop").commit({"test_shop.py": SUITE}, "Add tests")
    bench = Bench(
        sandbox=BubblewrapSandbox(home / "sandbox"),
        repository=GitSources(home / "sources").open(str(home / "shop")),
        service=Service(name="shop", repository=str(home / "shop")),
        bounds=Policy().sandbox,
    )
    with bench.at(sha) as found:
        yield found


def test_a_test_that_fails_alone_on_the_base_is_flaky_and_named(stand: Stand) -> None:
    found = suites(stand, report(SECOND))
    assert found.stands(PATCH, {}, stand)
    assert found.flaky == (SECOND,)
    assert found.notes == [f"{SECOND} fails on the base, too, run without the others."]


def test_a_test_that_is_steady_on_the_base_speaks_against_the_patch(stand: Stand) -> None:
    found = suites(stand, report(FIRST, SECOND))
    assert not found.stands(PATCH, {}, stand)
    assert SECOND in found.flaky
    assert FIRST not in found.flaky
    assert found.looked_at == {FIRST, SECOND}


def test_a_test_that_fails_only_in_another_order_is_flaky_and_named(stand: Stand) -> None:
    found = suites(stand, report(THIRD))
    assert found.stands(PATCH, {}, stand)
    assert found.notes == [f"{THIRD} fails on the base, too, in another order."]


def test_without_time_no_test_is_taken_for_flaky(stand: Stand) -> None:
    found = suites(stand, report(SECOND), seconds=0.0)
    assert not found.stands(PATCH, {}, stand)
    assert found.notes == []
