"""Root cause and repair from a script: the same activities under the same names."""

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from temporalio import activity

from activities.failures import translated
from activities.fixing import (
    EnvironmentRef,
    EnvironmentRequest,
    HeadRequest,
    ProposalRequest,
    ReproductionRequest,
    SuiteRequest,
    TrialRequest,
)
from activities.root_cause import DiagnosisRequest, EvidenceRequest, claimed
from suture.canonical import canonical_json, sha256
from suture.domain.diagnosis import Category, Diagnosis, Fixability
from suture.domain.evidence import EvidenceRef
from suture.domain.patch import (
    Candidate,
    CandidateBatch,
    CandidateList,
    ChangedFile,
    FileChange,
    Patch,
    PatchNature,
)
from suture.domain.usage import Usage
from suture.domain.value import CommitSha, Digest
from suture.domain.verification import (
    Oracle,
    Reproduction,
    SuiteSummary,
    TrialReport,
    VerdictReason,
    Verification,
)
from suture.ports.artifacts import ArtifactStore
from suture.ports.memory import Memory
from suture.ports.source import SourceRepository

SOURCE = "shop/cart.py"
TEST = "tests/test_cart_regression.py"
PATIENCE_SECONDS = 90.0
CODE_DEFECT = Diagnosis(
    category=Category.CODE_DEFECT,
    fixability=Fixability.FIXABLE,
    summary="An empty cart is divided by.",
    confidence=0.9,
)


@dataclass(kw_only=True)
class FixingScript:
    """What the stages will find. A test changes it while the incident runs."""

    diagnosis: Diagnosis = CODE_DEFECT
    reproduced: bool = True
    verified: bool = True
    head_verified: bool = True
    usage: Usage = field(default_factory=lambda: Usage(sandbox_seconds=1.0))
    errors: dict[str, Exception] = field(default_factory=dict)
    """Raised each time by the activity of this name."""
    calls: Counter[str] = field(default_factory=Counter)
    events: list[Digest] = field(default_factory=list)
    """Alerts that evidence was collected for."""
    entered: defaultdict[str, threading.Event] = field(
        default_factory=lambda: defaultdict(threading.Event)
    )
    gates: dict[str, threading.Event] = field(default_factory=dict)
    """An activity of this name waits until its gate is set."""

    def hold(self, name: str) -> threading.Event:
        """Let the activity of this name wait; return what lets it go on."""
        return self.gates.setdefault(name, threading.Event())

    def enter(self, name: str) -> None:
        """Do what is scripted for every call of an activity."""
        self.calls[name] += 1
        self.entered[name].set()
        gate = self.gates.get(name)
        waited = 0.0
        while gate is not None and not gate.wait(0.05) and waited < PATIENCE_SECONDS:
            waited += 0.05
        if name in self.errors:
            raise self.errors[name]


