"""Trying candidates on the reproduction, and holding the best against the evidence gate."""

import posixpath
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from activities.behaving import last_good
from activities.bench import Bench, Stand
from activities.contesting import Rivalry
from activities.doubting import Doubts, doubts_of
from activities.gating import Gate
from activities.patched_suites import PatchedSuites
from activities.proof import Proof, laid
from activities.proposing import Drafted
from activities.reproducing import is_green
from activities.screening import Screening
from activities.sorting import Sorting
from suture.domain.evidence import Evidence
from suture.domain.patch import Candidate, FileChange, PatchNature
from suture.domain.usage import Usage
from suture.domain.value import Digest
from suture.domain.verification import (
    Oracle,
    SuiteReport,
    SuiteSummary,
    TrialReport,
)
from suture.errors import PatchDoesNotApply
from suture.localisation.spectrum import Spectrum
from suture.patterns.catalogue import PATTERNS
from suture.policy.blast_radius import check_patch
from suture.policy.model import Policy
from suture.ports.artifacts import ArtifactStore
from suture.verdict.observation import Outcome, agree
from suture.verdict.oracle import (
    Choice,
    Survivor,
    choose,
    contested,
    is_mechanical,
    is_only_reading,
    make_survivor,
)
from suture.verdict.rivals import Contest

MAX_GREEN = 24
"""Survivors after which looking for more says nothing new."""
MAX_SUITES = 6
"""Survivors whose effect on the existing suite is looked at."""
SHOWN_GREEN = 10
LOOK_FURTHER = 30
"""Candidates that are tried after a lesser patch has proved right, to see if a repair does, too."""
SMALL_LINES = 4
"""Added and removed lines of a restoration that undoes little besides the fault."""
PATTERN_NAMES = frozenset(pattern.name for pattern in PATTERNS)


