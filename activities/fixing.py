"""Fix and test: reproduce, propose, try, and judge by evidence alone."""

import time

from pydantic import Field
from temporalio import activity

from activities.beating import beat
from activities.bench import Bench
from activities.case_files import CaseFiles
from activities.failures import translated
from activities.proof import unpack
from activities.proposing import Drafted, Drafting, gather_scene
from activities.pushed_heads import judge_head
from activities.reproducing import Reproducer, failing
from activities.rewriting import gather_rewrites
from activities.trying import Trial
from suture.canonical import canonical_json
from suture.domain.approval import ConsentTarget
from suture.domain.diagnosis import Diagnosis
from suture.domain.evidence import Evidence, EvidenceRef
from suture.domain.patch import CandidateBatch, CandidateList
from suture.domain.service import Service
from suture.domain.value import CommitSha, Digest, Prose, Value
from suture.domain.verification import Reproduction, SuiteSummary, TrialReport, Verification
from suture.errors import InvalidInput
from suture.localisation.originals import in_originals
from suture.localisation.spectrum import Spectrum
from suture.patterns.draft import Draft
from suture.patterns.proposal import propose
from suture.policy.model import Policy, SandboxBounds
from suture.ports.artifacts import ArtifactStore
from suture.ports.sandbox import Sandbox
from suture.ports.source import SourceRepositories
from suture.reproduction.named_tests import CALLABLE
from suture.rewrites.proposal import rewrite
from suture.verdict.suite import flaky_tests, summarise


class EnvironmentRequest(Value):
    """What to install for."""

    service: Service
    base_sha: CommitSha
    bounds: SandboxBounds


class EnvironmentRef(Value):
    """A prepared environment. Any host can build it again from its key's inputs."""

    key: Digest
    base_sha: CommitSha


class ReproductionRequest(Value):
    """What to show in a test."""

    service: Service
    bounds: SandboxBounds
    event: Digest
    evidence: EvidenceRef
    environment: EnvironmentRef


class SuiteRequest(Value):
    """Which suite to run on the base, often enough to know its flaky tests."""

    service: Service
    bounds: SandboxBounds
    environment: EnvironmentRef


class ProposalRequest(Value):
    """What to propose fixes for."""

    service: Service
    event: Digest
    evidence: EvidenceRef
    diagnosis: Diagnosis
    limit: int = Field(ge=0)
    rejected_patches: tuple[Digest, ...] = ()
    feedback: Prose = ""
    spectrum: Digest | None = None
    """What failing and passing tests run."""


class TrialRequest(Value):
    """Candidates, and all that they are held against."""

    service: Service
    policy: Policy
    event: Digest
    evidence: EvidenceRef
    environment: EnvironmentRef
    reproduction: Reproduction
    base_suite: SuiteSummary
    batch: CandidateBatch
    seconds: float = Field(gt=0)
    """Time after which the trial stops and reports what it has."""


class HeadRequest(Value):
    """A head that somebody pushed onto Suture's branch, to be held against the evidence gate."""

    service: Service
    policy: Policy
    event: Digest
    evidence: EvidenceRef
    verification: Verification
    """Of the patch that Suture proposed: its reproduction is used again."""
    target: ConsentTarget


