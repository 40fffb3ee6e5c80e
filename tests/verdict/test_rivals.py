"""Telling patches apart that pass the same tests."""

from suture.domain.verification import VerdictReason
from suture.verdict.behaviour import SILENT, Behaviour, Call
from suture.verdict.oracle import Choice, contested
from suture.verdict.rivals import Contender, Contest, hold_contest
from tests.verdict.observations import raised, returned

CALLS = tuple(Call(which=number, shown=f"fare({number})") for number in range(4))
BASE = (returned(1), returned(2), returned(3), raised())


def answers(*values: float | None) -> Behaviour:
    """None stands for an error."""
    return tuple(raised() if value is None else returned(value) for value in values)


def patch(name: str, score: float, *values: float | None) -> Contender:
    return Contender(candidate_id=name, score=score, behaviour=answers(*values))


def test_patches_that_answer_alike_form_a_group_under_the_best_of_them() -> None:
    found = hold_contest(CALLS, BASE, [patch("a", 0.5, 1, 2, 9, 4), patch("b", 0.4, 1, 2, 9, 4)])
    assert [group.members for group in found.groups] == [("a", "b")]
    assert (found.groups[0].broken, found.groups[0].changed) == (0, 1)
    assert found.leader == "a"
    assert not found.dispute
    assert found.summary.startswith("Of 2 patches that pass the same tests, 2 answer 4 calls")


def test_a_patch_as_plausible_that_changes_less_leaves_it_to_a_human() -> None:
    found = hold_contest(CALLS, BASE, [patch("a", 0.5, 1, 9, 9, 4), patch("b", 0.4, 1, 2, 9, 4)])
    assert found.dispute == "fare(1) gives 9 with one and 2 with another."
    verdict = contested(
        Choice(reason=VerdictReason.VERIFIED, explanation="The test passes."), found
    )
    assert verdict.reason is VerdictReason.WEAK_ORACLE
    assert "a human must choose" in verdict.explanation


def test_a_patch_that_changes_more_or_is_far_less_likely_disputes_nothing() -> None:
    best = patch("a", 0.5, 1, 2, 9, 4)
    more, unlikely = patch("b", 0.5, 1, 9, 9, 4), patch("c", 0.2, 1, 2, 3, 4)
    found = hold_contest(CALLS, BASE, [best, more, unlikely])
    assert found.leader == "a"
    assert not found.dispute
    choice = contested(Choice(reason=VerdictReason.VERIFIED, explanation="Fine."), found)
    assert choice.verified
    assert choice.explanation.startswith("Fine. Of 3 patches")


def test_of_patches_about_as_plausible_the_one_leads_that_breaks_least() -> None:
    found = hold_contest(CALLS, BASE, [patch("a", 0.5, 1, None, 9, 4), patch("b", 0.4, 1, 2, 9, 4)])
    assert found.leader == "b"
    assert not found.dispute


def test_of_patches_about_as_plausible_the_one_leads_that_answers_as_it_last_was_right() -> None:
    good = answers(1, 2, 3, 7)
    rivals = [patch("a", 0.5, 1, 2, 3, 4), patch("b", 0.4, 1, 2, 9, 7), patch("c", 0.4, 1, 9, 9, 4)]
    assert hold_contest(CALLS, BASE, rivals).leader == "a"
    found = hold_contest(CALLS, BASE, rivals, good)
    assert {group.members: group.unlike for group in found.groups} == {
        ("a",): 1,
        ("b",): 1,
        ("c",): 3,
    }
    rivals[1] = patch("b", 0.4, 1, 2, 3, 7)
    found = hold_contest(CALLS, BASE, rivals, good)
    assert found.leader == "b"
    assert not found.dispute


def test_what_the_last_good_release_could_not_answer_says_nothing() -> None:
    rivals = [patch("a", 0.5, 1, 2, 3, 4), patch("b", 0.4, 1, 2, 3, 7)]
    for good in (answers(1, 2, 3, None), answers(1, 5, 3, None)):
        found = hold_contest(CALLS, BASE, rivals, good)
        assert found.leader == "a"
        assert {group.unlike for group in found.groups} == {0}


def test_what_could_not_be_called_is_compared_with_nothing() -> None:
    silent = Contender(candidate_id="a", score=0.5)
    assert hold_contest(CALLS, BASE, [silent]).leader == ""
    assert "could not be compared" in Contest().summary
    assert hold_contest(CALLS, None, [patch("b", 0.5, 1, 2, 3, 4)]).groups[0].changed == 0


def test_a_call_that_says_nothing_of_one_patch_does_not_part_it_from_others() -> None:
    quiet = Contender(candidate_id="b", score=0.4, behaviour=(*answers(1, 2, 3), SILENT))
    found = hold_contest(CALLS, BASE, [patch("a", 0.5, 1, 2, 3, 4), quiet])
    assert len(found.groups) == 1
