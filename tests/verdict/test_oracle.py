"""How wrong fixes get as far as here, and what stops each."""

import pytest

from suture.domain.patch import PatchNature
from suture.domain.verification import Oracle, VerdictReason
from suture.verdict.contract import ContractVerdict
from suture.verdict.neighbours import compare_neighbours
from suture.verdict.observation import ObservedFrame
from suture.verdict.oracle import (
    BLIND_ORIGINS,
    Choice,
    Expectation,
    Survivor,
    choose,
    expect,
    is_mechanical,
    make_survivor,
)
from tests.verdict.observations import (
    CRASH,
    UNUSABLE,
    candidate,
    raised,
    returned,
    survivor,
)

LAST_GOOD = Expectation(oracle=Oracle.LAST_GOOD, observation=returned(1.0), reason="before")
CONTRACT = Expectation(oracle=Oracle.STATED_CONTRACT, returns="float", reason="stated")
NO_CRASH = Expectation(oracle=Oracle.NO_CRASH, reason="nothing")
TEST = Expectation(oracle=Oracle.FAILING_TEST, reason="a test")
RAISE = ObservedFrame(path="shop/cart.py", function="total", line=3, text="raise Refused(land)")


def name_of(choice: Choice) -> str:
    assert choice.best is not None
    return choice.best.candidate.candidate_id


def reason_of(expectation: Expectation, *survivors: Survivor) -> VerdictReason:
    return choose(survivors, expectation).reason


def test_the_last_good_answer_is_expected_if_it_was_given_twice() -> None:
    expectation = expect(raised(), [returned(1.0), returned(1.0)], "float")
    assert expectation.oracle is Oracle.LAST_GOOD
    assert expectation.observation == returned(1.0)


@pytest.mark.parametrize(
    ("last_good", "reason"),
    [
        ([], "No good commit"),
        ([returned(1.0)], "No good commit"),
        ([UNUSABLE, UNUSABLE], "cannot be made"),
        ([raised(), raised()], "failed on the last good commit"),
        ([returned(1.0), returned(2.0)], "differently each time"),
        ([returned(None), returned(None)], "no visible answer"),
    ],
)
def test_a_last_good_commit_that_says_nothing_is_no_oracle(
    last_good: list[object], reason: str
) -> None:
    expectation = expect(raised(), last_good, None)  # type: ignore[arg-type]
    assert expectation.oracle is Oracle.NO_CRASH
    assert reason in expectation.reason
    assert expect(raised(), last_good, "float").oracle is Oracle.STATED_CONTRACT  # type: ignore[arg-type]
    assert expect(raised(), last_good, "'None'").oracle is Oracle.NO_CRASH  # type: ignore[arg-type]


def test_a_refusal_that_is_new_since_the_last_good_commit_is_no_fault() -> None:
    refused = raised("Refused", "no", [RAISE])
    good = [returned(1.0)] * 2
    new = expect(refused, good, "float", good_source="def total():\n    return 1\n")
    assert (new.oracle, new.deliberate) == (Oracle.STATED_CONTRACT, True)
    assert expect(refused, good, None).deliberate
    old = expect(refused, good, "float", good_source="  raise Refused(land)\n")
    assert old.oracle is Oracle.LAST_GOOD
    assert not expect(raised(frames=[]), [], None).deliberate


def test_a_refusal_is_never_repaired_by_weak_evidence() -> None:
    refused = CONTRACT.model_copy(update={"deliberate": True})
    mechanical = survivor(mechanical=True, nature=PatchNature.RESTORE)
    assert reason_of(refused, mechanical) is VerdictReason.WEAK_ORACLE
    assert reason_of(CONTRACT, mechanical) is VerdictReason.VERIFIED


def test_without_survivors_it_is_still_red() -> None:
    choice = choose([], LAST_GOOD)
    assert (choice.reason, choice.best, choice.verified) == (VerdictReason.STILL_RED, None, False)


