"""Evidence tells of incidents that looked alike, and a diagnosis of a fix that is under way."""

from datetime import timedelta
from pathlib import Path

from activities.root_cause import (
    Asking,
    DiagnosisRequest,
    EvidenceRequest,
    RootCauseActivities,
    claimed,
    held_against_outcomes,
)
from integrations.filesystem.artifacts import DirectoryArtifacts
from integrations.git.source import GitSources
from suture.canonical import canonical_json
from suture.domain.alert import Alert, AlertKind, AlertSource, ExceptionInfo, Frame
from suture.domain.evidence import Evidence, Location, Suspect
from suture.domain.incident import IncidentKey
from suture.domain.resolution import ResolutionKind
from suture.domain.service import Service
from suture.ports.memory import PastIncident
from tests.builders.repository import FIRST_COMMIT_AT, RepositoryBuilder
from tests.fakes.deployments import FakeDeployments
from tests.fakes.fixing import CODE_DEFECT
from tests.fakes.memory import FakeMemory

NOON = FIRST_COMMIT_AT + timedelta(hours=3)
FIRST = IncidentKey(service="shop", fingerprint="1" * 64)
SECOND = IncidentKey(service="shop", fingerprint="2" * 64)


def asking(key: IncidentKey) -> Asking:
    return Asking(key=key, now=NOON, until=NOON + timedelta(hours=1))


def test_a_new_incident_is_told_of_the_one_that_it_is_like(tmp_path: Path) -> None:
    builder = RepositoryBuilder(tmp_path / "repo")
    builder.commit({"shop/cart.py": "def mean(a):\n    return sum(a) / len(a)\n"}, "Sell")
    service = Service(name="shop", repository=str(builder.path))
    artifacts, memory = DirectoryArtifacts(tmp_path / "artifacts"), FakeMemory()
    sources = GitSources(tmp_path / "sources")
    activities = RootCauseActivities(artifacts, sources, FakeDeployments(), memory=memory)
    frame = Frame(filename="shop/cart.py", lineno=2, function="mean")
    error = ExceptionInfo(type="ZeroDivisionError", value="division by zero", frames=(frame,))
    alert = Alert(
        alert_id="1",
        source=AlertSource.GENERIC,
        kind=AlertKind.EXCEPTION,
        service="shop",
        title="ZeroDivisionError",
        occurred_at=NOON,
        exceptions=(error,),
    )
    event = artifacts.put(canonical_json(alert))

    def told(key: IncidentKey) -> str:
        request = EvidenceRequest(service=service, event=event, asking=asking(key))
        found = activities.collect_evidence(request)
        evidence = Evidence.model_validate_json(artifacts.get(found.digest))
        return "\n".join(note.text for note in evidence.notes)

    assert "alike" not in told(FIRST)
    past = PastIncident(
        incident_id=FIRST.incident_id,
        run_id="run-1",
        kind=ResolutionKind.NO_FIX_FOUND,
        summary="An empty cart is divided by.",
        closed_at=NOON,
    )
    memory.remember(FIRST, past)
    assert f"Incident {FIRST.incident_id}" in told(SECOND)
    assert "No fix of it was merged." in told(SECOND)


def test_a_diagnosis_names_the_incident_that_has_its_cause_already() -> None:
    memory, service = FakeMemory(), Service(name="shop", repository="shop.git")
    suspect = Suspect(
        commit="a" * 40,
        author="Ada",
        committed_at=NOON,
        summary="Sell",
        score=0.9,
        reasons=("It changed mean.",),
    )
    cause = Location(path="shop/cart.py", line=2, function="mean")
    diagnosis = CODE_DEFECT.model_copy(update={"cause": cause, "suspect": suspect})

    def request(key: IncidentKey | None) -> DiagnosisRequest:
        given = {"service": service, "event": "e" * 64, "asking": asking(key) if key else None}
        evidence = {"digest": "d" * 64, "base_sha": "b" * 40, "suspects": 1}
        return DiagnosisRequest.model_validate({**given, "evidence": evidence})

    assert claimed(memory, request(None), diagnosis) == diagnosis
    assert claimed(None, request(FIRST), diagnosis) == diagnosis
    assert claimed(memory, request(FIRST), CODE_DEFECT) == CODE_DEFECT
    assert claimed(memory, request(FIRST), diagnosis) == diagnosis
    second = claimed(memory, request(SECOND), diagnosis)
    assert second.fix_in_flight == FIRST.incident_id
    assert FIRST.incident_id in second.statements[0].text


def test_a_confidence_is_corrected_by_what_earlier_ones_proved_to_be() -> None:
    memory = FakeMemory()
    assert held_against_outcomes(memory, None, CODE_DEFECT) == CODE_DEFECT
    assert held_against_outcomes(memory, asking(FIRST), CODE_DEFECT) == CODE_DEFECT
    rejected = PastIncident(
        incident_id=FIRST.incident_id,
        run_id="run-1",
        kind=ResolutionKind.REJECTED,
        summary="Not this.",
        closed_at=NOON + timedelta(hours=1),
    )
    memory.remember(FIRST, rejected)
    found = held_against_outcomes(memory, asking(SECOND), CODE_DEFECT)
    assert found.stated == CODE_DEFECT.confidence
    assert found.confidence < CODE_DEFECT.confidence
    assert "0 proved right" in found.confidence_note