class FixingActivities:
    """Runs untrusted code, and only in the sandbox."""

    def __init__(
        self, artifacts: ArtifactStore, sources: SourceRepositories, sandbox: Sandbox
    ) -> None:
        self._artifacts = artifacts
        self._files = CaseFiles(artifacts, sources)
        self._sandbox = sandbox

    @activity.defn(name="prepare_environment")
    @translated
    def prepare_environment(self, request: EnvironmentRequest) -> EnvironmentRef:
        """Install what the project's tests need, once per key."""
        bench = self._bench(request.service, request.bounds)
        with bench.at(request.base_sha):
            key = bench.environment_key(request.base_sha)
        return EnvironmentRef(key=key, base_sha=request.base_sha)

    @activity.defn(name="reproduce")
    @translated
    def reproduce(self, request: ReproductionRequest) -> Reproduction:
        """Build a test that shows the fault, and see it red."""
        bench = self._bench(request.service, request.bounds)
        alert, evidence = self._files.case(request.event, request.evidence)
        return Reproducer(bench, alert, evidence).run(self._artifacts)

    @activity.defn(name="run_base_suite")
    @translated
    def run_base_suite(self, request: SuiteRequest) -> SuiteSummary:
        """Run the project's tests on the base, again where some fail, to tell flaky ones."""
        bench = self._bench(request.service, request.bounds)
        with bench.at(request.environment.base_sha) as stand:
            runs = [stand.run_suite({})]
            while failing(runs[0]) and len(runs) <= request.bounds.suite_reruns:
                runs.append(stand.run_suite({}))
        digest = self._artifacts.put(canonical_json(runs[0]))
        return summarise(runs[0], digest, flaky_tests(runs))

    @activity.defn(name="propose_patterns")
    @translated
    def propose_patterns(self, request: ProposalRequest) -> CandidateBatch:
        """List the fixes that patterns suggest, most promising first."""
        repository = self._files.repository(request.service)
        evidence = self._files.evidence(request.evidence)
        candidates, sketches = [], []
        drafting = Drafting(evidence.base_sha, repository, self._artifacts)
        for draft in self._drafts(request, evidence):
            beat()
            candidate, sketch = drafting.candidate(draft)
            if candidate.patch.digest not in request.rejected_patches:
                candidates.append(candidate)
                sketches += [sketch] if sketch else []
        listed = CandidateList(candidates=tuple(candidates), sketches=tuple(sketches))
        return CandidateBatch(
            digest=self._artifacts.put(canonical_json(listed)), count=len(candidates)
        )

    def _drafts(self, request: ProposalRequest, evidence: Evidence) -> tuple[Draft, ...]:
        """Suggest fixes by the patterns for Python, or by small edits of any other language."""
        repository = self._files.repository(request.service)
        alert = in_originals(self._files.alert(request.event), evidence)
        bench = self._bench(request.service, SandboxBounds())
        if bench.toolchain(evidence.base_sha).name not in CALLABLE:
            return rewrite(gather_rewrites(alert, evidence, repository), request.limit)
        scene = gather_scene(alert, evidence, request.diagnosis, repository)
        if request.spectrum is not None:
            spectrum = Spectrum.model_validate_json(self._artifacts.get(request.spectrum))
            scene = scene.model_copy(update={"spectrum": spectrum})
        return propose(scene, request.limit)

    @activity.defn(name="try_candidates")
    @translated
    def try_candidates(self, request: TrialRequest) -> TrialReport:
        """Try candidates on the reproduction, then hold the best against the evidence gate."""
        batch = CandidateList.model_validate_json(self._artifacts.get(request.batch.digest))
        evidence = self._files.evidence(request.evidence)
        trial = Trial(
            bench=self._bench(request.service, request.policy.sandbox),
            artifacts=self._artifacts,
            policy=request.policy,
            evidence=evidence,
            proof=unpack(request.reproduction, self._artifacts),
            base_suite=request.base_suite,
            deadline=time.monotonic() + request.seconds,
            drafted=Drafted(
                base_sha=evidence.base_sha,
                repository=self._files.repository(request.service),
                sketches={sketch.digest: sketch for sketch in batch.sketches},
            ),
        )
        return trial.run(batch.candidates)

    @activity.defn(name="verify_head")
    @translated
    def verify_head(self, request: HeadRequest) -> Verification:
        """Hold a head that Suture did not write against the evidence gate and the policy."""
        verification = request.verification
        if verification.base_suite is None:
            raise InvalidInput("The patch that was proposed has no suite to compare with.")
        trial = Trial(
            bench=self._bench(request.service, request.policy.sandbox),
            artifacts=self._artifacts,
            policy=request.policy,
            evidence=self._files.evidence(request.evidence),
            proof=unpack(verification.reproduction, self._artifacts),
            base_suite=verification.base_suite,
            deadline=time.monotonic(),
        )
        trial.bench.repository.refresh()
        return judge_head(trial, verification, request.target, request.service.base_branch)

    def _bench(self, service: Service, bounds: SandboxBounds) -> Bench:
        return Bench(
            sandbox=self._sandbox,
            repository=self._files.repository(service),
            service=service,
            bounds=bounds,
        )
