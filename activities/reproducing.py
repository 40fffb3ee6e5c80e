"""Showing a fault in a test, and finding out what the right answer would have been."""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

from activities.bench import Bench, Stand
from activities.tracing import in_repository, suspect_places, trace_tests
from suture.canonical import canonical_json
from suture.domain.alert import Alert
from suture.domain.evidence import Evidence, Location
from suture.domain.patch import FileChange
from suture.domain.usage import Usage
from suture.domain.value import Digest, Value
from suture.domain.verification import (
    Oracle,
    Reproduction,
    ReproductionFiles,
    SuiteReport,
    TestOutcome,
)
from suture.errors import PatchDoesNotApply
from suture.localisation.snapshot import is_test_path
from suture.localisation.spectrum import Spectrum
from suture.ports.artifacts import ArtifactStore
from suture.reproduction.layout import ProjectLayout
from suture.reproduction.named_tests import CALLABLE, named_in, speaks_of_tests
from suture.reproduction.planning import ReproductionPlan, plan
from suture.verdict.observation import Observation, Outcome, same_failure
from suture.verdict.oracle import Expectation, expect
from suture.verdict.suite import BAD

MAX_PLANS = 8
MAX_REASONS = 5
MAX_COUNTERFACTUALS = 3
CONFIRMATIONS = 2
"""Equal runs that an observation needs before anything is built on it."""


