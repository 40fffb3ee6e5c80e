"""What the existing tests say of patches, and which of these tests say nothing."""

import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from activities.bench import Stand
from activities.impacted import run_impacted
from activities.reproducing import failing, is_green
from suture.domain.value import CommitSha
from suture.domain.verification import SuiteReport, TestOutcome
from suture.verdict.suite import new_failures

UNMASKING_RUNS = 3
"""With two in other orders, five reruns: these unmask 95 % of flaky failures of FlakeFlagger's."""
UNMASKING_SECONDS = 20.0
"""For all reruns of a trial together."""
MAX_ALONE = 2
MAX_UNMASKED = 5
MAX_SHUFFLED = 200
"""Tests of one rerun in another order."""
SEED = 1

Rerun = tuple[str, tuple[str, ...], bool]
"""How in words, which tests, and whether the order is what differs."""


@dataclass(kw_only=True)
class PatchedSuites:
    """Runs the existing suite with patches, each once."""

    base_sha: CommitSha
    base: SuiteReport
    deadline: float
    """On the monotonic clock."""
    flaky: tuple[str, ...] = ()
    """Tests whose outcome says nothing; begins with what the base's runs showed."""
    reports: dict[str, SuiteReport] = field(default_factory=dict)
    """The patched suite by candidate id."""
    looked_at: set[str] = field(default_factory=set)
    """Tests that were run again on the base, to see whether they are flaky."""
    notes: list[str] = field(default_factory=list)
    spent: float = 0.0
    """Seconds of reruns on the base so far."""

    def stands(self, key: str, files: Mapping[str, str], stand: Stand) -> bool:
        """Whether the suite shows no new failure with these files laid over the tree."""
        if key not in self.reports:
            self.reports[key] = self._broken_first(files, stand) or stand.run_suite(files)
        fails = new_failures(self.base, self.reports[key], self.flaky)
        if fails and self._unmask(fails, files, stand):
            fails = new_failures(self.base, self.reports[key], self.flaky)
        return not fails

    def _broken_first(self, files: Mapping[str, str], stand: Stand) -> SuiteReport | None:
        """Return what the tests of the changed files say, if that already speaks against it."""
        first = run_impacted(files, stand, self.base_sha, self.base)
        fails = new_failures(self.base, first, self.flaky) if first else ()
        return first if fails and not self._unmask(fails, files, stand) else None

    def _unmask(self, fails: Sequence[str], files: Mapping[str, str], stand: Stand) -> bool:
        """Run what fails with a patch on the base again; tell whether one of them is flaky.

        Few tests at a time, and each only once in a trial: most failures are the patch's fault.
        """
        suspected = [name for name in fails if name not in self.looked_at][:MAX_UNMASKED]
        self.looked_at.update(suspected)
        before = len(self.flaky)
        for words, chosen, ordered in self._reruns(suspected):
            began = time.monotonic()
            if began > self.deadline or self.spent > UNMASKING_SECONDS:
                break
            seen = set(failing(stand.run_tests(chosen, {}))) & set(suspected) - set(self.flaky)
            for name in sorted(seen):
                # What depends on the order is excused only where the patch alone does it no harm.
                if not ordered or is_green(stand.run_tests((name,), files)):
                    self.notes.append(f"{name} fails on the base, too, {words}.")
                    self.flaky = tuple(sorted({*self.flaky, name}))
            self.spent += time.monotonic() - began
        return len(self.flaky) > before

    def _reruns(self, suspected: Sequence[str]) -> list[Rerun]:
        """Return which tests to run on the base, and how.

        Most flaky tests of Python depend on the order: https://doi.org/10.1109/ICST49551.2021.00026.
        """
        again: Rerun = ("run without the others", tuple(suspected), False)
        alone: list[Rerun] = [("run alone", (name,), False) for name in suspected[:MAX_ALONE]]
        if not suspected:
            return []
        return [
            *[again] * UNMASKING_RUNS,
            *(alone if len(suspected) > 1 else ()),
            *(("in another order", order, True) for order in self._orders(suspected)),
        ]

    def _orders(self, suspected: Sequence[str]) -> tuple[tuple[str, ...], ...]:
        """Return the tests of the same files backwards, and in an order drawn by lot."""
        places = {name.partition("::")[0] for name in suspected}
        beside = [
            case.node_id
            for case in self.base.cases
            if case.outcome is TestOutcome.PASSED and case.node_id.partition("::")[0] in places
        ]
        if not 1 < len(beside) <= MAX_SHUFFLED:
            return ()
        drawn = list(beside)
        random.Random(SEED).shuffle(drawn)  # noqa: S311 (the same order each time, and no secret)
        return tuple(beside[::-1]), tuple(drawn)
