"""Root cause: collect evidence, then conclude from it."""

from temporalio import activity

from activities.beating import beat
from activities.case_files import CaseFiles
from activities.failures import translated
from suture.canonical import canonical_json
from suture.domain.diagnosis import Diagnosis
from suture.domain.evidence import Evidence, EvidenceRef
from suture.domain.service import Service
from suture.domain.value import Digest, Value
from suture.hostile_text import suspicions, texts_around
from suture.localisation.evidence import Scene, collect_evidence
from suture.ports.artifacts import ArtifactStore
from suture.ports.deployments import Deployments
from suture.ports.opinions import Opinions
from suture.ports.source import SourceRepositories, SourceRepository
from suture.triage.diagnosis import diagnose

MAX_SOURCES = 4


class EvidenceRequest(Value):
    """What to look into."""

    service: Service
    event: Digest
    """The `Alert` in the artifact store."""


class DiagnosisRequest(Value):
    """What to conclude from."""

    service: Service
    event: Digest
    evidence: EvidenceRef


class RootCauseActivities:
    """Reads the repository's history; never runs its code."""

    def __init__(
        self,
        artifacts: ArtifactStore,
        sources: SourceRepositories,
        deployments: Deployments,
        opinions: Opinions | None = None,
    ) -> None:
        self._artifacts = artifacts
        self._opinions = opinions
        self._files = CaseFiles(artifacts, sources)
        self._deployments = deployments

    @activity.defn(name="collect_evidence")
    @translated
    def collect_evidence(self, request: EvidenceRequest) -> EvidenceRef:
        """Collect what the event and the repository say; the evidence becomes an artifact."""
        service = request.service
        alert = self._files.alert(request.event)
        repository = self._files.repository(service)
        beat()
        repository.refresh()
        beat()
        deployments = self._deployments.history(service.name, service.environment)
        scene = Scene(repository=repository, service=service, deployments=deployments)
        evidence = collect_evidence(alert, scene)
        beat()
        said = self._opinions.about(alert) if self._opinions is not None else ()
        evidence = evidence.model_copy(update={"notes": (*evidence.notes, *said)})
        return EvidenceRef(
            digest=self._artifacts.put(canonical_json(evidence)),
            base_sha=evidence.base_sha,
            suspects=len(evidence.suspects),
            suspicions=suspicions(
                {
                    **texts_around(alert, evidence),
                    **_sources(evidence, repository),
                    "branch": service.base_branch,
                }
            ),
        )

    @activity.defn(name="diagnose")
    @translated
    def diagnose(self, request: DiagnosisRequest) -> Diagnosis:
        """Conclude by rules, with citations that were checked."""
        service = request.service
        alert = self._files.alert(request.event)
        evidence = self._files.evidence(request.evidence)
        repository = self._files.repository(service)
        return diagnose(alert, evidence, repository)


def _sources(evidence: Evidence, repository: SourceRepository) -> dict[str, str]:
    """Return the files of the failing path, innermost first."""
    paths = dict.fromkeys(place.path for place in reversed(evidence.path))
    return {
        path: repository.read_file(evidence.base_sha, path) or ""
        for path in list(paths)[:MAX_SOURCES]
    }
