"""From an alert to the ways of showing its failure again: the way into this package.

How a repair uses a plan, in order, plan by plan until one reproduces:

1. With `node_ids`, run those tests on the base: the project's own failing test is the oracle.
2. Else lay `probe` at `PROBE_PATH` over the base and run it with the project's Python, a fresh
   random nonce as its one argument, and at most `PROBE_SECONDS` of wall time. It is reproduced when
   `same_failure(parse(stdout, nonce), alert)`.
3. Run the same probe on the last good commit, twice: `suture.verdict.oracle.expect` says whether
   that makes an expectation.
4. `plan.regression_test(expected)` is the file for the pull request.
"""

from suture.canonical import digest_of
from suture.domain.alert import Alert
from suture.domain.evidence import Evidence
from suture.domain.patch import FileChange
from suture.domain.value import Value
from suture.reproduction.layout import ProjectLayout
from suture.reproduction.neighbours import neighbours_of
from suture.reproduction.regression import TestSubject, subject_of, write_test
from suture.reproduction.style import new_test_path, style_of
from suture.reproduction.target import Target, failing_tests, find_targets
from suture.reproduction.writing import PROBE_PATH, write_probe
from suture.verdict.observation import Observation

__all__ = ["PROBE_PATH", "PROBE_SECONDS", "Plans", "ReproductionPlan", "plan"]

PROBE_SECONDS = 30.0
"""Enough for imports and one call; a call that was captured in production answered someone."""


class ReproductionPlan(Value):
    """One way of showing the failure again."""

    node_ids: tuple[str, ...] = ()
    """The project's own failing tests, relative to the service's root; then nothing else is set."""
    target: Target | None = None
    probe: str = ""
    """A script for `PROBE_PATH`; its one argument is the nonce."""
    subject: TestSubject | None = None
    reasons: tuple[str, ...] = ()
    """How it was rebuilt, and what speaks against the arguments being production's."""

    @property
    def weak(self) -> bool:
        """Whether the arguments may differ from production's."""
        return self.target is not None and bool(self.target.doubts)

    @property
    def returns(self) -> str | None:
        """The return annotation of the called function."""
        return self.target.returns if self.target else None

    def regression_test(self, expected: Observation | None) -> FileChange | None:
        """Return the new test file, or None where the project's own tests are the proof."""
        return write_test(self.subject, expected) if self.subject else None


class Plans(Value):
    """All ways of showing the failure again, in the order in which to try them."""

    plans: tuple[ReproductionPlan, ...]
    refusals: tuple[str, ...] = ()
    """Why frames could not be called: what to tell people when nothing reproduces."""


def plan(alert: Alert, evidence: Evidence, layout: ProjectLayout) -> Plans:
    """Return the plans for an alert, best first; none if nothing in it can be called."""
    plans = []
    node_ids = failing_tests(alert, layout)
    if node_ids:
        reason = "The project's own failing tests are the proof."
        plans.append(ReproductionPlan(node_ids=node_ids, reasons=(reason,)))
    search = find_targets(alert, evidence, layout)
    plans += [_plan(alert, target, layout) for target in search.targets]
    return Plans(plans=tuple(plans), refusals=search.refusals)


def _plan(alert: Alert, target: Target, layout: ProjectLayout) -> ReproductionPlan:
    style = style_of(layout, target.way)
    digest = digest_of([alert.service, target.model_dump(mode="json")])
    path = new_test_path(layout, style, target.way.module, digest)
    place = ".".join(part for part in (target.way.module, target.name) if part)
    reason = f"{place} is called with the arguments that the alert captured."
    return ReproductionPlan(
        target=target,
        probe=write_probe((target, *neighbours_of(target, layout))),
        subject=subject_of(alert, target, style, path),
        reasons=(reason if target.carries_data else f"{place} is run as it is.", *target.doubts),
    )
