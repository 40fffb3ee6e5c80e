"""Holding candidates against the classes of patches that mend nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from suture.domain.patch import Candidate, FileChange, PatchNature
from suture.localisation.spectrum import Spectrum
from suture.ports.source import SourceRepository
from suture.verdict.overfitting import objection, told_values

MAX_TESTS = 20
UNJUDGED = frozenset({PatchNature.RESTORE, PatchNature.HIDES_ERROR})
"""What the project's own history speaks for, and what never counts as a fix anyway."""


@dataclass(frozen=True, kw_only=True)
class Doubts:
    """What is known of one case that speaks against patches."""

    repository: SourceRepository
    base_sha: str
    told: frozenset[str]
    """Telling constants of the tests that show the fault."""
    passed: Mapping[str, Mapping[int, int]] | None
    """By file and line that failing tests run: how many passing tests run it."""

    def about(self, candidate: Candidate, changes: Sequence[FileChange]) -> str:
        """Say why a candidate is no mending, or nothing."""
        if candidate.patch.nature in UNJUDGED:
            return ""
        for change in changes:
            if change.path.endswith(".py") and change.content is not None:
                base = self.repository.read_file(self.base_sha, change.path) or ""
                passed = None if self.passed is None else self.passed.get(change.path, {})
                found = objection(base, change.content, self.told, passed)
                if found:
                    return found
        return ""


def doubts_of(
    repository: SourceRepository,
    base_sha: str,
    tests: Mapping[str, str],
    spectrum: Spectrum | None,
) -> Doubts:
    """Return what is known; `tests` are the sources of the tests that show the fault."""
    passed: dict[str, dict[int, int]] | None = None
    if spectrum is not None and spectrum.passed:
        passed = {}
        for ran in spectrum.lines:
            passed.setdefault(ran.path, {})[ran.line] = ran.passed
    told = told_values(list(tests.values())[:MAX_TESTS])
    return Doubts(repository=repository, base_sha=base_sha, told=told, passed=passed)
