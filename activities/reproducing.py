"""Showing a fault in a test, and finding out what the right answer would have been."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from activities.bench import Bench, Stand
from activities.comparing_causes import compare_causes
from activities.good_states import GoodStates
from activities.new_tests import NewTests, Taken
from activities.reference import Reference
from activities.tracing import in_repository, suspect_places, trace_tests
from suture.canonical import canonical_json
from suture.domain.alert import Alert
from suture.domain.evidence import Evidence, Location
from suture.domain.hypothesis import Hypothesis
from suture.domain.patch import FileChange
from suture.domain.usage import Usage
from suture.domain.value import Digest
from suture.domain.verification import (
    Oracle,
    Reproduction,
    ReproductionFiles,
    SuiteReport,
    TestOutcome,
)
from suture.hypotheses.forming import compete
from suture.localisation.cause import find_cause
from suture.localisation.evidence import said_by
from suture.localisation.snapshot import Snapshot
from suture.localisation.spectrum import Spectrum
from suture.ports.artifacts import ArtifactStore
from suture.reproduction.captured import Captured, captured_calls
from suture.reproduction.layout import ProjectLayout
from suture.reproduction.named_tests import CALLABLE, named_in, speaks_of_tests
from suture.reproduction.planning import ReproductionPlan, plan
from suture.verdict.observation import Observation, Outcome, same_failure
from suture.verdict.oracle import Expectation, expect
from suture.verdict.suite import BAD

MAX_PLANS = 8
MAX_REASONS = 5
MAX_CAPTURED = 3
"""Rebuilt calls of another language that are tried; each costs several runs of its tests."""
CONFIRMATIONS = 2
"""Equal runs that an observation needs before anything is built on it."""


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
        return strength(self.reference.expectation)


class Reproducer:
    """Tries the plans of an alert until one shows the fault with the strongest oracle."""

    def __init__(self, bench: Bench, alert: Alert, evidence: Evidence) -> None:
        self._bench = bench
        self._alert = alert
        self._evidence = evidence
        self._good_states = GoodStates(bench, evidence)
        self._refusals: list[str] = []
        self._spectrum: Spectrum | None = None
        self._hypotheses: tuple[Hypothesis, ...] = ()

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
            hypotheses=self._hypotheses,
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
                best = self._try(candidate, stand, layout, best) or best
                if best is not None and best.strength <= tuple(Oracle).index(Oracle.LAST_GOOD):
                    break
            if best is not None and best.test is None:
                spectrum = trace_tests(stand, best.node_ids)
                self._spectrum = in_repository(spectrum, stand) if spectrum else None
            if best is not None:
                self._hypotheses = self._compared(best, stand)
        return best

    def _compared(self, shown: Shown, stand: Stand) -> tuple[Hypothesis, ...]:
        """Return the causes that compete, and what the tests' runs say of each."""
        evidence, laid = self._evidence, {}
        snapshot = Snapshot(self._bench.repository, evidence.base_sha)
        cause = find_cause(evidence, said_by(self._alert), snapshot)
        where, why = (cause.location, cause.reason) if cause else (None, "")
        competing = compete(where, why, evidence, self._places())
        if shown.test is not None:
            laid = {shown.test.path: shown.test.content or ""}
        return compare_causes(competing, stand, evidence, shown.node_ids, laid)

    def _show_named(self, stand: Stand) -> Shown | None:
        """Look for the tests that the alert names among those that fail on the base.

        In other languages than Python that comes first: there is no probe that could ask for more.
        """
        if not speaks_of_tests(self._alert):
            return self._show_captured(stand)
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

    def _show_captured(self, stand: Stand) -> Shown | None:
        """Call again what the alert captured enough of, by a test in the project's own way."""
        tests = NewTests(self._bench, self._alert, self._evidence)
        place = tests.place
        scene = tests.scene
        found = captured_calls(self._alert, scene) if scene else Captured()
        for call in found.calls[:MAX_CAPTURED]:
            taken = tests.judge(call.source, stand)
            if isinstance(taken, Taken) and place is not None:
                reasons = (call.reason, taken.expectation.reason)
                return Shown(
                    plan=ReproductionPlan(node_ids=(place.node_id,), reasons=reasons),
                    reference=Reference(expectation=taken.expectation),
                    test=FileChange(path=stand.inside(place.path), content=taken.source),
                    node_ids=(place.node_id,),
                )
            self._refusals.append(f"{call.reason} {taken}"[:1_000])
        self._refusals.append(
            " ".join(["The alert names no failing test.", *found.refusals])[:2_000]
            + f" A test that shows the fault is needed: {stand.toolchain.name} would run it."
        )
        return None

    def _try(
        self, candidate: ReproductionPlan, stand: Stand, layout: ProjectLayout, best: Shown | None
    ) -> Shown | None:
        """Return what shows the fault, if its oracle is stronger than the best one's."""
        if candidate.node_ids:
            return self._try_tests(candidate, stand)
        base = self._observe(stand, candidate.probe)
        if not base:
            return None
        expectation, last_good = self._expect(candidate, stand, base[0])
        if best is not None and strength(expectation) >= best.strength:
            return None
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
        """Ask what the call answered without the fault; the first usable answer counts."""
        found: tuple[Expectation, list[Observation]] | None = None
        crash = self._evidence.crash
        for good in self._good_states.each(stand):
            seen = _confirmed(partial(good.stand.observe, candidate.probe, good.files))
            source = good.text(crash.path) if crash else None
            expectation = expect(base, seen, candidate.returns, source)
            if expectation.oracle is Oracle.LAST_GOOD:
                return expectation, seen
            found = expectation, seen
        return found or (expect(base, [], candidate.returns), [])

    def _is_red(self, test: FileChange, stand: Stand, layout: ProjectLayout) -> bool:
        node = layout.inside(test.path) or test.path
        return is_red(stand.run_tests((node,), {test.path: test.content or ""}))


def strength(expectation: Expectation) -> int:
    """Return how strong an oracle is; lower is stronger."""
    return tuple(Oracle).index(expectation.oracle)


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
