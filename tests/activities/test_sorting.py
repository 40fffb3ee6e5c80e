"""Which candidates get a run of their own: what stands first, and nothing that is known to fail."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from activities.screening import Look
from activities.sorting import Sorting
from suture.domain.patch import Candidate, Patch, PatchNature
from tests.activities.stage import PATIENCE_SECONDS


@dataclass
class ScriptedScreening:
    """Says of each candidate what its file says; with patience, what stands after a colon."""

    probe: str = ""
    asked: list[int] = field(default_factory=list)
    reach: int = 99
    """How many it comes to before its time is over."""

    def run(
        self, candidates: Sequence[Mapping[str, str]], seconds: float, patience: float = 1.0
    ) -> tuple[Look, ...]:
        assert seconds > 0
        self.asked.append(len(candidates))
        told = [next(iter(files.values())).split(":") for files in candidates]
        looks = [Look(said[-1] if patience > 1 else said[0]) for said in told]
        return (*looks[: self.reach], *(Look.UNTRIED for _ in looks[self.reach :]))


def candidate(number: int) -> Candidate:
    patch = Patch(
        base_sha="a" * 40,
        digest=f"{number:064x}",
        files=(),
        nature=PatchNature.REPAIR,
        title="Mend it",
        origin="pattern",
    )
    return Candidate(candidate_id=f"c-{number}", patch=patch, score=0.5)


def sort(said: str, screening: ScriptedScreening, enough: int = 99) -> str:
    """Return which candidates are tried alone, by number, and which are passed over."""
    words = said.split()
    candidates = [candidate(number) for number in range(len(words))]
    tried: list[str] = []
    sorting = Sorting(
        screening=screening,  # type: ignore[arg-type]
        files_of=lambda one: (
            None
            if words[int(one.candidate_id[2:])] == "-"
            else {"a": words[int(one.candidate_id[2:])]}
        ),
        is_enough=lambda: len(tried) >= enough,
        deadline=time.monotonic() + PATIENCE_SECONDS,
    )
    for one in sorting.promising(candidates):
        tried.append(one.candidate_id[2:])
        if len(tried) >= enough:
            break
    return f"{''.join(tried)}/{''.join(one.candidate_id[2:] for one in sorting.passed_over)}"


def test_tests_are_looked_at_all_at_once_and_what_stands_comes_first() -> None:
    screening = ScriptedScreening()
    assert sort("red untried breaks green red green", screening) == "352/04"
    assert screening.asked == [6]


def test_what_could_not_be_sorted_out_is_tried_where_nothing_stands() -> None:
    assert sort("red - untried breaks", ScriptedScreening()) == "123/0"


def test_what_the_time_was_over_for_is_looked_at_next_until_one_stands() -> None:
    screening = ScriptedScreening(reach=2)
    assert sort("red red red red red green red red", screening) == "5/01234"
    assert screening.asked == [8, 6, 4]


def test_slow_candidates_have_more_time_where_nothing_stands() -> None:
    screening = ScriptedScreening()
    assert sort("slow:red slow:green red", screening) == "1/201"
    assert screening.asked == [3, 2]
    assert sort("slow:green green", ScriptedScreening()) == "1/0"


def test_nothing_more_is_asked_once_it_is_enough() -> None:
    screening = ScriptedScreening()
    assert sort("slow:green breaks", screening, enough=1) == "1/"
    assert screening.asked == [2]


def test_a_probe_keeps_the_order_and_goes_on_in_larger_chunks() -> None:
    screening = ScriptedScreening(probe="script")
    said = "red green slow untried red red green red"
    assert sort(said, screening) == "136/02457"
    assert screening.asked == [6, 2]


def test_a_probe_stops_in_the_middle_of_a_chunk() -> None:
    screening = ScriptedScreening(probe="script")
    assert sort("green red red red red red green", screening, enough=1) == "0/"
    assert screening.asked == [6]


def test_what_was_sorted_out_is_looked_at_again_in_the_reverse_order() -> None:
    passed = [candidate(number) for number in range(50)]
    words = {"c-3": "green", "c-40": "untried"}
    screening = ScriptedScreening(probe="script")
    sorting = Sorting(
        screening=screening,  # type: ignore[arg-type]
        files_of=lambda one: {"a": words.get(one.candidate_id, "red")},
        is_enough=lambda: False,
        deadline=time.monotonic() + PATIENCE_SECONDS,
        passed_over=passed,
    )
    assert [one.candidate_id for one in sorting.not_red_again()] == ["c-40", "c-3"]
    assert screening.asked == [48, 2]


def test_nothing_is_looked_at_again_after_the_deadline() -> None:
    screening = ScriptedScreening(probe="script")
    sorting = Sorting(
        screening=screening,  # type: ignore[arg-type]
        files_of=lambda _: {"a": "green"},
        is_enough=lambda: False,
        deadline=time.monotonic() - 1,
        passed_over=[candidate(0)],
    )
    assert list(sorting.not_red_again()) == []
    assert screening.asked == []
