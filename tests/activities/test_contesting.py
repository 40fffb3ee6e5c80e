"""Comparing patches that pass the same tests, in the real sandbox."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from activities.behaving import Good, last_good, record_calls
from activities.bench import Bench, Stand
from activities.contesting import Rivalry, distinct
from activities.doubting import doubts_of
from activities.proof import Proof
from activities.reference import Reference
from activities.trying import Trial
from integrations.bubblewrap.sandbox import BubblewrapSandbox
from integrations.filesystem.artifacts import DirectoryArtifacts
from integrations.git.source import GitSources
from suture.canonical import canonical_json
from suture.domain.evidence import Evidence
from suture.domain.patch import Candidate, FileChange, PatchNature
from suture.domain.service import Service
from suture.domain.verification import Oracle, Reproduction, ReproductionFiles, VerdictReason
from suture.localisation.spectrum import RanLine, Spectrum
from suture.policy.model import Policy, SandboxBounds
from suture.verdict.oracle import Choice, Expectation, Survivor
from suture.verdict.suite import summarise
from tests.activities.stage import PATIENCE_SECONDS
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
    repository.commit({"till.py": AT_LEAST, "test_till.py": TEST}, "Add till")
    repository.tag("good")
    repository.commit({"till.py": BASE}, "Ask for more than fourteen")
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


def rivalry(stand: Stand, seconds: float = PATIENCE_SECONDS, good: Good | None = None) -> Rivalry:
    return Rivalry(
        stand=stand,
        base=lambda _: BASE,
        tests={},
        node_ids=NODES,
        deadline=time.monotonic() + seconds,
        good=good,
    )


def test_methods_are_called_as_tests_call_them_and_varied(stand: Stand) -> None:
    found = record_calls(
        stand,
        [("till.py", "fare")],
        NODES,
        {"till.py": AT_LEAST},
        time.monotonic() + PATIENCE_SECONDS,
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


def test_the_last_good_commit_says_which_patch_is_meant(stand: Stand) -> None:
    base = stand.bench.repository.resolve("main")
    good = stand.bench.repository.resolve("good")
    assert base is not None
    assert good is not None
    evidence = Evidence(base_sha=base, last_good_sha=good)
    rivals = [candidate("a", score=0.5), candidate("b", score=0.4)]
    fixes = [{"till.py": BASE.replace("age > 14", "age == 14")}, {"till.py": AT_LEAST}]
    for opened, leader in ((None, "a"), (last_good(stand.bench, evidence), "b")):
        contest = rivalry(stand, good=opened).hold(rivals, fixes)
        assert contest is not None
        assert contest.leader == leader


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


def standing(name: str, digit: str, score: float) -> Candidate:
    found = candidate(name, score=score)
    return found.model_copy(update={"patch": found.patch.model_copy(update={"digest": digit * 64})})


def trial(stand: Stand, tmp_path: Path, texts: dict[str, str]) -> Trial:
    """A trial in which patches of these texts passed the failing test, the first one best."""
    artifacts = DirectoryArtifacts(tmp_path)
    sha = stand.bench.repository.resolve("main")
    assert sha is not None
    base = stand.run_suite({})
    found = Trial(
        bench=stand.bench,
        artifacts=artifacts,
        policy=Policy(),
        evidence=Evidence(base_sha=sha),
        proof=Proof(
            reproduction=Reproduction(reproduced=True, node_ids=NODES),
            files=ReproductionFiles(test_files=()),
            reference=Reference(
                expectation=Expectation(oracle=Oracle.FAILING_TEST, reason="It fails.")
            ),
        ),
        base_suite=summarise(base, artifacts.put(canonical_json(base))),
        deadline=time.monotonic() + PATIENCE_SECONDS,
    )
    for number, (name, text) in enumerate(texts.items()):
        one = standing(name, str(number), 0.5 - number / 100)
        found.stood.append(one)
        found.applied[one.patch.digest] = (FileChange(path="till.py", content=text),)
    return found


def verified(best: Candidate) -> Choice:
    found = Survivor(candidate=best)
    return Choice(reason=VerdictReason.VERIFIED, best=found, explanation="The test passes.")


def test_a_disputed_patch_is_not_offered(stand: Stand, tmp_path: Path) -> None:
    found = trial(stand, tmp_path, {"a": ALWAYS, "b": AT_LEAST})
    choice = found._contested(verified(found.stood[0]), stand)
    assert choice.reason is VerdictReason.WEAK_ORACLE
    assert "age=8 gives 30 with one and 15 with another" in choice.explanation


def test_a_patch_that_breaks_less_takes_the_place_of_the_best(stand: Stand, tmp_path: Path) -> None:
    breaks = AT_LEAST.replace("full * self.rate", "(full if full != 19 else 1 // 0) * self.rate")
    found = trial(stand, tmp_path, {"a": breaks, "b": AT_LEAST})
    choice = found._contested(verified(found.stood[0]), stand)
    assert choice.verified
    assert choice.best is not None
    assert choice.best.candidate.candidate_id == "b"
    assert "Of 2 patches" in choice.explanation


def test_only_patches_that_could_be_offered_are_rivals(stand: Stand, tmp_path: Path) -> None:
    swallowing = AT_LEAST.replace(
        "        return full // 2\n",
        "        try:\n            return full // 2\n        except Exception:\n            pass\n",
    )
    found = trial(stand, tmp_path, {"a": AT_LEAST, "b": swallowing})
    choice = found._contested(verified(found.stood[0]), stand)
    assert choice.explanation == "The test passes."
    hurried = trial(stand, tmp_path, {"a": AT_LEAST, "b": SAME})
    hurried.deadline = time.monotonic()
    told = hurried._contested(verified(hurried.stood[0]), stand)
    assert "could not be compared" in told.explanation
    stranger = verified(standing("c", "9", 0.5))
    assert found._contested(stranger, stand) is stranger
