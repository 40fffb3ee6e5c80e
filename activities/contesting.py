"""Comparing the patches that pass the same tests by what else they do."""

import ast
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from activities.behaving import Experiment, Good, functions_changed, record_calls
from activities.bench import Stand
from suture.domain.patch import Candidate
from suture.localisation.functions import parse_python
from suture.verdict.behaviour import Behaviour
from suture.verdict.rivals import Contender, Contest, hold_contest

MAX_RIVALS = 8
SECONDS = 45.0
SHARE = 0.4
"""Of the time that is left."""
RUN_SECONDS = 2.0
"""What one look is expected to take, at first."""


@dataclass(frozen=True, kw_only=True)
class Rivalry:
    """Patches of one case that pass its tests."""

    stand: Stand
    base: Callable[[str], str]
    """Returns a file's text on the base."""
    tests: Mapping[str, str]
    node_ids: tuple[str, ...]
    deadline: float
    """On the monotonic clock."""
    good: Good | None = None
    """Opens the last good commit."""

    def hold(
        self, candidates: Sequence[Candidate], fixes: Sequence[Mapping[str, str]]
    ) -> Contest | None:
        """Compare patches, the best first, with the files that each leaves; None: it cannot be.

        What there is no time for is left out, the last first.
        """
        began = time.monotonic()
        until = began + min(SECONDS, SHARE * (self.deadline - began))
        chosen = distinct(fixes)[:MAX_RIVALS]
        if len(chosen) < 2 or until < began + 3 * RUN_SECONDS:  # noqa: PLR2004 (one patch has no rival)
            return None
        originals = {path: self.base(path) for number in chosen for path in fixes[number]}
        wanted = functions_changed(originals, [fixes[number] for number in chosen])
        laid = {**fixes[chosen[0]], **self.tests}
        found = record_calls(self.stand, wanted, self.node_ids, laid, until)
        if found is None:
            return None
        base = found.run(self.stand, self.tests)
        contenders = []
        for number in chosen:
            if time.monotonic() > until:
                break
            candidate = candidates[number]
            seen = found.run(self.stand, {**fixes[number], **self.tests})
            contender = Contender(
                candidate_id=candidate.candidate_id, score=candidate.score, behaviour=seen
            )
            contenders.append(contender)
        return hold_contest(found.calls, base, contenders, self._on_good(found, until))

    def _on_good(self, found: Experiment, until: float) -> Behaviour | None:
        if self.good is None or time.monotonic() > until:
            return None
        with self.good() as earlier:
            return found.run(earlier, self.tests)


def distinct(fixes: Sequence[Mapping[str, str]]) -> list[int]:
    """Return the numbers of the fixes that are not the same program as an earlier one."""
    seen: dict[str, int] = {}
    for number, files in enumerate(fixes):
        seen.setdefault(repr(sorted((path, _meant(text)) for path, text in files.items())), number)
    return list(seen.values())


def _meant(text: str) -> str:
    """Return what a file says to Python, without its layout."""
    tree = parse_python(text)
    return ast.dump(tree) if tree else text