@pytest.mark.parametrize("expectation", [LAST_GOOD, CONTRACT, NO_CRASH, TEST])
def test_what_hides_the_error_is_never_verified(expectation: Expectation) -> None:
    hiding = survivor(nature=PatchNature.HIDES_ERROR, mechanical=True, by_convention=True)
    choice = choose([hiding], expectation, needs_oracle=False)
    assert choice.reason is VerdictReason.HIDES_ERROR
    assert choice.mitigation == hiding
    both = choose([hiding, survivor("two", mechanical=True)], expectation)
    assert (both.reason, name_of(both)) == (VerdictReason.VERIFIED, "two")
    assert both.mitigation == hiding


@pytest.mark.parametrize("expectation", [LAST_GOOD, CONTRACT, NO_CRASH, TEST])
def test_what_breaks_the_suite_is_never_verified(expectation: Expectation) -> None:
    broken = survivor(suite_ok=False, mechanical=True)
    assert reason_of(expectation, broken) is VerdictReason.NEW_FAILURES


def test_the_last_good_answer_must_be_matched() -> None:
    assert reason_of(LAST_GOOD, survivor(value=1.0)) is VerdictReason.VERIFIED
    assert reason_of(LAST_GOOD, survivor(value=0.0)) is VerdictReason.WEAK_ORACLE
    assert reason_of(LAST_GOOD, survivor(value=1)) is VerdictReason.WEAK_ORACLE
    unseen = survivor().model_copy(update={"observation": None})
    assert reason_of(LAST_GOOD, unseen) is VerdictReason.WEAK_ORACLE
    assert name_of(choose([survivor("a", value=0.0), survivor("b", lines=9)], LAST_GOOD)) == "b"


def test_matching_one_input_by_luck_is_not_enough() -> None:
    lucky = survivor(contradiction="It answers 2 where both answer 3.")
    choice = choose([lucky], LAST_GOOD)
    assert choice.reason is VerdictReason.WEAK_ORACLE
    assert "both answer 3" in choice.explanation
    assert name_of(choose([lucky, survivor("right", lines=30)], LAST_GOOD)) == "right"


def test_the_projects_own_test_decides_where_there_is_one() -> None:
    unseen = survivor().model_copy(update={"observation": None})
    assert reason_of(TEST, unseen) is VerdictReason.VERIFIED


def test_a_regression_test_may_hold_the_last_good_answer_itself() -> None:
    known = Expectation(oracle=Oracle.LAST_GOOD, reason="the same call before")
    choice = choose([survivor("a")], known)
    assert choice.verified
    assert "gives the answer again" in choice.explanation


def test_a_better_nature_then_the_smaller_patch_then_the_score_lead() -> None:
    guard = survivor("guard", nature=PatchNature.GUARD)
    long = survivor("long", lines=5)
    short = survivor("short", lines=2)
    promising = survivor("promising", lines=2, score=0.9)
    keeping = survivor("keeping", lines=8, preserved=4)
    assert name_of(choose([guard, long], TEST)) == "long"
    assert name_of(choose([long, short], TEST)) == "short"
    assert name_of(choose([short, promising], TEST)) == "promising"
    assert name_of(choose([promising, keeping], TEST)) == "keeping"


def test_a_guard_goes_before_a_repair_that_passes_the_test_by_luck() -> None:
    guard = survivor("guard", nature=PatchNature.GUARD, score=0.5)
    likely, lucky = survivor("likely", score=0.31), survivor("lucky", score=0.29)
    restored = survivor("restored", nature=PatchNature.RESTORE, score=0.1)
    assert name_of(choose([guard, likely], TEST)) == "likely"
    assert name_of(choose([guard, lucky], TEST)) == "guard"
    assert name_of(choose([guard, restored], TEST)) == "restored"
    misspelt = survivor("misspelt", score=0.1, mechanical=True)
    assert name_of(choose([guard, misspelt], TEST)) == "misspelt"
    blind = candidate("blind", PatchNature.GUARD, score=0.9, origin=min(BLIND_ORIGINS))
    edited = Survivor(candidate=blind, observation=None)
    assert name_of(choose([edited, lucky], TEST)) == "lucky"


