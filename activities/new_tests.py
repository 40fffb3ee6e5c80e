"""New regression tests of other languages than Python: run, held against the alert, and taken.

A test is taken only if it fails on the base as reported, each time. Where the same call has an
answer without the fault, the test is made to expect it.
"""

import posixpath
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from activities.bench import Bench, Stand
from activities.good_states import GoodState, GoodStates
from activities.reference import Reference
from suture.canonical import canonical_json, digest_of
from suture.domain.alert import Alert
from suture.domain.evidence import Evidence
from suture.domain.patch import FileChange
from suture.domain.verification import Oracle, Reproduction, ReproductionFiles
from suture.ports.artifacts import ArtifactStore
from suture.reproduction.answers import expecting, telling, told
from suture.reproduction.captured import CaptureScene
from suture.reproduction.placing import TestPlace, place_for
from suture.reproduction.reported import ReportedFailure, reported_failure
from suture.verdict.oracle import Expectation
from suture.verdict.suite import LOADS

RUNS = 2
NO_PLACE = "The event names no error and place of this project that a test could be held against."


@dataclass(frozen=True)
class Taken:
    """A test that shows the fault."""

    source: str
    expectation: Expectation


class NewTests:
    """Judges tests of one alert's fault."""

    def __init__(self, bench: Bench, alert: Alert, evidence: Evidence) -> None:
        self._bench = bench
        self._alert = alert
        self._evidence = evidence

    @cached_property
    def place(self) -> TestPlace | None:
        """Where such a test goes; None where the alert or the toolchain leaves that open."""
        crash = self._evidence.crash
        if crash is None or self._failure is None:
            return None
        toolchain = self._bench.toolchain(self._evidence.base_sha)
        digest = digest_of([self._alert.service, self._failure.place.model_dump(mode="json")])
        return place_for(
            toolchain.name,
            toolchain.project,
            self._failure.place.path,
            self._failure.source,
            digest,
        )

    @cached_property
    def _failure(self) -> ReportedFailure | None:
        evidence, root = self._evidence, self._bench.service.root
        crash = evidence.crash
        if crash is None or not f"{crash.path}/".startswith(posixpath.join(root, "")):
            return None
        source = self._bench.repository.read_file(evidence.base_sha, crash.path) or ""
        files = self._bench.toolchain(evidence.base_sha).project.files
        place = crash.model_copy(update={"path": posixpath.relpath(crash.path, root or ".")})
        return reported_failure(self._alert, evidence, place, source, frozenset(files))

    @property
    def scene(self) -> CaptureScene | None:
        """What captured calls are rebuilt in; None where no test could be placed."""
        if self.place is None or self._failure is None:
            return None
        return CaptureScene(
            place=self.place,
            toolchain=self._bench.toolchain(self._evidence.base_sha).name,
            path=self._failure.place.path,
            source=self._failure.source,
        )

    def judge(self, source: str, stand: Stand) -> Taken | str:
        """Return the test as it is taken, or why it is not."""
        place, failure = self.place, self._failure
        if place is None or failure is None:
            return NO_PLACE
        objection = self._objection(place, failure, source, stand)
        if objection:
            return objection
        for good in GoodStates(self._bench, self._evidence).each(stand):
            answer = self._answer(place, source, good)
            whole = expecting(place.path, source, place.language, answer) if answer else None
            if whole and not self._objection(place, failure, whole, stand):
                reason = (
                    "The same call gave an answer before the suspect commit; the test expects it."
                )
                return Taken(whole, Expectation(oracle=Oracle.LAST_GOOD, reason=reason))
        reason = "No good commit is known whose answer to the same call could be compared."
        return Taken(source, Expectation(oracle=Oracle.NO_CRASH, reason=reason))

    def reproduction(self, taken: Taken, artifacts: ArtifactStore, reason: str) -> Reproduction:
        """Keep a test that was taken.

        Raises:
            ValueError: nothing says where it goes.
        """
        if self.place is None:
            raise ValueError(NO_PLACE)
        path = posixpath.join(self._bench.service.root, self.place.path)
        files = ReproductionFiles(
            test_files=(FileChange(path=path, content=taken.source),),
            expected=canonical_json(Reference(expectation=taken.expectation)).decode(),
        )
        return Reproduction(
            reproduced=True,
            files=artifacts.put(canonical_json(files)),
            node_ids=(self.place.node_id,),
            oracle=taken.expectation.oracle,
            regression_test=path,
            reason=f"{reason} {taken.expectation.reason}"[:8_000],
        )

    def _objection(
        self, place: TestPlace, failure: ReportedFailure, source: str, stand: Stand
    ) -> str:
        """Return what speaks against a test; the first run that does not show the fault does."""
        laid = {stand.inside(place.path): source}
        runs = (stand.run_tests((place.node_id,), laid) for _ in range(RUNS))
        return next((found for found in map(failure.objection, runs) if found), "")

    def _answer(self, place: TestPlace, source: str, good: GoodState) -> str | None:
        """Return what the test's last call answers without the fault, if it is always the same."""
        first, *others = self._answers(place, source, good) or [None]
        return first if first and all(each == first for each in others) else None

    def _answers(self, place: TestPlace, source: str, good: GoodState) -> list[str | None]:
        nonce = secrets.token_hex(8)
        asking = telling(place.path, source, place.language, nonce)
        if asking is None:
            return []
        return list(self._heard(place, asking, good, nonce))

    def _heard(
        self, place: TestPlace, asking: str, good: GoodState, nonce: str
    ) -> Iterator[str | None]:
        laid = {**good.files, good.stand.inside(place.path): asking}
        for _ in range(RUNS):
            run = good.stand.run_tests((place.node_id,), laid)
            cases = [case for case in run.cases if not case.node_id.endswith(LOADS)]
            yield told(cases[0].message, nonce) if len(cases) == 1 else None
