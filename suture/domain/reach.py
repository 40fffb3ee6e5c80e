"""What the cause of an incident reaches: whoever calls it, and the tests that run it."""

from pydantic import Field

from suture.domain.evidence import Location
from suture.domain.value import Value

MAX_NAMED = 5


class Reach(Value):
    """The blast radius of a diagnosis, by the names in the code: nothing was run."""

    callers: int = Field(ge=0)
    """Functions that lead to the cause, directly or through others; tests are none."""
    entries: tuple[Location, ...] = Field(default=(), max_length=MAX_NAMED)
    """Those of them that nothing in the repository calls: handlers, commands, jobs."""
    tests: int = Field(ge=0)
    """Tests that reach the cause."""
    tested_by: tuple[Location, ...] = Field(default=(), max_length=MAX_NAMED)
    """The nearest of them."""
    whole: bool
    """False: there are more; the search ended at a bound."""

    def __str__(self) -> str:
        count = f"{self.callers} function{'' if self.callers == 1 else 's'}"
        more = "" if self.whole else " or more"
        tests = f"{self.tests} test{'' if self.tests == 1 else 's'}"
        return f"leading to the cause: {count}{more}; reaching it: {tests}"
