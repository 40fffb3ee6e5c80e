"""What the code itself says of the errors that it means to give."""

import re
from dataclasses import dataclass

from suture.domain.evidence import Location
from suture.index.languages import language_of
from suture.localisation.snapshot import Snapshot, is_test_path
from suture.triage.clues import Clues

MAX_FILES = 300
MAX_LINE = 1_000
SHORTEST = 8
SENTINEL = re.compile(
    r"\b(?P<name>[Ee]rr\w{1,100})\s*=\s*errors\.New\(\"(?P<said>[^\"\\]{1,300})\"\)"
)
GO_ERRORS = frozenset({"panic", "error", "fatal"})


@dataclass(frozen=True, kw_only=True)
class StatedError:
    """An error of Go that has a name, and where it is stated."""

    name: str
    location: Location


def find_in_tests(pattern: re.Pattern[str], base: Snapshot) -> Location | None:
    """Return the first line of a test that matches."""
    tests = [path for path in sorted(base.paths) if is_test_path(path) and language_of(path)]
    for path in tests[:MAX_FILES]:
        for number, line in enumerate(base.file(path).lines, 1):
            if pattern.search(line[:MAX_LINE]):
                return Location(path=path, line=number)
    return None


def stated_error(clues: Clues) -> StatedError | None:
    """Return the error of Go that a panic was given, if the code states it by name.

    An error is a value there: what is wrapped last stands last, after a colon.
    """
    last = clues.chain[-1] if clues.chain else None
    if last is None or last.type not in GO_ERRORS or ": " not in last.value:
        return None
    said = last.value.strip().splitlines()[0].rpartition(": ")[2]
    if len(said) < SHORTEST or clues.evidence.crash is not None:
        return None
    sources = [path for path in sorted(clues.base.paths) if path.endswith(".go")]
    for path in [each for each in sources if not is_test_path(each)][:MAX_FILES]:
        for number, line in enumerate(clues.base.file(path).lines, 1):
            match = SENTINEL.search(line[:MAX_LINE])
            if match and match["said"] == said:
                return StatedError(name=match["name"], location=Location(path=path, line=number))
    return None
