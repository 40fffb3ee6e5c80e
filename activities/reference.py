"""What was observed of a reported call before any patch, kept with the reproduction."""

from suture.domain.value import Value
from suture.verdict.observation import Observation
from suture.verdict.oracle import Expectation


class Reference(Value):
    """What was observed of the reported call before any patch. Kept with the reproduction."""

    expectation: Expectation
    base: tuple[Observation, ...] = ()
    last_good: tuple[Observation, ...] = ()
    returns: str | None = None
