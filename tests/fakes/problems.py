"""A memory of problems."""

from suture.domain.alert import AlertSource
from suture.domain.value import Digest, Instant
from suture.ports.problems import Problem


class FakeProblems:
    """Implements `suture.ports.problems.Problems`."""

    def __init__(self) -> None:
        self._seen: dict[Problem, dict[Digest, Instant]] = {}

    def remember(self, problem: Problem, fingerprint: Digest, at: Instant) -> None:
        self._seen.setdefault(problem, {})[fingerprint] = at

    def find(self, problem: Problem) -> tuple[Digest, ...]:
        seen = self._seen.get(problem, {})
        ordered = sorted(sorted(seen), key=lambda one: seen[one], reverse=True)
        return tuple(ordered[:20])

    def names(self, service: str, source: AlertSource, fingerprint: Digest) -> tuple[str, ...]:
        seen = [
            (problem.group, at[fingerprint])
            for problem, at in self._seen.items()
            if (problem.service, problem.source) == (service, source) and fingerprint in at
        ]
        ordered = sorted(sorted(seen), key=lambda one: one[1], reverse=True)
        return tuple(group for group, _ in ordered[:20])
