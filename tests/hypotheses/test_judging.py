"""What values in failing and passing tests say of causes that compete."""

import pytest

from suture.domain.evidence import Evidence, Location
from suture.domain.hypothesis import Hypothesis, HypothesisState
from suture.domain.verification import Reproduction
from suture.hypotheses.forming import CALLED, CRASHED, FROM_TESTS, compete
from suture.hypotheses.judging import SeenCall, SeenValues, judge, read_values
from suture.hypotheses.learning import learned
from tests.builders.reports import build_diagnosis

FIND = Location(path="shop.py", line=2, function="find")
SHOW = Location(path="shop.py", line=9, function="show")
MAIN = Location(path="main.py", line=4, function="main")
CLAIMS = (
    Hypothesis(label="H1", place=FIND, claim="It finds nothing."),
    Hypothesis(label="H2", place=SHOW, claim="It takes no nothing."),
)


def call(
    function: int, given: str, *, failing: bool = False, raised: str = "", returned: str = ""
) -> SeenCall:
    arguments = (given,) if given else ()
    return SeenCall(
        function=function, failing=failing, arguments=arguments, raised=raised, returned=returned
    )


def judged(*calls: SeenCall) -> dict[str, tuple[HypothesisState, str]]:
    found = judge(CLAIMS, SeenValues(failed=1, passed=3, calls=calls))
    return {each.label: (each.state, each.why) for each in found}


def test_what_made_an_odd_value_is_kept_and_what_was_only_given_it_is_ruled_out() -> None:
    told = judged(
        call(0, "name='x'", failing=True, returned="None"),
        call(0, "name='y'", returned="3"),
        call(1, "price=None", failing=True, raised="TypeError"),
        call(1, "price=3", returned="'3'"),
    )
    state, why = told["H1"]
    assert state is HypothesisState.KEPT
    assert why == (
        "Given name='x' it returned None in a failing test; no passing test saw such an end."
    )
    state, why = told["H2"]
    assert state is HypothesisState.RULED_OUT
    assert "Given price=None it raised TypeError" in why
    assert "H1 made such a value" in why


def test_what_failed_on_a_value_that_it_also_gets_in_passing_tests_is_kept() -> None:
    told = judged(
        call(0, "name='x'", failing=True, returned="3"),
        call(0, "name='y'", returned="3"),
        call(0, "name='x'", returned="3"),
        call(1, "price=4", failing=True, raised="KeyError"),
        call(1, "price=3", returned="'3'"),
    )
    assert told["H1"][0] is HypothesisState.RULED_OUT
    assert "did in passing ones, too" in told["H1"][1]
    assert told["H2"][0] is HypothesisState.KEPT


@pytest.mark.parametrize(
    ("calls", "state", "why"),
    [
        ((call(0, "", returned="1"),), HypothesisState.RULED_OUT, "No failing test runs it."),
        ((call(0, "", failing=True, returned="1"),), HypothesisState.OPEN, "No passing test"),
        (
            (call(0, "a=1", failing=True, returned="2"), call(0, "a=2", returned="3")),
            HypothesisState.OPEN,
            "as values do",
        ),
        (
            (
                call(0, "a=[]", failing=True, raised="ZeroDivisionError"),
                call(0, "a=[1]", returned="1"),
            ),
            HypothesisState.OPEN,
            "never give it such a value",
        ),
        (
            (call(0, "a=1", failing=True, returned="2"), call(0, "a=1", returned="3")),
            HypothesisState.KEPT,
            "from the same, passing tests got something else",
        ),
        (
            (call(0, "a=1", failing=True, returned="-2"), call(0, "a=5", returned="3")),
            HypothesisState.KEPT,
            "no passing test saw such an end",
        ),
        (
            (call(0, "a=1", failing=True, returned="0"), call(0, "a=5", returned="3")),
            HypothesisState.KEPT,
            "returned 0 in a failing test; no passing test saw such an end",
        ),
        (
            (call(0, "a=<B>", failing=True, returned="0"), call(0, "a=<B>", returned="3")),
            HypothesisState.KEPT,
            "something else",
        ),
    ],
)
def test_a_cause_by_itself_is_judged_by_what_only_failing_tests_saw(
    calls: tuple[SeenCall, ...], state: HypothesisState, why: str
) -> None:
    told = judged(*calls)
    assert told["H1"][0] is state
    assert why in told["H1"][1]


def test_those_that_were_kept_come_first() -> None:
    found = judge(
        CLAIMS,
        SeenValues(
            failed=1,
            calls=(call(1, "a=1", failing=True, raised="KeyError"), call(1, "a=2", returned="1")),
        ),
    )
    assert [each.label for each in found] == ["H2", "H1"]
    long = call(1, f"a={'x' * 190}", failing=True, raised="E")
    [first, _] = judge(CLAIMS, SeenValues(failed=1, calls=(long, call(1, "a=xy", returned="1"))))
    assert "..." in first.why


def test_what_was_recorded_is_read_within_bounds() -> None:
    told = SeenValues(failed=1, calls=(call(0, "a=1"),)).model_dump_json()
    assert read_values(f"x\nn {told}\n", "n") == SeenValues.model_validate_json(told)
    assert read_values(f"n {SeenValues(passed=1).model_dump_json()}", "n") is None
    for said in ("", "n {", 'n {"failed": -1}', "n" * (2 << 20), f"m {told}"):
        assert read_values(said, "n") is None


def test_causes_compete_only_where_there_are_several() -> None:
    one = Evidence(base_sha="a" * 40, crash=SHOW, path=(SHOW,))
    assert compete(SHOW, "So.", one) == ()
    path = Evidence(base_sha="a" * 40, crash=SHOW, path=(MAIN, SHOW))
    found = compete(FIND, "It returned nothing.", path)
    assert [(each.label, each.place, each.claim) for each in found] == [
        ("H1", FIND, "It returned nothing."),
        ("H2", SHOW, CRASHED),
        ("H3", MAIN, CALLED),
    ]
    by_tests = compete(None, "", Evidence(base_sha="a" * 40), (FIND, SHOW))
    assert {each.claim for each in by_tests} == {FROM_TESTS}


def test_the_cause_moves_only_where_it_is_ruled_out_and_another_is_kept() -> None:
    diagnosis = build_diagnosis().model_copy(update={"cause": FIND})
    out = CLAIMS[0].model_copy(update={"state": HypothesisState.RULED_OUT})
    kept = CLAIMS[1].model_copy(update={"state": HypothesisState.KEPT})

    def after(*hypotheses: Hypothesis) -> Location | None:
        found = learned(diagnosis, Reproduction(reproduced=True, hypotheses=hypotheses))
        assert found.hypotheses == (hypotheses or diagnosis.hypotheses)
        return found.cause

    assert after(kept, out) == SHOW
    assert after(CLAIMS[1], out) == FIND
    assert after(kept, CLAIMS[0]) == FIND
    assert after(kept) == FIND
    assert after() == FIND
    none = diagnosis.model_copy(update={"cause": None})
    shown = Reproduction(reproduced=True, hypotheses=(kept, out), places=(SHOW,))
    assert (learned(none, shown).cause, learned(none, shown).places) == (None, (SHOW,))
