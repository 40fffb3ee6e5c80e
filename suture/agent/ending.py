"""How conversations end, and whether the evidence speaks for asking a stronger model."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from suture.domain.diagnosis import Category, Diagnosis
from suture.domain.value import Line, Value

CODE = frozenset({Category.CODE_DEFECT, Category.UNKNOWN})


class EndKind(StrEnum):
    """How a conversation ends."""

    VERIFIED = "verified"
    GAVE_UP = "gave_up"
    LED_NOWHERE = "led_nowhere"
    OVERRUN = "overrun"
    """A budget is used up: no other model may be asked either."""
    OUT_OF_TIME = "out_of_time"
    PROVIDER_OUT = "provider_out"
    """The provider or a tool failed for good: the next tier may do better."""


TRIES = frozenset({"propose_fix", "propose_reproduction", "conclude"})
"""Calls by which a model shows work: what is to be judged, or citations to be looked up."""
PATIENCE = 6
"""Calls after which nobody is kept from giving up."""
GIVE_UP = "give_up"
TOO_SOON = (
    "Tests that show the fault still fail on this code, and you proposed no change. Change what is "
    "at fault and call `propose_fix`. If no code of this project is at fault, call `give_up` again."
)

FINAL = {
    EndKind.VERIFIED: "A fix stands.",
    EndKind.OVERRUN: "What the repair may use is used up.",
    EndKind.OUT_OF_TIME: "What the repair may use is used up.",
}


@dataclass(frozen=True)
class End:
    """How it ended, and why."""

    kind: EndKind
    reason: str


class Tier(Value):
    """What one model came to."""

    model: str
    end: EndKind
    diagnosis: Diagnosis
    """With what the model concluded, if its citations were found."""
    proposals: int
    """How many fixes it handed in."""
    provable: bool
    """Whether any fix could be verified: the fault is reproduced, or policy takes less."""


class Escalation(Value):
    """Whether the next model is asked, and what speaks for it or against it."""

    wanted: bool
    why: Line


def escalation(tier: Tier) -> Escalation:
    """Judge by what happened, never by what the model says of itself."""
    if tier.end in FINAL:
        return Escalation(wanted=False, why=FINAL[tier.end])
    if tier.end is EndKind.PROVIDER_OUT:
        return Escalation(wanted=True, why="It could not be asked to the end.")
    if _shown_not_code(tier):
        why = f"It gave up, and what it cites speaks for {tier.diagnosis.category}, not for code."
        return Escalation(wanted=False, why=why)
    if not tier.provable:
        why = "The fault is still not reproduced, so no model's fix could be verified."
        return Escalation(wanted=False, why=why)
    if tier.proposals:
        why = f"None of its {tier.proposals} proposals passed the evidence gate."
        return Escalation(wanted=True, why=why)
    return Escalation(wanted=True, why="It came to no proposal.")


def has_tried(called: Sequence[str]) -> bool:
    """Whether a model that called these tools has shown work, or has had its chances."""
    return len(called) >= PATIENCE or not TRIES.isdisjoint(called)


def gives_up_untried(called: Sequence[str]) -> bool:
    """Whether a model gives up without having tried anything.

    Small models say of code that a test was just seen to fail on that nothing is wrong with it.

    Args:
        called: The tools that it called in the whole conversation, with this call.
    """
    return called.count(GIVE_UP) == 1 and not has_tried(called)


def _shown_not_code(tier: Tier) -> bool:
    """Whether the model gave up after a conclusion of its own whose citations exist."""
    own = tier.diagnosis.reasoned_by == tier.model
    return tier.end is EndKind.GAVE_UP and own and tier.diagnosis.category not in CODE
