"""What the failing tests ran and what the passing ones ran, line by line: a program spectrum.

Suspiciousness is Ochiai's: Abreu, Zoeteweij and van Gemund, "An Evaluation of Similarity
Coefficients for Software Fault Localization", https://doi.org/10.1109/PRDC.2006.18. A spectrum was
recorded by code that nobody trusts: it may mislead the search for a place, and nothing else.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import cached_property

from pydantic import Field, ValidationError

from suture.domain.value import Value

MAX_CHARACTERS = 8 << 20
MAX_LINES = 60_000


class RanLine(Value):
    """A line of the project that failing tests ran."""

    path: str = Field(max_length=1_024)
    line: int = Field(ge=1)
    failed: int = Field(ge=0)
    passed: int = Field(ge=0)


class Spectrum(Value):
    """What ran in tests that fail for the reported reason, and in passing ones."""

    failed: int = Field(default=0, ge=0)
    """Failing tests that were seen."""
    passed: int = Field(default=0, ge=0)
    lines: tuple[RanLine, ...] = Field(default=(), max_length=MAX_LINES)
    raised: tuple[RanLine, ...] = Field(default=(), max_length=MAX_LINES)
    """Lines where an exception passed, caught or not."""

    @cached_property
    def by_path(self) -> Mapping[str, Mapping[int, float]]:
        """Ochiai's coefficient of each line."""
        found: dict[str, dict[int, float]] = defaultdict(dict)
        for ran in self.lines:
            found[ran.path][ran.line] = self.ochiai(ran)
        return found

    def moved(self, place: Callable[[str], str]) -> "Spectrum":
        """Return it with the path of each file put through a function."""
        lines, raised = (
            tuple(each.model_copy(update={"path": place(each.path)}) for each in told)
            for told in (self.lines, self.raised)
        )
        return Spectrum(failed=self.failed, passed=self.passed, lines=lines, raised=raised)

    def ochiai(self, ran: RanLine) -> float:
        """Return how much a line is one of the failing tests' own: from 0 to 1."""
        every = self.failed * (ran.failed + ran.passed)
        return ran.failed / math.sqrt(every) if every else 0.0


def read_spectrum(said: str, nonce: str) -> Spectrum | None:
    """Return what the recorder printed; None if it did not get that far or saw no test fail."""
    if len(said) > MAX_CHARACTERS:
        return None
    for line in said.splitlines():
        if line.startswith(f"{nonce} "):
            try:
                found = Spectrum.model_validate_json(line[len(nonce) + 1 :])
            except ValidationError:
                return None
            return found if found.failed and found.lines else None
    return None
