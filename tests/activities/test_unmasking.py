"""A test that fails with a patch, and at times without it, says nothing of the patch."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from activities.bench import Bench, Stand
from activities.reproducing import Reference
from activities.trying import Proof, Trial
from integrations.bubblewrap.sandbox import BubblewrapSandbox
from integrations.filesystem.artifacts import DirectoryArtifacts
from integrations.git.source import GitSources
from suture.canonical import canonical_json
from suture.domain.evidence import Evidence
from suture.domain.service import Service
from suture.domain.verification import (
    Oracle,
    Reproduction,
    ReproductionFiles,
    SuiteReport,
    TestCase,
    TestOutcome,
)
from suture.policy.model import Policy
from suture.verdict.oracle import Expectation
from suture.verdict.suite import summarise
from tests.builders.repository import RepositoryBuilder
from tests.verdict.observations import survivor

SUITE = """\
BASKET = []


def test_first():
    BASKET.append(1)


def test_second():
    assert BASKET


def test_third():
    assert True
"""
FIRST, SECOND, THIRD = (f"test_shop.py::test_{name}" for name in ("first", "second", "third"))


def report(*failing: str) -> SuiteReport:
    return SuiteReport(
        ran=True,
        cases=tuple(
            TestCase(
                node_id=name,
                outcome=TestOutcome.FAILED if name in failing else TestOutcome.PASSED,
            )
            for name in (FIRST, SECOND, THIRD)
        ),
    )


@dataclass(frozen=True)
class Setting:
    bench: Bench
    stand: Stand
    artifacts: DirectoryArtifacts
    base_sha: str

    def trial(self, patched: SuiteReport, seconds: float = 60.0) -> Trial:
        digest = self.artifacts.put(canonical_json(report()))
        return Trial(
            bench=self.bench,
            artifacts=self.artifacts,
            policy=Policy(),
            evidence=Evidence(base_sha=self.base_sha),
            proof=Proof(
                reproduction=Reproduction(reproduced=True),
                files=ReproductionFiles(test_files=()),
                reference=Reference(
                    expectation=Expectation(oracle=Oracle.FAILING_TEST, reason="It fails.")
                ),
            ),
            base_suite=summarise(report(), digest),
            deadline=time.monotonic() + seconds,
            suites={survivor().candidate.candidate_id: patched},
        )


@pytest.fixture(scope="module")
def setting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setting]:
    home: Path = tmp_path_factory.mktemp("unmasking")
    sha = RepositoryBuilder(home / "shop").commit({"test_shop.py": SUITE}, "Add tests")
    bench = Bench(
        sandbox=BubblewrapSandbox(home / "sandbox"),
        repository=GitSources(home / "sources").open(str(home / "shop")),
        service=Service(name="shop", repository=str(home / "shop")),
        bounds=Policy().sandbox,
    )
    with bench.at(sha) as stand:
        yield Setting(bench, stand, DirectoryArtifacts(home / "artifacts"), sha)


def test_a_test_that_fails_alone_on_the_base_is_flaky_and_named(setting: Setting) -> None:
    trial = setting.trial(report(SECOND))
    assert trial._with_suite(survivor(), setting.stand).suite_ok
    assert trial.flaky == (SECOND,)


def test_a_test_that_is_steady_on_the_base_speaks_against_the_patch(setting: Setting) -> None:
    trial = setting.trial(report(SECOND, THIRD))
    assert not trial._with_suite(survivor(), setting.stand).suite_ok
    assert trial.flaky == (SECOND,)
    assert trial.looked_at == {SECOND, THIRD}


def test_without_time_no_test_is_taken_for_flaky(setting: Setting) -> None:
    trial = setting.trial(report(SECOND), seconds=0.0)
    assert not trial._with_suite(survivor(), setting.stand).suite_ok
