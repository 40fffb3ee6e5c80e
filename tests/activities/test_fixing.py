"""The evidence gate at work on real repositories in the real sandbox."""

from pathlib import Path

import pytest
from temporalio.exceptions import ApplicationError

from suture.canonical import canonical_json
from suture.domain.patch import (
    Candidate,
    CandidateBatch,
    CandidateList,
    ChangedFile,
    Patch,
    PatchNature,
)
from suture.domain.verification import Oracle, Verification
from suture.errors import PatchDoesNotApply
from tests.activities.stage import FixStage, set_stage


def batch_of(stage: FixStage, diff: str, nature: PatchNature) -> CandidateBatch:
    """Make a batch of one hand-written candidate."""
    patch = Patch(
        base_sha=stage.evidence.base_sha,
        digest=stage.artifacts.put(diff.encode()),
        files=(ChangedFile(path="a.py", added=1, removed=1),),
        nature=nature,
        title="A patch by hand",
        origin="hand",
    )
    listed = CandidateList(candidates=(Candidate(candidate_id="c-1", patch=patch, score=1),))
    return CandidateBatch(digest=stage.artifacts.put(canonical_json(listed)), count=1)


def reference_of(stage: FixStage) -> str:
    return stage.built.case.reference.read_text(encoding="utf-8")


def test_a_fix_that_answers_as_the_last_good_commit_is_verified(verified: Verification) -> None:
    assert verified.verified, verified.explanation
    assert verified.red_green_red
    assert verified.reproduction.oracle is Oracle.LAST_GOOD
    assert verified.full_diff is not None
    assert verified.new_failures == ()


def test_a_patch_that_hides_the_error_is_shown_and_never_offered(tiers: FixStage) -> None:
    hiding = tiers.built.case.hiding.read_text(encoding="utf-8")
    batch = batch_of(tiers, hiding, PatchNature.HIDES_ERROR)
    report = tiers.trial(batch, tiers.reproduction)
    assert report.verification is not None
    assert not report.verification.verified
    assert report.mitigation is not None


def test_a_patch_that_does_not_apply_is_passed_over(tiers: FixStage) -> None:
    diff = reference_of(tiers).replace("tier", "shoe")
    report = tiers.trial(batch_of(tiers, diff, PatchNature.REPAIR), tiers.reproduction)
    assert report.verification is None
    assert "does not apply" in report.notes[0]


def test_a_patch_outside_the_blast_radius_is_not_even_run(tiers: FixStage) -> None:
    diff = "--- /dev/null\n+++ b/conftest.py\n@@ -0,0 +1 @@\n+import os\n"
    report = tiers.trial(batch_of(tiers, diff, PatchNature.REPAIR), tiers.reproduction)
    assert report.verification is None
    assert "must not be changed" in report.notes[0]


def test_no_time_means_no_trial(tiers: FixStage) -> None:
    report = tiers.trial(tiers.propose(limit=3), tiers.reproduction, seconds=1e-9)
    assert report.tried == 0


def test_a_rejected_patch_is_not_proposed_again(tiers: FixStage, verified: Verification) -> None:
    everything = tiers.propose()
    assert tiers.propose(rejected=(verified.patch.digest,)).count == everything.count - 1


def test_without_a_reproduction_nothing_is_tried(tiers: FixStage) -> None:
    reproduction = tiers.reproduction.model_copy(update={"files": None})
    with pytest.raises(ApplicationError) as caught:
        tiers.trial(tiers.propose(limit=1), reproduction)
    assert caught.value.type == PatchDoesNotApply.__name__


def test_the_projects_own_failing_test_is_the_proof(tmp_path: Path) -> None:
    stage = set_stage("tag-index", tmp_path)
    reproduction = stage.reproduction
    assert reproduction.oracle is Oracle.FAILING_TEST
    assert reproduction.regression_test is None
    cause = stage.built.case.root_cause
    assert cause is not None
    assert reproduction.spectrum is not None
    assert reproduction.places[0].path == cause.path
    report = stage.trial(stage.propose(), reproduction)
    assert report.verification is not None
    assert report.verification.verified


def test_a_call_whose_arguments_nobody_captured_is_not_reproduced(tmp_path: Path) -> None:
    stage = set_stage("csv-merge", tmp_path)
    reproduction = stage.reproduction
    assert not reproduction.reproduced
    assert "was not captured" in reproduction.reason


def test_a_failure_that_happens_at_times_is_not_reproduced(tmp_path: Path) -> None:
    reproduction = set_stage("flaky-order", tmp_path).reproduction
    assert not reproduction.reproduced
