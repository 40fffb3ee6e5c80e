"""Looking twice at a patch that passes the gate, for what a careful reviewer would ask.

Would the regression test notice if the fix were slightly wrong? What else answers otherwise with
it? Do the project's own linters and type checkers object to it? Does the suite take longer?
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from activities.behaving import Compared, Comparison, Good
from activities.bench import Stand
from activities.checking import new_objections
from activities.covering import Covering
from activities.reproducing import is_green
from activities.screening import Screening
from suture.domain.patch import FileChange
from suture.domain.verification import Scrutiny, SuiteReport
from suture.verdict.behaviour import Difference
from suture.verdict.coverage import Coverage
from suture.verdict.mutants import Mutant, near_mutants

SECONDS = 60.0
"""For all variants together."""
MAX_CONFIRMED = 8
"""Variants that are run alone, because they seemed to pass."""
SHOWN = 5
SLOWER = 2.0
"""Times the base's duration: what is less is chance on a busy machine."""
SHORTEST_SECONDS = 2.0
"""Suites that are over sooner measure little besides the start of the runner."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A patch with what proves it."""

    changes: tuple[FileChange, ...]
    originals: Mapping[str, str]
    """Text of the changed files on the base; empty for new ones."""
    tests: Mapping[str, str]
    """Files of the regression test."""
    node_ids: tuple[str, ...]
    base_suite: SuiteReport
    patched_suite: SuiteReport
    good: Good | None = None
    """Opens a stand of the last good commit, where one is known."""


def scrutinise(subject: Subject, stand: Stand, deadline: float) -> Scrutiny:
    """Run variants of the fix, and what is slow again; `deadline` is on the monotonic clock."""
    until = min(deadline, time.monotonic() + SECONDS)
    tried, survivors = _mutants(subject, stand, until)
    coverage = _cover(subject, stand, until)
    compared = _compare(subject, stand, deadline)
    ratio = _suite_ratio(subject, stand, deadline)
    notes = [_told(item) for item in compared.differences[:SHOWN]]
    fixed = {change.path: change.content or "" for change in subject.changes}
    objections = new_objections(fixed, stand, min(deadline, time.monotonic() + SECONDS))
    notes += [f"New with the fix: {said}" for said in objections[:SHOWN]]
    notes += coverage.notes[:SHOWN] if coverage else ()
    notes += [f"The test does not notice {mutant.title}" for mutant in survivors[:SHOWN]]
    if ratio is not None:
        notes.append(f"The existing tests take {ratio:.1f} times as long with the fix.")
    return Scrutiny(
        mutants=tried,
        survivors=tuple(mutant.title for mutant in survivors),
        suite_ratio=ratio,
        compared=compared.calls,
        differences=len(compared.differences),
        statements=coverage.statements if coverage else 0,
        covered_by_test=coverage.by_test if coverage else 0,
        covered=coverage.by_any if coverage else 0,
        uncovered=coverage.uncovered if coverage else (),
        notes=tuple(note[:500] for note in notes),
    )


def _compare(subject: Subject, stand: Stand, deadline: float) -> Compared:
    comparison = Comparison(
        stand=stand,
        fixed={change.path: change.content or "" for change in subject.changes},
        originals=subject.originals,
        tests=subject.tests,
        node_ids=subject.node_ids,
    )
    return comparison.run(subject.good, min(deadline, time.monotonic() + SECONDS))


def _cover(subject: Subject, stand: Stand, until: float) -> Coverage | None:
    covering = Covering(
        stand=stand,
        fixed={change.path: change.content or "" for change in subject.changes},
        originals=subject.originals,
        tests=subject.tests,
        node_ids=subject.node_ids,
        suite=subject.base_suite,
    )
    return covering.run(until)


def _told(found: Difference) -> str:
    before = "before, as on the last good commit" if found.was_right else "before"
    return f"{found.call} gives {found.after}; {before}: {found.before}"


def _mutants(subject: Subject, stand: Stand, until: float) -> tuple[int, tuple[Mutant, ...]]:
    """Return how many variants were run, and those with which the test still passes."""
    mutants = tuple(
        mutant
        for change in subject.changes
        for mutant in near_mutants(
            change.path, subject.originals.get(change.path, ""), change.content or ""
        )
    )
    fixed = {change.path: change.content or "" for change in subject.changes}
    laid = [{**fixed, **subject.tests, mutant.path: mutant.content} for mutant in mutants]
    screening = Screening(
        stand=stand, probe="", node_ids=subject.node_ids, test_files=subject.tests
    )
    worthy = screening.run(laid, max(until - time.monotonic(), 1.0))
    killed, survivors, looked = worthy.count(False), [], 0
    for mutant, files, worth in zip(mutants, laid, worthy, strict=True):
        if not worth or looked >= MAX_CONFIRMED or time.monotonic() > until:
            continue
        looked += 1
        if is_green(stand.run_tests(subject.node_ids, files)):
            survivors.append(mutant)
    return killed + looked, tuple(survivors)


def _suite_ratio(subject: Subject, stand: Stand, deadline: float) -> float | None:
    """Return how many times longer the suite takes, if it does so twice in a row."""
    before, after = subject.base_suite.seconds, subject.patched_suite.seconds
    if after < SHORTEST_SECONDS or after < SLOWER * before:
        return None
    if time.monotonic() + before + after > deadline:
        return None
    before = max(before, stand.run_suite({}).seconds)
    files = {change.path: change.content or "" for change in subject.changes}
    after = min(after, stand.run_suite({**files, **subject.tests}).seconds)
    return round(after / before, 2) if after >= SLOWER * before > 0 else None
