"""A fault whose mending the program's own text leaves no doubt about."""

from pathlib import Path

from suture.domain.patch import CandidateList
from suture.verdict.oracle import is_mechanical
from tests.activities.stage import set_stage


def test_once_it_stands_only_what_could_speak_against_it_is_tried(tmp_path: Path) -> None:
    stage = set_stage("mail-queue", tmp_path)
    batch = stage.propose()
    listed = CandidateList.model_validate_json(stage.artifacts.get(batch.digest))
    readings = [one for one in listed.candidates if is_mechanical(one.patch.origin)]
    assert 0 < len(readings) < batch.count

    report = stage.trial(batch, stage.reproduction)

    assert report.verification is not None
    assert report.verification.verified, report.verification.explanation
    assert report.verification.patch.digest in {one.patch.digest for one in readings}
    assert report.tried <= len(readings) + 1