class Reference(Value):
    """What was observed of the reported call before any patch. Kept with the reproduction."""

    expectation: Expectation
    base: tuple[Observation, ...] = ()
    last_good: tuple[Observation, ...] = ()
    returns: str | None = None


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A way of showing the fault that was seen red."""

    plan: ReproductionPlan
    reference: Reference
    test: FileChange | None
    node_ids: tuple[str, ...]

    @property
    def strength(self) -> int:
        """How strong its oracle is; lower is stronger."""
        return tuple(Oracle).index(self.reference.expectation.oracle)


class Reproducer:
    """Tries the plans of an alert until one shows the fault with the strongest oracle."""

    def __init__(self, bench: Bench, alert: Alert, evidence: Evidence) -> None:
        self._bench = bench
        self._alert = alert
        self._evidence = evidence
        self._refusals: list[str] = []
        self._spectrum: Spectrum | None = None

    def run(self, artifacts: ArtifactStore) -> Reproduction:
        """Return the reproduction, or why there is none."""
        started = time.monotonic()
        shown = self._show()
        usage = Usage(sandbox_seconds=round(time.monotonic() - started, 3))
        if shown is None:
            reason = " ".join(dict.fromkeys(self._refusals[:MAX_REASONS]))
            reason = reason or "Nothing in the alert can be called again."
            return Reproduction(reproduced=False, reason=reason[:8_000], usage=usage)
        files = ReproductionFiles(
            test_files=(shown.test,) if shown.test else (),
            probe=shown.plan.probe,
            expected=canonical_json(shown.reference).decode(),
        )
        oracle = shown.reference.expectation
        return Reproduction(
            reproduced=True,
            files=artifacts.put(canonical_json(files)),
            node_ids=shown.node_ids,
            oracle=oracle.oracle,
            regression_test=shown.test.path if shown.test else None,
            reason=" ".join([*shown.plan.reasons, oracle.reason])[:8_000],
            spectrum=self._kept_spectrum(artifacts),
            places=self._places(),
            usage=usage,
        )

    def _kept_spectrum(self, artifacts: ArtifactStore) -> Digest | None:
        return artifacts.put(canonical_json(self._spectrum)) if self._spectrum else None

    def _places(self) -> tuple[Location, ...]:
        if self._spectrum is None:
            return ()
        found = self._spectrum, self._bench.repository
        return suspect_places(self._alert, self._evidence, *found)

    def _show(self) -> Shown | None:
        best: Shown | None = None
        with self._bench.at(self._evidence.base_sha) as stand:
            if stand.toolchain.name not in CALLABLE:
                return self._show_named(stand)
            layout = self._bench.layout(stand.tree)
            plans = plan(self._alert, self._evidence, layout)
            self._refusals.extend(plans.refusals)
            for candidate in plans.plans[:MAX_PLANS]:
                shown = self._try(candidate, stand, layout)
                if shown is not None and (best is None or shown.strength < best.strength):
                    best = shown
                if best is not None and best.strength <= tuple(Oracle).index(Oracle.LAST_GOOD):
                    break
            if best is not None and best.test is None:
                spectrum = trace_tests(stand, best.node_ids)
                self._spectrum = in_repository(spectrum, stand) if spectrum else None
        return best

    def _show_named(self, stand: Stand) -> Shown | None:
        """Look for the tests that the alert names among those that fail on the base.

        In other languages than Python that is the only way: nothing there can be called again.
        """
        if not speaks_of_tests(self._alert):
            self._refusals.append(
                "The alert names no failing test, and only calls of Python can be rebuilt from "
                f"what it captured. A test that shows the fault is needed: {stand.toolchain.name} "
                "would run it."
            )
            return None
        whole = stand.run_suite({})
        if not whole.ran:
            self._refusals.append(f"The project's tests did not run. {whole.problem}")
            return None
        named = named_in(self._alert, failing(whole))
        if not named:
            count = len(failing(whole))
            self._refusals.append(
                f"None of the tests that the alert names fails on the base; {count} others do."
            )
            return None
        reason = "The project's own failing tests are the proof."
        return self._try_tests(ReproductionPlan(node_ids=named, reasons=(reason,)), stand)

    def _try(
        self, candidate: ReproductionPlan, stand: Stand, layout: ProjectLayout
    ) -> Shown | None:
        if candidate.node_ids:
            return self._try_tests(candidate, stand)
        base = self._observe(stand, candidate.probe)
        if not base:
            return None
        expectation, last_good = self._expect(candidate, stand, base[0])
        test = candidate.regression_test(expectation.observation)
        if test is None or not self._is_red(test, stand, layout):
            self._refusals.append("The test that was written for it does not fail on the base.")
            return None
        reference = Reference(
            expectation=expectation,
            base=tuple(base),
            last_good=tuple(last_good),
            returns=candidate.returns,
        )
        return Shown(
            plan=candidate,
            reference=reference,
            test=test,
            node_ids=(layout.inside(test.path) or test.path,),
        )

    def _try_tests(self, candidate: ReproductionPlan, stand: Stand) -> Shown | None:
        runs = [stand.run_tests(candidate.node_ids, {}) for _ in range(CONFIRMATIONS)]
        red = set.intersection(*(set(failing(run)) for run in runs))
        steady = tuple(name for name in candidate.node_ids if _is_among(name, red))
        if not steady:
            why = next((run.problem for run in runs if run.problem), "")
            self._refusals.append(f"The failing tests pass here, or fail only at times. {why}")
            return None
        expectation = Expectation(
            oracle=Oracle.FAILING_TEST, reason=f"{len(steady)} of the project's own tests fail."
        )
        reference = Reference(expectation=expectation)
        return Shown(plan=candidate, reference=reference, test=None, node_ids=steady)

    def _observe(self, stand: Stand, probe: str) -> list[Observation]:
        """Return confirmed observations of the reported failure, or nothing."""
        seen: list[Observation] = []
        for _ in range(CONFIRMATIONS):
            observation = stand.observe(probe, {})
            if observation is None:
                self._refusals.append("The call did not come to an end in the sandbox.")
                return []
            if not same_failure(observation, self._alert):
                self._refusals.append(_difference(observation))
                return []
            seen.append(observation)
        return seen

    def _expect(
        self, candidate: ReproductionPlan, stand: Stand, base: Observation
    ) -> tuple[Expectation, list[Observation]]:
        """Ask what the call answered without the fault; the first usable answer counts.

        The base without one suspect commit is asked before the last good commit: it has all that
        was changed on purpose since, so that only the fault makes a difference.
        """
        found: tuple[Expectation, list[Observation]] | None = None
        for seen, source in self._without_fault(candidate.probe, stand):
            expectation = expect(base, seen, candidate.returns, source)
            if expectation.oracle is Oracle.LAST_GOOD:
                return expectation, seen
            found = expectation, seen
        return found or (expect(base, [], candidate.returns), [])

    def _without_fault(
        self, probe: str, stand: Stand
    ) -> Iterator[tuple[list[Observation], str | None]]:
        """Yield what the call did, and the text of the file that crashed, where all was well."""
        crash = self._evidence.crash
        for changes in self._counterfactuals:
            files = {item.path: item.content for item in changes if item.content is not None}
            source = files.get(crash.path) if crash else None
            if crash is not None and source is None:
                source = self._bench.repository.read_file(self._evidence.base_sha, crash.path)
            yield _confirmed(partial(stand.observe, probe, files)), source
        good = self._evidence.last_good_sha
        if good is None or good == self._evidence.base_sha:
            return
        source = self._bench.repository.read_file(good, crash.path) if crash else None
        with self._bench.at(good, environment_of=self._evidence.base_sha) as earlier:
            yield _confirmed(partial(earlier.observe, probe, {})), source

    @cached_property
    def _counterfactuals(self) -> tuple[tuple[FileChange, ...], ...]:
        """The base with one suspect commit taken out, where that can be taken out cleanly."""
        repository, base = self._bench.repository, self._evidence.base_sha
        found = []
        for suspect in self._evidence.suspects[:MAX_COUNTERFACTUALS]:
            for commit in repository.log(suspect.commit, limit=1):
                paths = tuple(path for path in commit.paths if not is_test_path(path))
                if not commit.parents or not paths:
                    continue
                inverse = repository.diff(commit.sha, commit.parents[0], paths)
                with contextlib.suppress(PatchDoesNotApply):
                    found.append(repository.apply_diff(base, inverse))
        return tuple(found)

    def _is_red(self, test: FileChange, stand: Stand, layout: ProjectLayout) -> bool:
        node = layout.inside(test.path) or test.path
        return is_red(stand.run_tests((node,), {test.path: test.content or ""}))


def _confirmed(observe: Callable[[], Observation | None]) -> list[Observation]:
    """Observe until it is confirmed; what did not return at once needs no second look."""
    seen: list[Observation] = []
    for _ in range(CONFIRMATIONS):
        observation = observe()
        if observation is None:
            break
        seen.append(observation)
        if observation.outcome is not Outcome.RETURNED:
            break
    return seen


def failing(report: SuiteReport) -> tuple[str, ...]:
    """Return the tests of a run that failed or could not run."""
    return tuple(case.node_id for case in report.cases if case.outcome in BAD)


def is_red(report: SuiteReport) -> bool:
    """Whether a run of chosen tests ended with a failure of theirs."""
    return report.ran and any(case.outcome is TestOutcome.FAILED for case in report.cases)


def is_green(report: SuiteReport) -> bool:
    """Whether a run of chosen tests passed all of them, and there was at least one."""
    outcomes: Sequence[TestOutcome] = [case.outcome for case in report.cases]
    return report.ran and bool(outcomes) and all(o is TestOutcome.PASSED for o in outcomes)


def _is_among(name: str, red: set[str]) -> bool:
    """Whether a test, or one of its parametrised cases, is among the failing ones."""
    return any(one == name or one.startswith((f"{name}[", f"{name}::")) for one in red)


def _difference(observation: Observation) -> str:
    if observation.type:
        return f"Called again, it ends otherwise: {observation.type}: {observation.message[:200]}"
    return "Called again with what the alert captured, it does not fail."
