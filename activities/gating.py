"""Holding the chosen patch against the evidence gate, with the very files that would be merged."""

from collections.abc import Callable
from dataclasses import dataclass

from activities.behaving import last_good
from activities.bench import Bench, Stand
from activities.patched_suites import PatchedSuites
from activities.proof import Proof, laid
from activities.reproducing import is_green, is_red
from activities.scrutinising import Subject, scrutinise
from suture.canonical import canonical_json
from suture.domain.evidence import Evidence
from suture.domain.patch import FileChange
from suture.domain.value import Digest
from suture.domain.verification import SuiteReport, Verification
from suture.ports.artifacts import ArtifactStore
from suture.verdict.gate import GateCase, StoredSuite, verify
from suture.verdict.oracle import Choice


@dataclass(frozen=True, kw_only=True)
class Gate:
    """The evidence gate of one case."""

    bench: Bench
    artifacts: ArtifactStore
    evidence: Evidence
    proof: Proof
    suites: PatchedSuites
    base_digest: Digest
    """Artifact of the suite's run on the base."""
    changes_of: Callable[[Digest], tuple[FileChange, ...]]
    violations: Callable[[tuple[FileChange, ...], str | None], tuple[str, ...]]
    """What the policy says against changes, given the path of the regression test."""
    deadline: float
    """On the monotonic clock."""
    needs_coverage: bool

    def judge(self, choice: Choice, stand: Stand) -> Verification | None:
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
        self.suites.stands(candidate.candidate_id, {**files, **tests}, stand)
        patched = self.suites.reports.get(candidate.candidate_id)
        case = GateCase(
            patch=candidate.patch,
            reproduction=self.proof.reproduction,
            full_diff=digest,
            violations=self.violations(full, self.proof.reproduction.regression_test),
            red_on_base=is_red(stand.run_tests(nodes, tests)),
            green_with_patch=green,
            red_without_fix=taken_out,
            base_suite=StoredSuite(report=self.suites.base, digest=self.base_digest),
            patched_suite=self._store(patched) if patched else None,
            flaky=self.suites.flaky,
            choice=choice,
            needs_coverage=self.needs_coverage,
        )
        verification = verify(case)
        if not verification.verified or patched is None:
            return verification
        subject = Subject(
            changes=changes,
            originals=originals,
            tests=tests,
            node_ids=nodes,
            base_suite=self.suites.base,
            patched_suite=patched,
            good=last_good(self.bench, self.evidence),
        )
        scrutiny = scrutinise(subject, stand, self.deadline)
        notes = (*scrutiny.notes, *self.suites.notes)
        scrutiny = scrutiny.model_copy(update={"notes": notes})
        return verify(case.model_copy(update={"scrutiny": scrutiny}))

    def _store(self, report: SuiteReport) -> StoredSuite:
        return StoredSuite(report=report, digest=self.artifacts.put(canonical_json(report)))
