"""Looking twice at a patch that passes the gate, in the real sandbox."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from activities.bench import Bench, Stand
from activities.covering import Covering
from activities.scrutinising import Subject, scrutinise
from integrations.bubblewrap.sandbox import BubblewrapSandbox
from integrations.git.source import GitSources
from suture.domain.patch import FileChange
from suture.domain.service import Service
from suture.domain.verification import SuiteReport
from suture.policy.model import SandboxBounds
from tests.activities.stage import PATIENCE_SECONDS
from tests.builders.repository import RepositoryBuilder

BROKEN = "def fare(age, full):\n    return full\n"
FIXED = "def fare(age, full):\n    return full // 2 if age < 14 else full\n"
STRICT = """\
import pytest
from fares import fare


@pytest.mark.parametrize(("age", "paid"), [(13, 10), (14, 21), (15, 21)])
def test_fare(age, paid):
    assert fare(age, 21) == paid
"""
LOOSE = "from fares import fare\n\n\ndef test_fare():\n    assert fare(3, 20) < 20\n"


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    home = tmp_path_factory.mktemp("scrutiny")
    repository = RepositoryBuilder(home / "fares")
    repository.commit({"fares.py": BROKEN}, "Add fares")
    bench = Bench(
        sandbox=BubblewrapSandbox(home / "sandbox"),
        repository=GitSources(home / "sources").open(str(home / "fares")),
        service=Service(name="fares", repository=str(home / "fares")),
        bounds=SandboxBounds(),
    )
    sha = bench.repository.resolve("main")
    assert sha is not None
    with bench.at(sha) as found:
        yield found


def subject(test: str, **suites: float) -> Subject:
    return Subject(
        changes=(FileChange(path="fares.py", content=FIXED),),
        originals={"fares.py": BROKEN},
        tests={"test_fares.py": test},
        node_ids=("test_fares.py",),
        base_suite=SuiteReport(ran=True, seconds=suites.get("before", 1.0)),
        patched_suite=SuiteReport(ran=True, seconds=suites.get("after", 1.0)),
    )


def test_a_strict_test_notices_each_variant_and_a_loose_one_is_told_of(stand: Stand) -> None:
    strict = scrutinise(subject(STRICT), stand, time.monotonic() + PATIENCE_SECONDS)
    assert strict.mutants >= 5
    assert strict.survivors == ()
    loose = scrutinise(subject(LOOSE), stand, time.monotonic() + PATIENCE_SECONDS)
    assert any("`age < 14` as `(age) <= (14)`" in title for title in loose.survivors)
    assert any("The test does not notice" in note for note in loose.notes)


def test_a_suite_that_was_slow_by_chance_is_not_told_of(stand: Stand) -> None:
    # No run of it takes twice that, however busy the machine is.
    slow = subject(STRICT, before=100.0, after=400.0)
    assert scrutinise(slow, stand, time.monotonic() + PATIENCE_SECONDS).suite_ratio is None
    assert scrutinise(slow, stand, time.monotonic() + 1).suite_ratio is None


@pytest.mark.timeout(400)
def test_a_suite_that_the_fix_makes_slow_is_told_of(stand: Stand) -> None:
    # More than all the rest of a run takes.
    sleepy = "import time\n\n\ndef test_sleep():\n    time.sleep(12)\n"
    slow = subject(STRICT, before=0.5, after=100.0)
    slow = replace(slow, tests={**slow.tests, "test_sleep.py": sleepy})
    found = scrutinise(slow, stand, time.monotonic() + PATIENCE_SECONDS)
    assert found.suite_ratio is not None
    assert "times as long" in found.notes[-1]


def test_what_answers_otherwise_beside_the_test_is_told_of(stand: Stand) -> None:
    found = scrutinise(subject(STRICT), stand, time.monotonic() + PATIENCE_SECONDS)
    assert found.compared > 3
    assert 0 < found.differences < found.compared
    assert "fare(age=13, full=21) gives 10; before: 21" in found.notes


def test_what_was_right_on_the_last_good_commit_is_told_first(stand: Stand) -> None:
    known = replace(subject(STRICT), good=lambda: contextlib.nullcontext(stand))
    found = scrutinise(known, stand, time.monotonic() + PATIENCE_SECONDS)
    assert "before, as on the last good commit: 21" in found.notes[0]


def test_a_fix_outside_functions_is_compared_with_nothing(stand: Stand) -> None:
    changed = (FileChange(path="fares.py", content="FULL = 21\n" + BROKEN),)
    found = scrutinise(
        replace(subject(STRICT), changes=changed), stand, time.monotonic() + PATIENCE_SECONDS
    )
    assert found.compared == 0


def test_what_tests_run_of_the_fix_is_told(stand: Stand) -> None:
    careful = "def fare(age, full):\n    if age < 14:\n        return full // 2\n    return full\n"
    changed = (FileChange(path="fares.py", content=careful),)
    old = "from fares import fare\n\n\ndef test_fare():\n    assert fare(14, 20) == 20\n"
    found = scrutinise(
        replace(subject(old), changes=changed), stand, time.monotonic() + PATIENCE_SECONDS
    )
    assert (found.statements, found.covered_by_test, found.covered) == (2, 1, 1)
    assert found.uncovered == ("fares.py:3",)
    assert "No test runs what the fix changes at fares.py:3" in found.notes
    both = scrutinise(
        replace(subject(STRICT), changes=changed), stand, time.monotonic() + PATIENCE_SECONDS
    )
    assert (both.statements, both.covered_by_test) == (2, 2)


@pytest.mark.parametrize(
    "hiding", ["sys.settrace(None)", "subprocess.run([sys.executable, '-c', 'pass'], check=True)"]
)
def test_nothing_is_called_uncovered_where_tests_run_out_of_sight(
    stand: Stand, hiding: str
) -> None:
    test = f"import subprocess, sys\nfrom fares import fare\n\n\ndef test_fare():\n    {hiding}\n"
    covering = Covering(
        stand=stand,
        fixed={"fares.py": FIXED},
        originals={"fares.py": BROKEN},
        tests={"test_fares.py": test},
        node_ids=("test_fares.py",),
        suite=SuiteReport(ran=True),
    )
    found = covering.run(time.monotonic() + PATIENCE_SECONDS)
    assert found is not None
    assert (found.statements, found.by_any, found.uncovered) == (1, 0, ())
    assert covering.run(time.monotonic()) is None
