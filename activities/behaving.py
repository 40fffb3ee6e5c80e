"""What functions answer, called as tests call them: on the base, with fixes, on other commits."""

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from activities.bench import Bench, Stand
from activities.driving import Said, drive
from suture.domain.evidence import Evidence
from suture.reproduction.writing import harness
from suture.verdict.behaviour import (
    Behaviour,
    Call,
    Difference,
    Recorded,
    calls_of,
    changed_functions,
    differences,
    read_behaviour,
    read_recorded,
)
from suture.verdict.commands import options_inside

HARNESS = "_suture_harness"
RECORDING_SECONDS = 20.0
REPLAYING_SECONDS, CALL_SECONDS = 4.0, 0.3
"""For all calls of one run, and for one of them."""
STEADY_RUNS = 2

Good = Callable[[], AbstractContextManager[Stand]]


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """Calls that were recorded once, to be made in any tree of the same environment."""

    recorded: Recorded
    calls: tuple[Call, ...]

    def run(self, stand: Stand, files: Mapping[str, str]) -> Behaviour | None:
        """Make the calls with files laid over the tree; None if it did not get that far."""
        plan = {
            "inputs": [given.model_dump(mode="json") for given in self.recorded.inputs],
            "path": self.recorded.path,
            "calls": [[call.which, call.change] for call in self.calls],
            "harness": HARNESS,
            "seconds": REPLAYING_SECONDS,
            "call_seconds": CALL_SECONDS,
        }
        said = _run_driver(stand, plan, files, 3 * REPLAYING_SECONDS)
        return read_behaviour(*said, len(self.calls))


def record_calls(
    stand: Stand,
    functions: Sequence[tuple[str, str]],
    node_ids: Sequence[str],
    files: Mapping[str, str],
    until: float,
) -> Experiment | None:
    """Run the files of some tests once, and take down how they call functions.

    `functions` are paths in the repository and names; `until` is on the monotonic clock. None
    where no call could be taken down.
    """
    places = tuple(dict.fromkeys(node.partition("::")[0] for node in node_ids))
    told = options_inside(stand.bench.service.test_command, places)
    if told is None or not functions:
        return None
    above = stand.inside("")
    seconds = max(1.0, min(RECORDING_SECONDS, until - time.monotonic()))
    plan = {
        "functions": [[path.removeprefix(above), name] for path, name in functions],
        "options": told[0],
        "inputs": [],
        "seconds": seconds,
    }
    said = _run_driver(stand, plan, files, 2 * seconds).last
    recorded = read_recorded(said) if said else None
    return Experiment(recorded=recorded, calls=calls_of(recorded)) if recorded else None


def _run_driver(stand: Stand, plan: object, files: Mapping[str, str], seconds: float) -> Said:
    laid = {**files, stand.inside(f"{HARNESS}.py"): harness()}
    return drive(stand, "call", json.dumps(plan), laid, seconds)


def last_good(bench: Bench, evidence: Evidence) -> Good | None:
    """Return what opens the last good commit in the base's environment, if that commit is known."""
    good, base = evidence.last_good_sha, evidence.base_sha
    if good is None or good == base:
        return None
    return lambda: bench.at(good, environment_of=base)


def functions_changed(
    originals: Mapping[str, str], fixes: Iterable[Mapping[str, str]]
) -> list[tuple[str, str]]:
    """Return path and name of each function that one of some fixes changes."""
    found = (
        (path, name)
        for files in fixes
        for path, text in files.items()
        if path.endswith(".py")
        for name in changed_functions(originals.get(path, ""), text)
    )
    return list(dict.fromkeys(found))


@dataclass(frozen=True, kw_only=True)
class Compared:
    """What comparing came to."""

    calls: int = 0
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A fix on a stand of the base."""

    stand: Stand
    fixed: Mapping[str, str]
    """The changed files as the fix leaves them."""
    originals: Mapping[str, str]
    tests: Mapping[str, str]
    node_ids: tuple[str, ...]
    """Tests whose files show how the changed functions are called."""

    def run(self, good: Good | None, until: float) -> Compared:
        """Compare; `good` opens the last good commit, `until` is on the monotonic clock."""
        wanted = functions_changed(self.originals, [self.fixed])
        laid = {**self.fixed, **self.tests}
        found = record_calls(self.stand, wanted, self.node_ids, laid, until)
        if found is None:
            return Compared()
        patched = found.run(self.stand, laid)
        base = [found.run(self.stand, self.tests) for _ in range(STEADY_RUNS)]
        seen = [run for run in base if run is not None]
        if patched is None or len(seen) < STEADY_RUNS or time.monotonic() > until:
            return Compared()
        right = None
        if good is not None:
            with good() as earlier:
                right = found.run(earlier, self.tests)
        told = differences(found.calls, seen, patched, right)
        return Compared(calls=len(found.calls), differences=told)
