"""The fix stage's activities on a case of the corpus, without a workflow around them."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from activities.fixing import (
    EnvironmentRef,
    EnvironmentRequest,
    FixingActivities,
    ProposalRequest,
    ReproductionRequest,
    SuiteRequest,
    TrialRequest,
)
from activities.root_cause import DiagnosisRequest, EvidenceRequest, RootCauseActivities
from evals.seeded import BuiltCase, build_repository, load_case
from integrations.bubblewrap.sandbox import BubblewrapSandbox
from integrations.filesystem.artifacts import DirectoryArtifacts
from integrations.git.source import GitSources
from suture.canonical import canonical_json
from suture.domain.diagnosis import Diagnosis
from suture.domain.evidence import EvidenceRef
from suture.domain.patch import CandidateBatch
from suture.domain.service import Service
from suture.domain.value import Digest
from suture.domain.verification import Reproduction, SuiteSummary, TrialReport
from suture.policy.model import Policy
from suture.traces.detect import parse_report
from tests.builders.cases import capture_event
from tests.fakes.deployments import FakeDeployments

PATIENCE_SECONDS = 1_000.0


@dataclass(kw_only=True)
class FixStage:
    """What the activities see and say of one case."""

    built: BuiltCase
    artifacts: DirectoryArtifacts
    sources: GitSources
    fixing: FixingActivities
    service: Service
    policy: Policy
    event: Digest
    evidence: EvidenceRef
    diagnosis: Diagnosis

    @cached_property
    def environment(self) -> EnvironmentRef:
        return self.fixing.prepare_environment(
            EnvironmentRequest(
                service=self.service,
                base_sha=self.evidence.base_sha,
                bounds=self.policy.sandbox,
            )
        )

    @cached_property
    def reproduction(self) -> Reproduction:
        return self.fixing.reproduce(
            ReproductionRequest(
                service=self.service,
                bounds=self.policy.sandbox,
                event=self.event,
                evidence=self.evidence,
                environment=self.environment,
            )
        )

    @cached_property
    def base_suite(self) -> SuiteSummary:
        return self.fixing.run_base_suite(
            SuiteRequest(
                service=self.service, bounds=self.policy.sandbox, environment=self.environment
            )
        )

    def propose(self, limit: int = 40, rejected: tuple[Digest, ...] = ()) -> CandidateBatch:
        return self.fixing.propose_patterns(
            ProposalRequest(
                service=self.service,
                event=self.event,
                evidence=self.evidence,
                diagnosis=self.diagnosis,
                limit=limit,
                rejected_patches=rejected,
            )
        )

    def trial(
        self, batch: CandidateBatch, reproduction: Reproduction, seconds: float = PATIENCE_SECONDS
    ) -> TrialReport:
        return self.fixing.try_candidates(
            TrialRequest(
                service=self.service,
                policy=self.policy,
                event=self.event,
                evidence=self.evidence,
                environment=self.environment,
                reproduction=reproduction,
                base_suite=self.base_suite,
                batch=batch,
                seconds=seconds,
            )
        )


def set_stage(name: str, directory: Path) -> FixStage:
    """Build a case, capture its event and bring it as far as its diagnosis."""
    built = build_repository(load_case(name), directory / "repo")
    captured = capture_event(built)
    text = captured if isinstance(captured, str) else json.dumps(captured)
    alert = parse_report(text, service=name, received_at=datetime.now(UTC))
    artifacts = DirectoryArtifacts(directory / "artifacts")
    sources = GitSources(directory / "sources")
    service = Service(name=name, repository=str(built.path), test_command=built.case.test_command)
    event = artifacts.put(canonical_json(alert))
    root_cause = RootCauseActivities(artifacts, sources, FakeDeployments())
    evidence = root_cause.collect_evidence(EvidenceRequest(service=service, event=event))
    diagnosis = root_cause.diagnose(
        DiagnosisRequest(service=service, event=event, evidence=evidence)
    )
    return FixStage(
        built=built,
        artifacts=artifacts,
        sources=sources,
        fixing=FixingActivities(artifacts, sources, BubblewrapSandbox(directory / "sandbox")),
        service=service,
        policy=Policy(),
        event=event,
        evidence=evidence,
        diagnosis=diagnosis,
    )
