import pytest

from suture.agent.ending import EndKind, Tier, escalation, gives_up_untried
from suture.domain.diagnosis import Category, Diagnosis, Fixability

RULES = Diagnosis(
    category=Category.CODE_DEFECT, fixability=Fixability.FIXABLE, summary="It adds.", confidence=0.9
)
OWN = RULES.model_copy(update={"reasoned_by": "cheap"})
NOT_CODE = OWN.model_copy(update={"category": Category.CONFIGURATION})


def tier(
    end: EndKind, diagnosis: Diagnosis = RULES, proposals: int = 0, *, provable: bool = True
) -> Tier:
    return Tier(model="cheap", end=end, diagnosis=diagnosis, proposals=proposals, provable=provable)


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (tier(EndKind.PROVIDER_OUT), "could not be asked"),
        (tier(EndKind.LED_NOWHERE), "no proposal"),
        (tier(EndKind.GAVE_UP), "no proposal"),
        (tier(EndKind.GAVE_UP, OWN, 2), "None of its 2 proposals"),
        (tier(EndKind.LED_NOWHERE, NOT_CODE), "no proposal"),
        (
            tier(EndKind.GAVE_UP, RULES.model_copy(update={"category": Category.NOISE})),
            "no proposal",
        ),
    ],
)
def test_a_stronger_model_is_asked_where_the_evidence_speaks_for_it(seen: Tier, why: str) -> None:
    judged = escalation(seen)
    assert judged.wanted
    assert why in judged.why


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (tier(EndKind.VERIFIED, proposals=1), "fix stands"),
        (tier(EndKind.OVERRUN), "used up"),
        (tier(EndKind.OUT_OF_TIME), "used up"),
        (tier(EndKind.GAVE_UP, NOT_CODE), "configuration, not for code"),
        (tier(EndKind.LED_NOWHERE, provable=False), "not reproduced"),
    ],
)
def test_it_is_not_asked_where_it_could_not_help(seen: Tier, why: str) -> None:
    judged = escalation(seen)
    assert not judged.wanted
    assert why in judged.why


@pytest.mark.parametrize(
    ("called", "untried"),
    [
        (["read_file", "give_up"], True),
        (["rewrite_function", "give_up"], True),
        (["propose_fix", "give_up"], False),
        (["conclude", "give_up"], False),
        (["give_up", "read_file", "give_up"], False),
        ([*["read_file"] * 5, "give_up"], False),
    ],
)
def test_giving_up_before_anything_was_tried_is_told_apart(
    called: list[str], *, untried: bool
) -> None:
    assert gives_up_untried(called) is untried
