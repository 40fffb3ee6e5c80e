"""A cause that competes with others, and what a test of it said."""

from enum import StrEnum

from pydantic import Field

from suture.domain.evidence import Location
from suture.domain.value import Line, Value


class HypothesisState(StrEnum):
    """What became of a hypothesis."""

    UNTESTED = "untested"
    KEPT = "kept"
    """What was observed speaks for it."""
    OPEN = "open"
    """It was looked at, and nothing told it apart."""
    RULED_OUT = "ruled_out"


class Hypothesis(Value):
    """One place where the fault may have been made."""

    label: str = Field(pattern=r"^H[1-9]$")
    place: Location
    claim: Line
    """What would have gone wrong there."""
    state: HypothesisState = HypothesisState.UNTESTED
    why: Line = ""
    """What was observed in failing and passing runs; empty while it is untested."""
