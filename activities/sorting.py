"""Which candidates are worth a run of their own, and in which order."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from activities.screening import Look, Screening
from suture.domain.patch import Candidate

FIRST_SCREENED = 6
SCREENED = 48
"""Candidates that are sorted out in one sandbox run: few at first, for the best come first."""
LOOK_SECONDS = 60.0
"""For all candidates of a failing test together."""
SHARE = 0.5
"""Of the time that is left."""
MAX_ALONE = 200
"""Runs of their own for what could not be sorted out; of a probe, candidates altogether: where
rivals count, all of them may be tried alone."""
MAX_BREAKING = 6
"""Runs for what makes the test pass and breaks another beside it."""
PATIENCE = 10.0
"""How much more time candidates have where none stood, and some did not come to an end."""


@dataclass(kw_only=True)
class Sorting:
    """Sorts candidates out before they are tried alone."""

    screening: Screening
    files_of: Callable[[Candidate], Mapping[str, str] | None]
    """Files to lay over the tree; None for what only a run of its own can tell of."""
    is_enough: Callable[[], bool]
    deadline: float
    """On the monotonic clock."""
    passed_over: list[Candidate] = field(default_factory=list)
    """What was sorted out."""
    stood: list[Candidate] = field(default_factory=list)
    """Where tests are the proof: what passes them and breaks none beside them."""

    def promising(self, candidates: Sequence[Candidate]) -> Iterator[Candidate]:
        """Yield the candidates that are worth a run of their own, in the order of their scores.

        A probe's answer is judged beside those of rivals, so nothing is kept back that might
        stand. Where tests are the proof, all candidates are looked at before the first is tried.
        """
        if self.screening.probe:
            yield from self._in_chunks(candidates[:MAX_ALONE])
        else:
            yield from self._at_once(candidates)

    def not_red_again(self) -> Iterator[Candidate]:
        """Yield what was sorted out, but not when it is looked at again in the reverse order.

        One candidate may spoil the look at another that comes after it, and is after it then.
        """
        candidates = self.passed_over[::-1]
        for start in range(0, len(candidates), SCREENED):
            if time.monotonic() > self.deadline:
                return
            chunk = candidates[start : start + SCREENED]
            found = self._looks(chunk, max(self.deadline - time.monotonic(), 1.0))
            for candidate, look in zip(chunk, found, strict=True):
                if look is not Look.RED:
                    yield candidate

    def _in_chunks(self, candidates: Sequence[Candidate]) -> Iterator[Candidate]:
        start, size = 0, FIRST_SCREENED
        while start < len(candidates) and not self.is_enough():
            chunk = candidates[start : start + size]
            start, size = start + size, SCREENED
            found = self._looks(chunk, max(self.deadline - time.monotonic(), 1.0))
            for candidate, look in zip(chunk, found, strict=True):
                if look in {Look.GREEN, Look.UNTRIED}:
                    yield candidate
                elif not self.is_enough():
                    self.passed_over.append(candidate)

    def _at_once(self, candidates: Sequence[Candidate]) -> Iterator[Candidate]:
        seen = self._sorted_out(candidates)
        while seen[Look.UNTRIED] and not seen[Look.GREEN] and not self.is_enough():
            more = self._sorted_out(seen[Look.UNTRIED])
            if len(more[Look.UNTRIED]) == len(seen[Look.UNTRIED]):
                break
            # The time was over before them. Looks together are far cheaper than runs alone.
            seen[Look.UNTRIED] = []
            seen = {look: [*seen[look], *more[look]] for look in Look}
        self.stood += seen[Look.GREEN]
        yield from seen[Look.GREEN]
        yield from seen[Look.UNTRIED][:MAX_ALONE] if not seen[Look.GREEN] else ()
        yield from seen[Look.BREAKS][:MAX_BREAKING]
        if seen[Look.SLOW] and not seen[Look.GREEN] and not self.is_enough():
            again = self._looks(seen[Look.SLOW], self._seconds(), PATIENCE)
            yield from self._of(seen[Look.SLOW], again, Look.GREEN)
        self.passed_over += [*seen[Look.RED], *seen[Look.SLOW]]

    def _sorted_out(self, candidates: Sequence[Candidate]) -> dict[Look, list[Candidate]]:
        found = self._looks(candidates, self._seconds())
        return {look: self._of(candidates, found, look) for look in Look}

    def _seconds(self) -> float:
        return max(1.0, min(LOOK_SECONDS, SHARE * (self.deadline - time.monotonic())))

    def _of(
        self, candidates: Sequence[Candidate], found: Sequence[Look], wanted: Look
    ) -> list[Candidate]:
        return [one for one, look in zip(candidates, found, strict=True) if look is wanted]

    def _looks(
        self, candidates: Sequence[Candidate], seconds: float, patience: float = 1.0
    ) -> tuple[Look, ...]:
        tried: dict[int, Mapping[str, str]] = {}
        for number, candidate in enumerate(candidates):
            files = self.files_of(candidate)
            if files is not None:
                tried[number] = files
        looks = self.screening.run(list(tried.values()), seconds, patience)
        found = dict(zip(tried, looks, strict=True))
        return tuple(found.get(number, Look.UNTRIED) for number in range(len(candidates)))
