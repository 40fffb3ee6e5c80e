"""Running the tests of changed files before all the others."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from activities import impacted
from activities.bench import Stand
from activities.impacted import impacted_files, run_impacted
from activities.proof import Proof
from activities.reference import Reference
from activities.trying import Trial
from integrations.filesystem.artifacts import DirectoryArtifacts
from suture.canonical import canonical_json
from suture.domain.evidence import Evidence
from suture.domain.patch import FileChange
from suture.domain.verification import Oracle, Reproduction, ReproductionFiles, SuiteReport
from suture.localisation.snapshot import Snapshot
from suture.policy.model import Policy
from suture.verdict.oracle import Expectation
from suture.verdict.suite import new_failures, summarise
from tests.activities.stage import PATIENCE_SECONDS
from tests.toolchain.projects import GO, JAVASCRIPT, needs, stand_of
from tests.verdict.observations import survivor

PYTHON = {
    "shop/__init__.py": "",
    "shop/half.py": "def half(x):\n    return x / 2\n",
    "shop/third.py": "from shop.half import half\n\n\ndef third(x):\n    return half(x) * 2 / 3\n",
    "shop/other.py": "def other():\n    return 1\n",
    "tests/test_half.py": (
        "from shop.half import half\n\n\ndef test_half():\n    assert half(4) == 2\n"
    ),
    "tests/test_third.py": "from shop.third import third\n\n\ndef test_third():\n    third(3)\n",
    "tests/test_other.py": "from shop.other import other\n\n\ndef test_other():\n    other()\n",
}
HARMLESS = "def half(x):\n    return x * 0.5\n"
BROKEN = {"shop/half.py": "def half(x):\n    return x / 3\n"}


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with stand_of(PYTHON, tmp_path_factory.mktemp("impacted")) as found:
        yield found


@pytest.fixture(scope="module")
def base(stand: Stand) -> SuiteReport:
    return stand.run_suite({}).model_copy(update={"seconds": 60.0})


def sha_of(stand: Stand) -> str:
    sha = stand.bench.repository.resolve("main")
    assert sha is not None
    return sha


def test_a_patch_that_breaks_the_tests_of_its_file_is_told_without_the_others(
    stand: Stand, base: SuiteReport
) -> None:
    report = run_impacted(BROKEN, stand, sha_of(stand), base)
    assert report is not None
    assert new_failures(base, report) == ("tests/test_half.py::test_half",)
    assert len(report.cases) == len(base.cases)


def test_tests_that_use_a_file_through_another_one_count_and_no_others(stand: Stand) -> None:
    snapshot = Snapshot(stand.bench.repository, sha_of(stand))
    assert impacted_files(BROKEN, snapshot) == ["tests/test_half.py", "tests/test_third.py"]
    assert impacted_files(["shop/other.py"], snapshot) == ["tests/test_other.py"]
    assert impacted_files(["README.md"], snapshot) == []


def test_what_is_not_worth_it_is_not_run(
    stand: Stand, base: SuiteReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha = sha_of(stand)
    fast = base.model_copy(update={"seconds": 1.0})
    assert run_impacted(BROKEN, stand, sha, fast) is None
    assert run_impacted(BROKEN, stand, sha, base.model_copy(update={"ran": False})) is None
    assert run_impacted({"README.md": ""}, stand, sha, base) is None
    monkeypatch.setattr(impacted, "MAX_PLACES", 1)
    assert run_impacted(BROKEN, stand, sha, base) is None


def test_other_languages_know_their_tests_too(tmp_path: Path) -> None:
    needs("node")
    root = "web"
    with stand_of({**JAVASCRIPT, **GO}, tmp_path, root=root, toolchain="node") as stand:
        snapshot = Snapshot(stand.bench.repository, sha_of(stand))
        assert impacted_files(["web/invoice/invoice.go"], snapshot) == [
            "web/invoice/invoice_test.go"
        ]
        base = stand.run_suite({}).model_copy(update={"seconds": 60.0})
        text = JAVASCRIPT["lib/basket.js"].replace("+=", "-=")
        report = run_impacted({"web/lib/basket.js": text}, stand, sha_of(stand), base)
        assert report is not None
        assert new_failures(base, report) == ("test/basket.test.js::basket > sums all lines",)


@pytest.mark.parametrize(("content", "fine"), [(BROKEN["shop/half.py"], False), (HARMLESS, True)])
def test_a_trial_waits_for_the_whole_suite_only_where_these_tests_pass(
    stand: Stand, base: SuiteReport, tmp_path: Path, content: str, *, fine: bool
) -> None:
    artifacts = DirectoryArtifacts(tmp_path)
    expectation = Expectation(oracle=Oracle.FAILING_TEST, reason="It fails.")
    trial = Trial(
        bench=stand.bench,
        artifacts=artifacts,
        policy=Policy(),
        evidence=Evidence(base_sha=sha_of(stand)),
        proof=Proof(
            reproduction=Reproduction(reproduced=True),
            files=ReproductionFiles(test_files=()),
            reference=Reference(expectation=expectation),
        ),
        base_suite=summarise(base, artifacts.put(canonical_json(base))),
        deadline=time.monotonic() + PATIENCE_SECONDS,
        applied={
            survivor().candidate.patch.digest: (FileChange(path="shop/half.py", content=content),)
        },
    )
    assert trial._with_suite(survivor(), stand).suite_ok is fine
    ran_whole = trial.suites.reports[survivor().candidate.candidate_id].seconds != base.seconds
    assert ran_whole is fine