@dataclass(kw_only=True)
class Trial:
    """Tries candidates one after the other until one stands or the time is over."""

    bench: Bench
    artifacts: ArtifactStore
    policy: Policy
    evidence: Evidence
    proof: Proof
    base_suite: SuiteSummary
    deadline: float
    """On the monotonic clock."""
    tried: int = 0
    proved_at: int | None = None
    """How many had been tried when a lesser patch proved right."""
    settled: bool = False
    """Whether a patch stands against which nothing but a mechanical one could speak."""
    notes: list[str] = field(default_factory=list)
    survivors: list[Survivor] = field(default_factory=list)
    applied: dict[Digest, tuple[FileChange, ...]] = field(default_factory=dict)
    drafted: Drafted | None = None
    """Candidates whose diffs are no artifacts yet."""
    passed_over: list[Candidate] = field(default_factory=list)
    """What was sorted out."""
    stood: list[Candidate] = field(default_factory=list)
    """What passes the tests that are the proof, in its order; not all of it is tried alone."""
    suites: PatchedSuites = field(init=False)

    def __post_init__(self) -> None:
        """Begin with the flaky tests of the base's own runs."""
        self.suites = PatchedSuites(
            base_sha=self.evidence.base_sha,
            base=self.base_report(),
            deadline=self.deadline,
            flaky=self.base_suite.flaky,
        )

    def run(self, candidates: tuple[Candidate, ...]) -> TrialReport:
        """Return what came of it."""
        started = time.monotonic()
        with self.bench.at(self.evidence.base_sha) as stand:
            for candidate in self._promising(candidates, stand):
                if self._is_enough() or self._is_idle(candidate) or self._try(candidate, stand):
                    break
            choice = self._choose(stand)
            if choice.verified and self._hear_rivals(stand):
                choice = self._choose(stand)
            choice = self._contested(choice, stand)
            verification = self._gate.judge(choice, stand) if choice.best else None
        seconds = round(time.monotonic() - started, 3)
        mitigation = choice.mitigation.candidate if choice.mitigation else None
        return TrialReport(
            verification=verification,
            tried=self.tried,
            green=tuple(item.candidate for item in self.survivors[:SHOWN_GREEN]),
            mitigation=mitigation,
            notes=tuple(self.notes[:20]),
            usage=Usage(sandbox_seconds=seconds),
        )

    def _is_enough(self) -> bool:
        over = time.monotonic() > self.deadline or len(self.survivors) >= MAX_GREEN
        return over or (self.proved_at is not None and self.tried >= self.proved_at + LOOK_FURTHER)

    def _is_idle(self, candidate: Candidate) -> bool:
        """Whether neither this candidate nor those after it could change the choice."""
        return self.settled and not is_mechanical(candidate.patch.origin)

    def _promising(self, candidates: tuple[Candidate, ...], stand: Stand) -> Iterator[Candidate]:
        """Yield the candidates that are worth a run of their own.

        Those that leave no other reading come first: if one stands, it is not for the others to
        speak against it.
        """
        ordered = candidates
        if self.proof.files.probe:
            ordered = tuple(sorted(candidates, key=lambda one: not is_mechanical(one.patch.origin)))
        for candidate in self._sorting(stand).promising(ordered):
            self.tried += 1
            yield candidate

    def _sorting(self, stand: Stand) -> Sorting:
        screening = Screening(
            stand=stand,
            probe=self.proof.files.probe or "",
            node_ids=self.proof.reproduction.node_ids,
            test_files=self.proof.test_files,
        )
        return Sorting(
            screening=screening,
            files_of=self._files_of,
            is_enough=self._is_enough,
            deadline=self.deadline,
            passed_over=self.passed_over,
            stood=self.stood,
        )

    def _files_of(self, candidate: Candidate) -> dict[str, str] | None:
        """Return what to lay over the tree; what breaks a rule is for `_try` to tell."""
        try:
            changes = self.changes_of(candidate.patch.digest)
        except PatchDoesNotApply:
            return None
        # A run in the sandbox harms nobody, and there are too many to read the rules for each.
        sketched = self.drafted is not None and candidate.patch.digest in self.drafted.sketches
        return laid(changes) if sketched or not self._violations(changes, None) else None

    def _hear_rivals(self, stand: Stand) -> bool:
        """Look again at what was sorted out, where the answer of a rival may leave it to a human.

        Sorting out may be wrong about one candidate because of what another one left behind. Where
        the oracle itself knows the answer that costs a good candidate at worst.
        """
        if self.proof.reference.expectation.oracle in {Oracle.FAILING_TEST, Oracle.LAST_GOOD}:
            return False
        before = len(self.survivors)
        for candidate in self._sorting(stand).not_red_again():
            if time.monotonic() > self.deadline:
                break
            files = laid(self.changes_of(candidate.patch.digest))
            survivor = self._observe(candidate, files, stand)
            if survivor is not None:
                self._keep(survivor)
        return len(self.survivors) > before

    def changes_of(self, digest: Digest) -> tuple[FileChange, ...]:
        """Return the files as a stored diff leaves them."""
        change = self.drafted.change(digest) if self.drafted else None
        if change is not None:
            return (change,)
        if digest not in self.applied:
            diff = self.artifacts.get(digest).decode("utf-8", "surrogateescape")
            self.applied[digest] = self.bench.repository.apply_diff(self.evidence.base_sha, diff)
        return self.applied[digest]

    def _keep(self, survivor: Survivor) -> None:
        """Count a survivor in, and make an artifact of its diff if it is none yet."""
        self.survivors.append(survivor)
        if self.drafted is not None:
            self.drafted.store(survivor.candidate.patch.digest, self.artifacts)

    def _try(self, candidate: Candidate, stand: Stand) -> bool:
        """Try one; tell whether looking further is needless."""
        try:
            changes = self.changes_of(candidate.patch.digest)
        except PatchDoesNotApply:
            self.notes.append(f"{candidate.candidate_id} does not apply")
            return False
        against = next(iter(self._violations(changes, None)), "") or self._doubts.about(
            candidate, changes
        )
        if against:
            self.notes.append(f"{candidate.candidate_id}: {against}"[:500])
            return False
        survivor = self._observe(candidate, laid(changes), stand)
        if survivor is None:
            return False
        if not self._is_decisive(survivor):
            self._keep(survivor)
            self.settled = self.settled or self._settles(survivor, stand)
            return False
        judged = self._with_suite(survivor, stand)
        self._keep(judged)
        if judged.suite_ok and not _is_plain(judged):
            self.proved_at = self.proved_at or self.tried
            return False
        return judged.suite_ok

    def _observe(
        self, candidate: Candidate, files: Mapping[str, str], stand: Stand
    ) -> Survivor | None:
        reference = self.proof.reference
        if not self.proof.files.probe:
            shown = {**files, **self.proof.test_files}
            report = stand.run_tests(self.proof.reproduction.node_ids, shown)
            return Survivor(candidate=candidate) if is_green(report) else None
        seen = stand.observe(self.proof.files.probe, files)
        if seen is None or seen.outcome is not Outcome.RETURNED:
            return None
        survivor = make_survivor(
            candidate, seen, reference.base, reference.last_good, reference.returns
        )
        # Only a pattern's guard was found by looking at how the neighbours do it.
        by_pattern = candidate.patch.origin in PATTERN_NAMES
        convention = by_pattern and candidate.patch.nature is PatchNature.GUARD
        return survivor.model_copy(update={"by_convention": convention})

    def _is_decisive(self, survivor: Survivor) -> bool:
        """Whether no other candidate could speak against this one."""
        expectation = self.proof.reference.expectation
        if survivor.nature is PatchNature.HIDES_ERROR:
            return False
        if expectation.oracle is Oracle.FAILING_TEST or expectation.by_test:
            return True
        expected = expectation.observation
        return (
            expectation.oracle is Oracle.LAST_GOOD
            and expected is not None
            and survivor.observation is not None
            and agree(survivor.observation, expected)
            and not survivor.comparison.contradiction
        )

    def _settles(self, survivor: Survivor, stand: Stand) -> bool:
        """Whether a patch stands that leaves no other reading."""
        only = is_only_reading(survivor, self.proof.reference.expectation)
        return only and self._with_suite(survivor, stand).suite_ok

    def _with_suite(self, survivor: Survivor, stand: Stand) -> Survivor:
        """Run the existing suite with the patch and its regression test."""
        files = laid(self.changes_of(survivor.candidate.patch.digest)) | self.proof.test_files
        fine = self.suites.stands(survivor.candidate.candidate_id, files, stand)
        return survivor.model_copy(update={"suite_ok": fine})

    def _choose(self, stand: Stand) -> Choice:
        expectation = self.proof.reference.expectation
        needs_oracle = self.policy.strategies.verified_needs_oracle
        first = choose(self.survivors, expectation, needs_oracle=needs_oracle)
        if first.best is None or not self.survivors:
            return first
        leader = first.best.candidate
        order = sorted(self.survivors, key=lambda item: item.candidate != leader)
        judged = []
        for number, survivor in enumerate(order):
            if survivor.nature is PatchNature.HIDES_ERROR or number >= MAX_SUITES:
                judged.append(survivor.model_copy(update={"suite_ok": number < MAX_SUITES}))
                continue
            judged.append(self._with_suite(survivor, stand))
        self.survivors = judged
        return choose(judged, expectation, needs_oracle=needs_oracle)

    @property
    def _gate(self) -> Gate:
        # It refers back to this trial: kept here, both would keep the repository's git process.
        return Gate(
            bench=self.bench,
            artifacts=self.artifacts,
            evidence=self.evidence,
            proof=self.proof,
            suites=self.suites,
            base_digest=self.base_suite.report,
            changes_of=self.changes_of,
            violations=self._violations,
            deadline=self.deadline,
            needs_coverage=self.policy.strategies.verified_needs_coverage,
        )

    @cached_property
    def _doubts(self) -> Doubts:
        """What speaks against patches that only please the failing test."""
        read, base = self.bench.repository.read_file, self.evidence.base_sha
        reproduction = self.proof.reproduction
        root = self.bench.service.root
        names = (node.partition("::")[0] for node in reproduction.node_ids)
        paths = dict.fromkeys(posixpath.join(root, name) for name in names)
        tests = {path: read(base, path) or "" for path in paths} | self.proof.test_files
        spectrum = None
        if reproduction.spectrum is not None:
            told = self.artifacts.get(reproduction.spectrum)
            spectrum = Spectrum.model_validate_json(told)
        return doubts_of(self.bench.repository, base, tests, spectrum)

    def _contested(self, choice: Choice, stand: Stand) -> Choice:
        """Hear what the other patches that pass the same tests do beside them."""
        best = choice.best
        if best is None or not choice.verified or best.candidate not in self.stood:
            return choice
        others = [one for one in self.stood if one != best.candidate and self._is_rival(one)]
        candidates = [best.candidate, *others]
        fixes = [laid(self.changes_of(one.patch.digest)) for one in candidates]
        contest = Rivalry(
            stand=stand,
            base=lambda path: self.bench.repository.read_file(self.evidence.base_sha, path) or "",
            tests=self.proof.test_files,
            node_ids=self.proof.reproduction.node_ids,
            deadline=self.deadline,
            good=last_good(self.bench, self.evidence),
        ).hold(candidates, fixes)
        if contest is None:
            return contested(choice, Contest()) if others else choice
        if contest.dispute:
            return contested(choice, contest)
        leader = next((one for one in others if one.candidate_id == contest.leader), None)
        if leader is not None:
            better = self._observe(leader, laid(self.changes_of(leader.patch.digest)), stand)
            judged = self._with_suite(better, stand) if better else None
            if judged is None or not judged.suite_ok:
                return choice
            self._keep(judged)
            choice = choice.model_copy(update={"best": judged})
        return contested(choice, contest)

    def _is_rival(self, candidate: Candidate) -> bool:
        """Whether a candidate that stood could be offered in another one's place."""
        if candidate.patch.nature is PatchNature.HIDES_ERROR:
            return False
        changes = self.changes_of(candidate.patch.digest)
        return not self._doubts.about(candidate, changes) and not self._violations(changes, None)

    def _violations(
        self, changes: tuple[FileChange, ...], regression_test: str | None
    ) -> tuple[str, ...]:
        read = self.bench.repository.read_file
        before = {item.path: read(self.evidence.base_sha, item.path) for item in changes}
        found = check_patch(changes, before, self.policy.blast_radius, regression_test)
        return tuple(violation.message for violation in found)

    def base_report(self) -> SuiteReport:
        """Return the suite's run on the base."""
        return SuiteReport.model_validate_json(self.artifacts.get(self.base_suite.report))


def _is_plain(survivor: Survivor) -> bool:
    """Whether looking for a better patch is needless.

    A guard treats the symptom where it shows, and a large restoration undoes what a commit meant
    to do, along with its fault: something smaller may mend the cause. A blind edit is worth
    nothing once another one passes the same test.
    """
    patch = survivor.candidate.patch
    small = patch.lines <= SMALL_LINES
    if patch.nature is PatchNature.REPAIR:
        return not survivor.blind
    return patch.nature is PatchNature.RESTORE and small
