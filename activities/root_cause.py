"""Root cause: collect evidence, then conclude from it."""

from temporalio import activity

from activities.beating import beat
from activities.case_files import CaseFiles
from activities.failures import translated
from suture.canonical import canonical_json
from suture.domain.alert import Alert
from suture.domain.diagnosis import Diagnosis
from suture.domain.evidence import Evidence, EvidenceRef, Statement
from suture.domain.incident import IncidentKey
from suture.domain.service import Service
from suture.domain.value import Digest, Instant, Value
from suture.hostile_text import suspicions, texts_around
from suture.index.questions import CodeQuestions
from suture.localisation.evidence import Scene, collect_evidence
from suture.localisation.reach import reach_of
from suture.memory.calibration import Claim, corrected
from suture.memory.causes import cause_of, describe_in_flight, describe_similar
from suture.memory.similarity import traits_of
from suture.ports.artifacts import ArtifactStore
from suture.ports.deployments import Deployments
from suture.ports.memory import FixInFlight, Memory
from suture.ports.opinions import Opinions
from suture.ports.source import SourceRepositories, SourceRepository
from suture.triage.diagnosis import MAX_STATEMENTS, diagnose

MAX_SOURCES = 4


class Asking(Value):
    """Which incident asks, and when. A repair that began then has ended by `until`."""

    key: IncidentKey
    now: Instant
    until: Instant


class EvidenceRequest(Value):
    """What to look into."""

    service: Service
    event: Digest
    """The `Alert` in the artifact store."""
    asking: Asking | None = None
    """Without it nothing is remembered of the incident, and nobody is asked for others."""


class DiagnosisRequest(Value):
    """What to conclude from."""

    service: Service
    event: Digest
    evidence: EvidenceRef
    asking: Asking | None = None


class RootCauseActivities:
    """Reads the repository's history; never runs its code."""

    def __init__(
        self,
        artifacts: ArtifactStore,
        sources: SourceRepositories,
        deployments: Deployments,
        opinions: Opinions | None = None,
        memory: Memory | None = None,
    ) -> None:
        self._memory = memory
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
        said += self._similar(request, alert, evidence)
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
        """Conclude by rules, with citations that were checked; take the cause for this incident.

        While another open incident repairs the same cause, the diagnosis names it instead.
        """
        service = request.service
        alert, evidence = self._files.case(request.event, request.evidence)
        repository = self._files.repository(service)
        found = held_against_outcomes(
            self._memory, request.asking, diagnose(alert, evidence, repository)
        )
        beat()
        if found.cause is not None:
            questions = CodeQuestions(repository.code_index(), evidence.base_sha)
            found = found.model_copy(update={"reach": reach_of(found.cause, questions)})
        return claimed(self._memory, request, found)

    def _similar(
        self, request: EvidenceRequest, alert: Alert, evidence: Evidence
    ) -> tuple[Statement, ...]:
        """Remember what the incident looks like; tell of those that looked alike."""
        asking = request.asking
        if self._memory is None or asking is None:
            return ()
        traits = traits_of(asking.key, asking.now, alert, evidence)
        self._memory.note_traits(traits)
        return tuple(describe_similar(each) for each in self._memory.similar(traits))


def held_against_outcomes(
    memory: Memory | None, asking: Asking | None, diagnosis: Diagnosis
) -> Diagnosis:
    """Keep what a diagnosis states, and correct it by what earlier ones proved to be."""
    if memory is None or asking is None:
        return diagnosis
    stated, basis = diagnosis.confidence, diagnosis.basis
    incident = asking.key.incident_id
    memory.note_claim(Claim(incident_id=incident, at=asking.now, basis=basis, stated=stated))
    after = corrected(stated, basis, memory.outcomes())
    if not after.note:
        return diagnosis
    changes = {"confidence": after.confidence, "stated": stated, "confidence_note": after.note}
    return diagnosis.model_copy(update=changes)


def claimed(memory: Memory | None, request: DiagnosisRequest, diagnosis: Diagnosis) -> Diagnosis:
    """Take a diagnosis' cause for its incident, or tell which other one has it."""
    cause, asking = cause_of(diagnosis, request.service), request.asking
    if memory is None or asking is None or cause is None:
        return diagnosis
    own = FixInFlight(cause=cause, incident_id=asking.key.incident_id, until=asking.until)
    held = memory.claim_fix(own, asking.now)
    if held.incident_id == own.incident_id:
        return diagnosis
    told = (describe_in_flight(held), *diagnosis.statements)[:MAX_STATEMENTS]
    return diagnosis.model_copy(update={"fix_in_flight": held.incident_id, "statements": told})


def _sources(evidence: Evidence, repository: SourceRepository) -> dict[str, str]:
    """Return the files of the failing path, innermost first."""
    paths = dict.fromkeys(place.path for place in reversed(evidence.path))
    return {
        path: repository.read_file(evidence.base_sha, path) or ""
        for path in list(paths)[:MAX_SOURCES]
    }