def test_that_it_no_longer_crashes_is_not_enough() -> None:
    restored = survivor(nature=PatchNature.RESTORE)
    assert reason_of(NO_CRASH, restored) is VerdictReason.WEAK_ORACLE
    assert choose([restored], NO_CRASH, needs_oracle=False).verified
    guard = survivor(nature=PatchNature.GUARD)
    assert not choose([guard], NO_CRASH, needs_oracle=False).verified


def test_what_the_text_itself_leaves_no_choice_about_passes() -> None:
    guess = survivor("guess", value=7.0)
    sure = survivor("sure", mechanical=True, lines=9)
    choice = choose([guess, sure], NO_CRASH)
    assert (choice.verified, name_of(choice)) == (True, "sure")
    other = survivor("other", mechanical=True, value=2.0)
    assert reason_of(NO_CRASH, sure, other) is VerdictReason.WEAK_ORACLE
    refuted = survivor(mechanical=True, contract=ContractVerdict.REFUTED)
    assert reason_of(NO_CRASH, refuted) is VerdictReason.WEAK_ORACLE
    changing = survivor(mechanical=True, contradiction="It answers otherwise.")
    assert reason_of(NO_CRASH, changing) is VerdictReason.WEAK_ORACLE


def test_only_unambiguous_patterns_are_mechanical() -> None:
    assert is_mechanical("names.attribute")
    assert is_mechanical("imports.missing")
    for origin in ("wrong-operator", "missing-key", "missing-conversion", "gpt", "missing-none"):
        assert not is_mechanical(origin)


def test_a_satisfied_annotation_alone_verifies_nothing() -> None:
    assert reason_of(CONTRACT, survivor()) is VerdictReason.WEAK_ORACLE
    guard = survivor(nature=PatchNature.GUARD)
    assert reason_of(CONTRACT, guard) is VerdictReason.WEAK_ORACLE


def test_code_that_the_project_vouches_for_needs_the_contract_and_kept_behaviour() -> None:
    guard = survivor(nature=PatchNature.GUARD, by_convention=True)
    assert reason_of(CONTRACT, guard) is VerdictReason.VERIFIED
    restored = survivor(nature=PatchNature.RESTORE)
    assert reason_of(CONTRACT, restored) is VerdictReason.VERIFIED
    for change in (
        {"contract": ContractVerdict.SILENT},
        {"contract": ContractVerdict.REFUTED},
        {"comparison": restored.comparison.model_copy(update={"preserved": 0})},
        {"comparison": restored.comparison.model_copy(update={"contradiction": "no"})},
    ):
        weak = restored.model_copy(update=change)
        assert reason_of(CONTRACT, weak) is VerdictReason.WEAK_ORACLE


def test_two_plausible_repairs_that_disagree_need_a_human() -> None:
    restored = survivor("one", nature=PatchNature.RESTORE)
    rival = survivor("two", value=2.0)
    choice = choose([restored, rival], CONTRACT)
    assert choice.reason is VerdictReason.WEAK_ORACLE
    assert "human" in choice.explanation
    assert choose([restored, survivor("two", value=1.0)], CONTRACT).verified
    worse = survivor("two", value=2.0, nature=PatchNature.GUARD)
    assert choose([restored, worse], CONTRACT).verified
    refuted = survivor("two", value=2.0, contract=ContractVerdict.REFUTED)
    assert choose([restored, refuted], CONTRACT).verified


