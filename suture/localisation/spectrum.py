"""What the failing tests ran and what the passing ones ran, line by line: a program spectrum.

Suspiciousness is Ochiai's: Abreu, Zoeteweij and van Gemund, "An Evaluation of Similarity
Coefficients for Software Fault Localization", https://doi.org/10.1109/PRDC.2006.18. A spectrum was
recorded by code that nobody trusts: it may mislead the search for a place, and nothing else.
"""

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property

from pydantic import Field, ValidationError

from suture.domain.value import Value

MAX_CHARACTERS = 8 << 20
MAX_LINES = 60_000
MAX_CALLS = 20_000
MAX_NEAR = 24
"""Other files of tests that are looked at."""
WORD = re.compile(r"[a-z]{3,40}")
TESTS = re.compile(r"tests?_.*\.py|.*_tests?\.py")


class RanLine(Value):
    """A line of the project that failing tests ran."""

    path: str = Field(max_length=1_024)
    line: int = Field(ge=1)
    failed: int = Field(ge=0)
    passed: int = Field(ge=0)


class RanCall(Value):
    """A function that another one called in a failing test, each by the line that it begins at."""

    path: str = Field(max_length=1_024)
    line: int = Field(ge=1)
    caller_path: str = Field(max_length=1_024)
    caller_line: int = Field(ge=1)


class Spectrum(Value):
    """What ran in tests that fail for the reported reason, and in passing ones."""

    failed: int = Field(default=0, ge=0)
    """Failing tests that were seen."""
    passed: int = Field(default=0, ge=0)
    lines: tuple[RanLine, ...] = Field(default=(), max_length=MAX_LINES)
    raised: tuple[RanLine, ...] = Field(default=(), max_length=MAX_LINES)
    """Lines where an exception passed, caught or not."""
    calls: tuple[RanCall, ...] = Field(default=(), max_length=MAX_CALLS)

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
        calls = tuple(
            each.model_copy(
                update={"path": place(each.path), "caller_path": place(each.caller_path)}
            )
            for each in self.calls
        )
        return Spectrum(
            failed=self.failed, passed=self.passed, lines=lines, raised=raised, calls=calls
        )

    def ochiai(self, ran: RanLine) -> float:
        """Return how much a line is one of the failing tests' own: from 0 to 1."""
        every = self.failed * (ran.failed + ran.passed)
        return ran.failed / math.sqrt(every) if every else 0.0


class _Told(Value):
    """What the recorder prints: rows of path, line and how many tests of each kind ran it."""

    failed: int = Field(ge=0)
    passed: int = Field(ge=0)
    lines: tuple[tuple[str, int, int, int], ...] = Field(max_length=MAX_LINES)
    raised: tuple[tuple[str, int, int, int], ...] = Field(max_length=MAX_LINES)
    calls: tuple[tuple[str, int, str, int], ...] = Field(max_length=MAX_CALLS)


def read_spectrum(said: str, nonce: str) -> Spectrum | None:
    """Return what the recorder printed; None if it did not get that far or saw no test fail."""
    if len(said) > MAX_CHARACTERS:
        return None
    for line in said.splitlines():
        if line.startswith(f"{nonce} "):
            try:
                found = _spectrum(_Told.model_validate_json(line[len(nonce) + 1 :]))
            except ValidationError:
                return None
            return found if found.failed and found.lines else None
    return None


def neighbouring_tests(paths: Iterable[str], node_ids: Sequence[str]) -> tuple[str, ...]:
    """Return other files of tests, those of the same folder and of like names first.

    What the tests of one file have in common, only the tests of other files can tell apart.
    """
    own = {node.partition("::")[0] for node in node_ids}
    folders = {path.rpartition("/")[0] for path in own}
    asked = {word for node in node_ids for word in WORD.findall(node.lower())}
    asked -= {"test", "tests"}

    def distance(path: str) -> tuple[bool, int, str]:
        folder, _, name = path.rpartition("/")
        return folder not in folders, -len(asked.intersection(WORD.findall(name.lower()))), path

    found = (path for path in paths if TESTS.fullmatch(path.rpartition("/")[2]) and path not in own)
    return tuple(sorted(found, key=distance)[:MAX_NEAR])


def _spectrum(told: _Told) -> Spectrum:
    lines, raised = (
        tuple(
            # A class or a module begins on line 0.
            RanLine(path=path, line=line, failed=failed, passed=passed)
            for path, line, failed, passed in rows
            if line
        )
        for rows in (told.lines, told.raised)
    )
    calls = tuple(
        RanCall(path=path, line=line, caller_path=caller, caller_line=at)
        for path, line, caller, at in told.calls
        if line and at
    )
    return Spectrum(failed=told.failed, passed=told.passed, lines=lines, raised=raised, calls=calls)
