"""Trying candidates on the reproduction, and holding the best against the evidence gate."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from activities.behaving import Good
from activities.bench import Bench, Stand
from activities.impacted import run_impacted
from activities.proposing import Drafted
from activities.reproducing import Reference, failing, is_green, is_red
from activities.screening import Screening
from activities.scrutinising import Subject, scrutinise
from activities.sorting import Sorting
from suture.canonical import canonical_json
from suture.domain.evidence import Evidence
from suture.domain.patch import Candidate, FileChange, PatchNature
from suture.domain.usage import Usage
from suture.domain.value import Digest
from suture.domain.verification import (
    Oracle,
    Reproduction,
    ReproductionFiles,
    SuiteReport,
    SuiteSummary,
    TrialReport,
    Verification,
)
from suture.errors import PatchDoesNotApply
from suture.patterns.catalogue import PATTERNS
from suture.policy.blast_radius import check_patch
from suture.policy.model import Policy
from suture.ports.artifacts import ArtifactStore
from suture.verdict.gate import GateCase, StoredSuite, verify
from suture.verdict.observation import Outcome, agree
from suture.verdict.oracle import Choice, Survivor, choose, make_survivor
from suture.verdict.suite import new_failures

MAX_GREEN = 24
"""Survivors after which looking for more says nothing new."""
MAX_SUITES = 6
"""Survivors whose effect on the existing suite is looked at."""
UNMASKING_RUNS = 5
"""Reruns that unmask 95 % of flaky failures, as measured on the data of FlakeFlagger."""
MAX_UNMASKED = 5
SHOWN_GREEN = 10
LOOK_FURTHER = 30
"""Candidates that are tried after a lesser patch has proved right, to see if a repair does, too."""
SMALL_LINES = 4
"""Added and removed lines of a restoration that undoes little besides the fault."""
PATTERN_NAMES = frozenset(pattern.name for pattern in PATTERNS)


@dataclass(frozen=True, kw_only=True)
class Proof:
    """The reproduction, unpacked."""

    reproduction: Reproduction
    files: ReproductionFiles
    reference: Reference

    @property
    def test_files(self) -> dict[str, str]:
        """The regression test as files to lay over a tree."""
        return {item.path: item.content or "" for item in self.files.test_files}


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
    notes: list[str] = field(default_factory=list)
    survivors: list[Survivor] = field(default_factory=list)
    applied: dict[Digest, tuple[FileChange, ...]] = field(default_factory=dict)
    drafted: Drafted | None = None
    """Candidates whose diffs are no artifacts yet."""
    passed_over: list[Candidate] = field(default_factory=list)
    """What was sorted out."""
    suites: dict[str, SuiteReport] = field(default_factory=dict)
    """The patched suite by candidate id."""
    looked_at: set[str] = field(default_factory=set)
    """Tests that were run again on the base, to see whether they are flaky."""
    flaky: tuple[str, ...] = ()
    """Tests whose outcome says nothing; begins with what the base's runs showed."""

    def __post_init__(self) -> None:
        """Begin with the flaky tests of the base's own runs."""
        self.flaky = self.flaky or self.base_suite.flaky

    def run(self, candidates: tuple[Candidate, ...]) -> TrialReport:
        """Return what came of it."""
        started = time.monotonic()
        with self.bench.at(self.evidence.base_sha) as stand:
            for candidate in self._promising(candidates, stand):
                if self._is_enough() or self._try(candidate, stand):
                    break
            choice = self._choose(stand)
            if choice.best and self._hear_rivals(stand):
                choice = self._choose(stand)
            verification = self._gate(choice, stand) if choice.best else None
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

    def _promising(self, candidates: tuple[Candidate, ...], stand: Stand) -> Iterator[Candidate]:
        """Yield the candidates that are worth a run of their own; what is not counts as tried."""
        screening = Screening(
            stand=stand,
            probe=self.proof.files.probe or "",
            node_ids=self.proof.reproduction.node_ids,
            test_files=self.proof.test_files,
        )
        sorting = Sorting(
            screening=screening,
            files_of=self._files_of,
            is_enough=self._is_enough,
            deadline=self.deadline,
            passed_over=self.passed_over,
        )
        for candidate in sorting.promising(candidates):
            self.tried += 1
            yield candidate

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
        """Try alone what was sorted out, where a rival's other answer would leave it to a human.

        Sorting out may be wrong about one candidate because of what another one left behind. Where
        the oracle itself knows the answer that costs a good candidate at worst.
        """
        if self.proof.reference.expectation.oracle in {Oracle.FAILING_TEST, Oracle.LAST_GOOD}:
            return False
        before = len(self.survivors)
        for candidate in self.passed_over:
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
        violations = self._violations(changes, None)
        if violations:
            self.notes.append(f"{candidate.candidate_id}: {violations[0]}"[:500])
            return False
        survivor = self._observe(candidate, laid(changes), stand)
        if survivor is None:
            return False
        if not self._is_decisive(survivor):
            self._keep(survivor)
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
        if expectation.oracle is Oracle.FAILING_TEST:
            return True
        expected = expectation.observation
        return (
            expectation.oracle is Oracle.LAST_GOOD
            and expected is not None
            and survivor.observation is not None
            and agree(survivor.observation, expected)
            and not survivor.comparison.contradiction
        )

    def _with_suite(self, survivor: Survivor, stand: Stand) -> Survivor:
        """Run the existing suite with the patch and its regression test."""
        key = survivor.candidate.candidate_id
        if key not in self.suites:
            files = laid(self.changes_of(survivor.candidate.patch.digest)) | self.proof.test_files
            self.suites[key] = self._broken_first(files, stand) or stand.run_suite(files)
        fails = new_failures(self.base_report(), self.suites[key], self.flaky)
        if fails and self._unmask(fails, stand):
            fails = new_failures(self.base_report(), self.suites[key], self.flaky)
        return survivor.model_copy(update={"suite_ok": not fails})

    def _broken_first(self, files: Mapping[str, str], stand: Stand) -> SuiteReport | None:
        """Return what the tests of the changed files say, if that already speaks against it."""
        base = self.base_report()
        first = run_impacted(files, stand, self.evidence.base_sha, base)
        fails = new_failures(base, first, self.flaky) if first else ()
        return first if fails and not self._unmask(fails, stand) else None

    def _unmask(self, fails: Sequence[str], stand: Stand) -> bool:
        """Run what fails with a patch on the base again; tell whether one of them is flaky.

        Few tests at a time, and each only once in a trial: most failures are the patch's fault.
        """
        suspected = [name for name in fails if name not in self.looked_at][:MAX_UNMASKED]
        self.looked_at.update(suspected)
        found = False
        for _ in range(UNMASKING_RUNS if suspected else 0):
            if time.monotonic() > self.deadline:
                break
            seen = set(failing(stand.run_tests(tuple(suspected), {}))) & set(suspected)
            self.flaky = tuple(sorted({*self.flaky, *seen}))
            found = found or bool(seen)
        return found

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

    def _gate(self, choice: Choice, stand: Stand) -> Verification | None:
        """See red, green and red again with the very files that would be merged."""
        if choice.best is None:
            return None
        candidate = choice.best.candidate
        changes = self.changes_of(candidate.patch.digest)
        tests, files = self.proof.test_files, laid(changes)
        nodes = self.proof.reproduction.node_ids
        full = (*changes, *self.proof.files.test_files)
        diff = self.bench.repository.make_diff(self.evidence.base_sha, full)
        digest = self.artifacts.put(diff.encode("utf-8", "surrogateescape"))
        green = is_green(stand.run_tests(nodes, {**files, **tests}))
        originals = {
            item.path: self.bench.repository.read_file(self.evidence.base_sha, item.path) or ""
            for item in changes
        }
        taken_out = is_red(stand.run_tests(nodes, {**files, **tests, **originals}))
        self._with_suite(choice.best, stand)
        patched = self.suites.get(candidate.candidate_id)
        case = GateCase(
            patch=candidate.patch,
            reproduction=self.proof.reproduction,
            full_diff=digest,
            violations=self._violations(full, self.proof.reproduction.regression_test),
            red_on_base=is_red(stand.run_tests(nodes, tests)),
            green_with_patch=green,
            red_without_fix=taken_out,
            base_suite=StoredSuite(report=self.base_report(), digest=self.base_suite.report),
            patched_suite=self._store(patched) if patched else None,
            flaky=self.flaky,
            choice=choice,
        )
        verification = verify(case)
        if not verification.verified or patched is None:
            return verification
        subject = Subject(
            changes=changes,
            originals=originals,
            tests=tests,
            node_ids=nodes,
            base_suite=self.base_report(),
            patched_suite=patched,
            good=self._last_good(),
        )
        scrutiny = scrutinise(subject, stand, self.deadline)
        return verify(case.model_copy(update={"scrutiny": scrutiny}))

    def _last_good(self) -> Good | None:
        good, base = self.evidence.last_good_sha, self.evidence.base_sha
        if good is None or good == base:
            return None
        return lambda: self.bench.at(good, environment_of=base)

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

    def _store(self, report: SuiteReport) -> StoredSuite:
        return StoredSuite(report=report, digest=self.artifacts.put(canonical_json(report)))


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


def laid(changes: tuple[FileChange, ...]) -> dict[str, str]:
    """Return changes as files to lay over a tree."""
    return {item.path: item.content or "" for item in changes}


def unpack(reproduction: Reproduction, artifacts: ArtifactStore) -> Proof:
    """Read a reproduction back from the artifact store.

    Raises:
        PatchDoesNotApply: there is nothing to prove a patch with.
    """
    if reproduction.files is None:
        raise PatchDoesNotApply("Without a reproduction no patch can be tried.")
    files = ReproductionFiles.model_validate_json(artifacts.get(reproduction.files))
    reference = Reference.model_validate_json(files.expected)
    return Proof(reproduction=reproduction, files=files, reference=reference)
