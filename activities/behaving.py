"""Comparing what changed functions answer on the base, with the fix and on the last good commit."""

import json
import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.resources import files as resources

from activities.bench import Stand
from suture.reproduction.target import Target
from suture.reproduction.writing import write_probe
from suture.verdict.behaviour import Difference, changed_functions, differences, read_calls
from suture.verdict.commands import options_inside

DRIVER_PATH, PLAN_PATH = ".suture_calls.py", ".suture_calls.json"
RECORDING_SECONDS = 20.0
STEADY_RUNS = 2

Good = Callable[[], AbstractContextManager[Stand]]


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
        wanted = [
            (path, name)
            for path, text in self.fixed.items()
            if path.endswith(".py")
            for name in changed_functions(self.originals.get(path, ""), text)
        ]
        targets = self._targets(wanted, until) if wanted else []
        if not targets:
            return Compared()
        probe = write_probe(tuple(targets))
        patched = self.stand.observe(probe, self.fixed)
        base = [self.stand.observe(probe, {}) for _ in range(STEADY_RUNS)]
        seen = [run for run in base if run is not None]
        if patched is None or len(seen) < STEADY_RUNS or time.monotonic() > until:
            return Compared()
        right = None
        if good is not None:
            with good() as earlier:
                right = earlier.observe(probe, {})
        return Compared(calls=len(targets), differences=differences(targets, seen, patched, right))

    def _targets(self, wanted: list[tuple[str, str]], until: float) -> list[Target]:
        """Run the tests once with the fix, and take down how they call what it changed."""
        told = options_inside(self.stand.bench.service.test_command, self._files())
        if told is None:
            return []
        layout = self.stand.bench.layout(self.stand.tree)
        seconds = max(1.0, min(RECORDING_SECONDS, until - time.monotonic()))
        plan = {
            "functions": [[layout.inside(path), name] for path, name in wanted],
            "options": told[0],
            "seconds": seconds,
        }
        nonce = secrets.token_hex(16)
        laid = {**self.fixed, **self.tests, self.stand.inside(PLAN_PATH): json.dumps(plan)}
        driver = (resources("activities") / "call_driver.py").read_text(encoding="utf-8")
        said = self.stand.run_script(DRIVER_PATH, driver, (PLAN_PATH, nonce), laid, 2 * seconds)
        lines = [line for line in said.splitlines() if line.startswith(f"{nonce} ")]
        return read_calls(lines[-1].partition(" ")[2], layout, wanted) if lines else []

    def _files(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(node.partition("::")[0] for node in self.node_ids))
