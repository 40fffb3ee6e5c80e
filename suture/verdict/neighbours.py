"""What a patch answers to calls that differ from the reported one in one value."""

from collections.abc import Sequence

from pydantic import Field

from suture.domain.value import Prose, Value
from suture.verdict.observation import Observation, Outcome, agree, informative


class Comparison(Value):
    """How a patch answers the neighbouring calls."""

    contradiction: Prose = ""
    """What it answers otherwise than both the base and the last good commit, if anything."""
    preserved: int = Field(default=0, ge=0)
    """Neighbours on which it keeps a visible answer."""


def compare_neighbours(
    patched: Observation, base: Sequence[Observation], last_good: Sequence[Observation]
) -> Comparison:
    """Compare the neighbouring calls of a patch with what the base and the last good commit do."""
    preserved = 0
    for number, seen in enumerate(patched.neighbours):
        before = [_steady(base, number), _steady(last_good, number)]
        known = [run for run in before if run is not None and run.outcome is Outcome.RETURNED]
        if not known:
            continue
        same = next((run for run in known if agree(seen, run)), None)
        if same is None:
            text = f"A call that differs from the reported one in one value (number {number + 1})"
            return Comparison(
                contradiction=f"{text} gives an answer that neither the base nor the last good "
                "commit gives.",
                preserved=preserved,
            )
        preserved += informative(same)
    return Comparison(preserved=preserved)


def _steady(runs: Sequence[Observation], number: int) -> Observation | None:
    """Return what all runs saw of a neighbour, or None if they differ or it says nothing."""
    seen = [run.neighbours[number] for run in runs if number < len(run.neighbours)]
    if not seen or len(seen) < len(runs) or not all(agree(seen[0], run) for run in seen[1:]):
        return None
    return None if seen[0].outcome is Outcome.UNUSABLE else seen[0]