def test_repairs_that_disagree_only_next_to_the_reported_call_need_a_human_too() -> None:
    def sees(name: str, *values: float) -> Survivor:
        seen = returned(1.0, [returned(value) for value in values])
        made = survivor(name, nature=PatchNature.RESTORE)
        return made.model_copy(update={"observation": seen})

    assert reason_of(CONTRACT, sees("a", 1.0), sees("b", 2.0)) is VerdictReason.WEAK_ORACLE
    assert reason_of(CONTRACT, sees("a", 1.0), sees("b", 1.0)) is VerdictReason.VERIFIED
    unseen = sees("b", 1.0).model_copy(update={"observation": None})
    assert reason_of(CONTRACT, sees("a", 1.0), unseen) is VerdictReason.WEAK_ORACLE
    ended = returned(1.0, [UNUSABLE])
    silent = sees("b").model_copy(update={"observation": ended})
    assert reason_of(CONTRACT, sees("a", 1.0), silent) is VerdictReason.VERIFIED


def test_neighbours_must_keep_an_answer_of_the_base_or_the_last_good_commit() -> None:
    base = [raised(neighbours=[returned(1.0), raised(), returned(3.0), UNUSABLE])] * 2
    good = [returned(0.0, [returned(1.0), returned(2.0), returned(4.0), UNUSABLE])] * 2
    kept = returned(0.0, [returned(1.0), returned(2.0), returned(3.0), returned(9.0)])
    assert compare_neighbours(kept, base, good).preserved == 3
    assert not compare_neighbours(kept, base, good).contradiction
    for number, wrong in enumerate((returned(5.0), returned(5.0), UNUSABLE)):
        neighbours = [*kept.neighbours]
        neighbours[number] = wrong
        changed = returned(0.0, neighbours)
        assert f"number {number + 1}" in compare_neighbours(changed, base, good).contradiction


def test_neighbours_that_say_nothing_are_passed_over() -> None:
    unsteady = [raised(neighbours=[returned(1.0)]), raised(neighbours=[returned(2.0)])]
    seen = returned(0.0, [returned(3.0)])
    assert compare_neighbours(seen, unsteady, []).contradiction == ""
    assert compare_neighbours(seen, [raised()], []).preserved == 0
    short = [raised(neighbours=[returned(1.0)]), raised()]
    assert compare_neighbours(seen, short, []).contradiction == ""
    empty = [raised(neighbours=[returned(None)])]
    assert compare_neighbours(returned(0.0, [returned(None)]), empty, []).preserved == 0


def test_a_survivor_is_judged_from_its_observation() -> None:
    patched = returned(1.0, [returned(2.0)])
    base = [raised(frames=[CRASH], neighbours=[returned(2.0)])]
    made = make_survivor(candidate(origin="imports.missing"), patched, base, [], "float")
    assert made.contract is ContractVerdict.SATISFIED
    assert made.mechanical
    assert made.comparison.preserved == 1
    assert not made.by_convention


def edited(name: str, origin: str, nature: PatchNature = PatchNature.REPAIR) -> Survivor:
    """Return a survivor of a project whose calls nobody can make again."""
    return Survivor(candidate=candidate(name, nature, origin=origin))


def test_two_blind_edits_that_pass_the_same_test_leave_the_choice_to_a_human() -> None:
    one, other = edited("one", "slips.operator"), edited("two", "slips.number")
    assert one.blind
    assert reason_of(TEST, one) is VerdictReason.VERIFIED
    choice = choose([one, other], TEST)
    assert choice.reason is VerdictReason.WEAK_ORACLE
    assert "a human must choose" in choice.explanation


def test_what_was_there_before_is_preferred_to_a_blind_edit() -> None:
    before = edited("two", "restore.hunk", PatchNature.RESTORE)
    rivals = [edited("one", "slips.operator"), before, edited("three", "slips.number")]
    choice = choose(rivals, TEST)
    assert choice.reason is VerdictReason.VERIFIED
    assert name_of(choice) == "two"


def test_a_blind_edit_that_breaks_other_tests_is_no_rival() -> None:
    broken = edited("two", "slips.number").model_copy(update={"suite_ok": False})
    assert reason_of(TEST, edited("one", "slips.operator"), broken) is VerdictReason.VERIFIED
