"""Comparing patches that pass the same tests, in the real sandbox."""

import time
from collections.abc import Iterator

import pytest

from activities.behaving import record_calls
from activities.bench import Bench, Stand
from activities.contesting import Rivalry, distinct
from activities.doubting import doubts_of
from integrations.bubblewrap.sandbox import BubblewrapSandbox
from integrations.git.source import GitSources
from suture.domain.patch import FileChange, PatchNature
from suture.domain.service import Service
from suture.localisation.spectrum import RanLine, Spectrum
from suture.policy.model import SandboxBounds
from tests.builders.repository import RepositoryBuilder
from tests.verdict.observations import candidate

BASE = """\
class Till:
    def __init__(self, rate):
        self.rate = rate

    def fare(self, age, *, full=20):
        if age > 14:
            return full * self.rate
        return full // 2
"""
TEST = """\
from till import Till


def test_fare():
    assert Till(1).fare(14) == 20


def test_child():
    assert Till(1).fare(7, full=30) == 15
"""
AT_LEAST, SAME = BASE.replace("> 14", ">= 14"), BASE.replace("> 14", "> 13")
SPECIAL = BASE.replace("age > 14", "age > 14 or age == 14")
ALWAYS = BASE.replace("age > 14", "age > 7")
NODES = ("test_till.py::test_fare",)


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    home = tmp_path_factory.mktemp("contest")
    repository = RepositoryBuilder(home / "till")
    repository.commit({"till.py": BASE, "test_till.py": TEST}, "Add till")
    bench = Bench(
        sandbox=BubblewrapSandbox(home / "sandbox"),
        repository=GitSources(home / "sources").open(str(home / "till")),
        service=Service(name="till", repository=str(home / "till")),
        bounds=SandboxBounds(),
    )
    sha = bench.repository.resolve("main")
    assert sha is not None
    with bench.at(sha) as found:
        yield found


def rivalry(stand: Stand, seconds: float = 300.0) -> Rivalry:
    return Rivalry(
        stand=stand,
        base=lambda _: BASE,
        tests={},
        node_ids=NODES,
        deadline=time.monotonic() + seconds,
    )


def test_methods_are_called_as_tests_call_them_and_varied(stand: Stand) -> None:
    found = record_calls(
        stand, [("till.py", "fare")], NODES, {"till.py": AT_LEAST}, time.monotonic() + 120
    )
    assert found is not None
    assert [given.name for given in found.recorded.inputs] == ["Till.fare"] * 2
    assert found.calls[0].shown == "fare(self=<Till>, age=14, full=20)"
    assert any(call.change == ("full", 0) for call in found.calls)
    seen = found.run(stand, {"till.py": AT_LEAST})
    assert seen is not None
    assert seen[0].value == {"type": "int", "repr": "20"}


def test_patches_that_mean_the_same_stand_together(stand: Stand) -> None:
    rivals = [candidate("a", score=0.5), candidate("b", score=0.4)]
    fixes = [{"till.py": AT_LEAST}, {"till.py": SAME}]
    contest = rivalry(stand).hold(rivals, fixes)
    assert contest is not None
    assert [group.members for group in contest.groups] == [("a", "b")]
    assert not contest.dispute


def test_a_patch_that_changes_less_disputes_one_that_changes_more(stand: Stand) -> None:
    rivals = [candidate("a", score=0.5), candidate("b", score=0.4)]
    fixes = [{"till.py": ALWAYS}, {"till.py": AT_LEAST}]
    contest = rivalry(stand).hold(rivals, fixes)
    assert contest is not None
    assert contest.leader == "a"
    assert contest.dispute == (
        "fare(self=<Till>, age=7, full=30), with age=8 gives 30 with one and 15 with another."
    )


def test_nothing_is_compared_without_time_rivals_or_calls(stand: Stand) -> None:
    rivals = [candidate("a"), candidate("b")]
    two = [{"till.py": AT_LEAST}, {"till.py": SAME}]
    assert rivalry(stand, seconds=1.0).hold(rivals, two) is None
    assert rivalry(stand).hold(rivals, [two[0], {"till.py": AT_LEAST + "\n\n"}]) is None
    outside = [{"till.py": BASE + "RATE = 1\n"}, {"till.py": BASE + "RATE = 2\n"}]
    assert rivalry(stand).hold(rivals, outside) is None


def test_fixes_that_are_the_same_program_count_once() -> None:
    fixes = [{"a.py": "x = 1\n"}, {"a.py": "x  =  1\n"}, {"a.py": "x = 2\n"}, {"a.txt": "x"}]
    assert distinct(fixes) == [0, 2, 3]


def test_a_candidate_that_answers_the_tests_own_value_is_doubted(stand: Stand) -> None:
    sha = stand.bench.repository.resolve("main")
    assert sha is not None
    shorter = BASE.replace("    def __init__(self, rate):\n        self.rate = rate\n\n", "")
    ran = RanLine(path="till.py", line=3, failed=1, passed=2)
    spectrum = Spectrum(failed=1, passed=2, lines=(ran,))
    told = "from till import Till\n\n\ndef test_fare():\n    assert Till(1).fare(33) == 20\n"
    doubts = doubts_of(stand.bench.repository, sha, {"test_till.py": told}, spectrum)
    special = FileChange(path="till.py", content=SPECIAL.replace("== 14", "== 33"))
    assert "a value of the failing test" in doubts.about(candidate(), [special])
    restored = candidate(nature=PatchNature.RESTORE)
    assert doubts.about(restored, [special]) == ""
    gone = FileChange(path="till.py", content=shorter)
    assert doubts.about(candidate(), [gone, FileChange(path="a.txt", content="x")]) == ""
