"""`suture incidents confidence`."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from typer.testing import CliRunner

from apps.cli.main import app
from integrations.database import open_database
from integrations.local.memory import LocalMemory
from suture.domain.diagnosis import Basis
from suture.domain.incident import IncidentKey
from suture.domain.resolution import ResolutionKind
from suture.memory.calibration import Claim
from suture.ports.memory import PastIncident

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_the_command_tells_how_far_confidence_can_be_trusted(tmp_path: Path) -> None:
    runner = CliRunner(env={"SUTURE_STATE_DIR": str(tmp_path), "COLUMNS": "80"})
    first = runner.invoke(app, ["incidents", "confidence"])
    assert first.exit_code == 0, first.output
    assert "No diagnosis has proved right or wrong yet" in first.output
    engine = open_database(f"sqlite:///{tmp_path / 'suture.db'}")
    memory = LocalMemory(engine)
    for number, kind in enumerate((ResolutionKind.FIXED, ResolutionKind.REJECTED)):
        key = IncidentKey(service="shop", fingerprint=f"{number}" * 64)
        incident = key.incident_id
        claim = Claim(incident_id=incident, at=NOON, basis=Basis.CRASH, stated=0.6)
        memory.note_claim(claim)
        end = NOON + timedelta(hours=1 + number)
        past = PastIncident(
            incident_id=incident, run_id=f"run-{number}", kind=kind, summary="x", closed_at=end
        )
        memory.remember(key, past)
    engine.dispose()
    told = runner.invoke(app, ["incidents", "confidence"])
    assert "2 diagnoses proved right or wrong. Brier score 0.260 as stated" in told.output
    assert "50% to 70%" in told.output
    found = json.loads(runner.invoke(app, ["incidents", "confidence", "--json"]).output)
    assert found["bins"][0]["right"] == 0.5
