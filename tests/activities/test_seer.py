"""What Seer concluded is evidence of what it said, cited from the alert, and never needed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from activities.root_cause import DiagnosisRequest, EvidenceRequest, RootCauseActivities
from evals.seeded import build_repository, load_case
from integrations.filesystem.artifacts import DirectoryArtifacts
from integrations.git.source import GitSources
from integrations.sentry.client import SentryClient
from integrations.sentry.seer import SeerOpinions
from suture.canonical import canonical_json
from suture.domain.alert import Alert, AlertKind, AlertSource
from suture.domain.evidence import Citation, CitationKind, Evidence, Statement
from suture.domain.service import Service
from tests.fakes.deployments import FakeDeployments
from tests.fakes.sentry_server import FakeSentry, Issue
from tests.fakes.vendor_server import Fault, serving
from tests.metrics.test_sentry import CAUSE, NOON, autofix, settings_for

CASE = "vat-country"


@pytest.fixture
def sentry() -> Iterator[FakeSentry]:
    server = FakeSentry()
    with serving(server):
        yield server


def alert(**fields: object) -> Alert:
    given = {
        "alert_id": "1",
        "source": AlertSource.SENTRY,
        "kind": AlertKind.SIGNAL,
        "service": CASE,
        "title": "Checkout fails",
        "occurred_at": NOON,
        "group": "issue/7",
        **fields,
    }
    return Alert.model_validate(given)


def said(server: FakeSentry, told: Alert) -> tuple[Statement, ...]:
    return SeerOpinions(SentryClient(settings_for(server))).about(told)


def test_evidence_and_diagnosis_tell_what_seer_believes(sentry: FakeSentry, tmp_path: Path) -> None:
    sentry.issues["7"] = Issue("7", autofix=autofix(CAUSE))
    built = build_repository(load_case(CASE), tmp_path / "repo")
    artifacts = DirectoryArtifacts(tmp_path / "artifacts")
    service = Service(name=CASE, repository=str(built.path))
    activities = RootCauseActivities(
        artifacts,
        GitSources(tmp_path / "sources"),
        FakeDeployments(),
        SeerOpinions(SentryClient(settings_for(sentry))),
    )
    event = artifacts.put(canonical_json(alert()))
    found = activities.collect_evidence(EvidenceRequest(service=service, event=event))
    evidence = Evidence.model_validate_json(artifacts.get(found.digest))
    text = (
        "Seer, Sentry's agent, believes: `count` is zero for an empty cart."
        " It names shop/cart.py, shop/server.py."
    )
    cited = Citation(kind=CitationKind.EVENT, quote="issue/7")
    believed = Statement(text=text, citations=(cited,))
    assert evidence.notes[-1] == believed
    request = DiagnosisRequest(service=service, event=event, evidence=found)
    assert believed in activities.diagnose(request).statements


@pytest.mark.parametrize(
    "fields", [{"source": AlertSource.DATADOG}, {"group": ""}, {"group": "metric/1/2"}]
)
def test_seer_is_asked_of_sentry_s_issues_alone(sentry: FakeSentry, fields: dict[str, Any]) -> None:
    assert said(sentry, alert(**fields)) == ()
    assert sentry.requests == []


def test_seer_need_not_have_looked(sentry: FakeSentry) -> None:
    sentry.issues["7"] = Issue("7")
    assert said(sentry, alert()) == ()


@pytest.mark.parametrize("fault", [Fault(status=500), Fault(reset=True), Fault(status=403)])
def test_nobody_waits_for_seer(sentry: FakeSentry, fault: Fault) -> None:
    sentry.faults = [fault]
    assert said(sentry, alert()) == ()


def test_what_seer_says_is_bounded_and_scrubbed(sentry: FakeSentry) -> None:
    secret = "AKIA" + "IOSFODNN7EXAMPLE"
    cause = {"id": 4, "description": f"The key {secret} leaks. " + "x" * 10_000}
    sentry.issues["7"] = Issue("7", autofix=autofix(cause))
    [statement] = said(sentry, alert())
    assert secret not in statement.text
    assert len(statement.text) < 2_200