class ScriptedFixing:
    """Stands in for `RootCauseActivities` and `FixingActivities`; the diffs are real."""

    def __init__(
        self, script: FixingScript, artifacts: ArtifactStore, repository: SourceRepository
    ) -> None:
        self.memory: Memory | None = None
        """Where causes are taken from, if two incidents may have one."""
        self.script = script
        self._artifacts = artifacts
        self._repository = repository

    @property
    def activities(self) -> Sequence[Callable[..., Any]]:
        """What a sandbox worker serves."""
        return (
            self.collect_evidence,
            self.diagnose,
            self.prepare_environment,
            self.reproduce,
            self.run_base_suite,
            self.propose_patterns,
            self.try_candidates,
            self.verify_head,
        )

    @activity.defn(name="collect_evidence")
    @translated
    def collect_evidence(self, request: EvidenceRequest) -> EvidenceRef:
        self.script.enter("collect_evidence")
        self.script.events.append(request.event)
        self._repository.refresh()
        base = self._repository.resolve(request.service.base_branch)
        assert base is not None
        return EvidenceRef(digest=self._artifacts.put(b"evidence"), base_sha=base, suspects=1)

    @activity.defn(name="diagnose")
    @translated
    def diagnose(self, request: DiagnosisRequest) -> Diagnosis:
        self.script.enter("diagnose")
        return claimed(self.memory, request, self.script.diagnosis)

    @activity.defn(name="prepare_environment")
    @translated
    def prepare_environment(self, request: EnvironmentRequest) -> EnvironmentRef:
        self.script.enter("prepare_environment")
        return EnvironmentRef(key=sha256(b"environment"), base_sha=request.base_sha)

    @activity.defn(name="reproduce")
    @translated
    def reproduce(self, request: ReproductionRequest) -> Reproduction:
        del request
        self.script.enter("reproduce")
        if not self.script.reproduced:
            return Reproduction(reproduced=False, reason="The call could not be rebuilt.")
        return Reproduction(
            reproduced=True,
            files=self._artifacts.put(b"reproduction"),
            node_ids=(f"{TEST}::test_empty",),
            oracle=Oracle.LAST_GOOD,
            regression_test=TEST,
            reason="Rebuilt from the event.",
        )

    @activity.defn(name="run_base_suite")
    @translated
    def run_base_suite(self, request: SuiteRequest) -> SuiteSummary:
        del request
        self.script.enter("run_base_suite")
        return self._suite(passed=3)

    @activity.defn(name="propose_patterns")
    @translated
    def propose_patterns(self, request: ProposalRequest) -> CandidateBatch:
        self.script.enter("propose_patterns")
        variant = len(request.rejected_patches)
        patch = self._patch(request.evidence.base_sha, variant)
        assert patch.digest not in request.rejected_patches
        candidate = Candidate(candidate_id=f"variant-{variant}", patch=patch, score=0.9)
        listed = CandidateList(candidates=(candidate,))
        return CandidateBatch(digest=self._artifacts.put(canonical_json(listed)), count=1)

    @activity.defn(name="try_candidates")
    @translated
    def try_candidates(self, request: TrialRequest) -> TrialReport:
        self.script.enter("try_candidates")
        content = self._artifacts.get(request.batch.digest)
        (candidate,) = CandidateList.model_validate_json(content).candidates
        base = request.evidence.base_sha
        fixed = self._repository.apply_diff(
            base, self._artifacts.get(candidate.patch.digest).decode()
        )
        test = FileChange(path=TEST, content="def test_empty():\n    assert True\n")
        full = self._repository.make_diff(base, (*fixed, test)).encode()
        verified = self.script.verified
        verification = Verification(
            verified=verified,
            reason=VerdictReason.VERIFIED if verified else VerdictReason.STILL_RED,
            explanation="Red, green, red." if verified else "Still red.",
            patch=candidate.patch,
            full_diff=self._artifacts.put(full),
            reproduction=request.reproduction,
            red_on_base=True,
            green_with_patch=verified,
            red_without_fix=True,
            base_suite=request.base_suite,
            patched_suite=self._suite(passed=4),
        )
        green = (candidate,) if verified else ()
        return TrialReport(verification=verification, tried=1, green=green, usage=self.script.usage)

    @activity.defn(name="verify_head")
    @translated
    def verify_head(self, request: HeadRequest) -> Verification:
        self.script.enter("verify_head")
        verified = self.script.head_verified
        return request.verification.model_copy(
            update={
                "verified": verified,
                "reason": VerdictReason.VERIFIED if verified else VerdictReason.STILL_RED,
                "explanation": "Red, green, red." if verified else "The head is still red.",
                "full_diff": request.target.patch_digest,
                "green_with_patch": verified,
            }
        )

    def _patch(self, base: CommitSha, variant: int) -> Patch:
        fixed = f"def mean(a):\n    return sum(a) / max(len(a), 1)  # {variant}\n"
        diff = self._repository.make_diff(base, (FileChange(path=SOURCE, content=fixed),))
        return Patch(
            base_sha=base,
            digest=self._artifacts.put(diff.encode()),
            files=(ChangedFile(path=SOURCE, added=1, removed=1),),
            nature=PatchNature.GUARD,
            title=f"Ask before dividing, variant {variant}",
            rationale="Carts may be empty.",
            origin="script",
        )

    def _suite(self, passed: int) -> SuiteSummary:
        report = self._artifacts.put(f"suite {passed}".encode())
        return SuiteSummary(report=report, ran=True, passed=passed, failed=0, skipped=0)
