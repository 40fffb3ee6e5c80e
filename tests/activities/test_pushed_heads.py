"""Heads that people push are held against the evidence gate and the policy, as Suture's own are."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

import pytest
from temporalio.exceptions import ApplicationError

from activities.fixing import HeadRequest
from suture.canonical import sha256
from suture.domain.approval import ConsentTarget
from suture.domain.verification import VerdictReason, Verification
from suture.policy.model import BlastRadius
from tests.activities.stage import FixStage
from tests.builders.repository import RepositoryBuilder

NOTE = "# Everybody starts at the bottom.\n"
SOURCE, OLD_TEST, NEW_TEST = "loyalty/tiers.py", "tests/test_points.py", "tests/test_more.py"


@dataclass(frozen=True, kw_only=True)
class Branch:
    """Suture's branch with its verified commit, and a person who pushes on top of it."""

    stage: FixStage
    clone: RepositoryBuilder
    verified: Verification

    def push(self, files: Mapping[str, str | None]) -> str:
        return self.clone.commit(files, "By hand")

    def read(self, path: str) -> str:
        return (self.clone.path / path).read_text(encoding="utf-8")

    def judge(self, head: str, fork: str | None = None, **changed: object) -> Verification:
        """Verify a head whose pull request shows what it changes since the fork."""
        base = fork or self.stage.evidence.base_sha
        repository = self.stage.sources.open(self.stage.service.repository)
        repository.refresh()
        diff = repository.diff(base, head).encode()
        facts = {
            "service": self.stage.service,
            "policy": self.stage.policy,
            "event": self.stage.event,
            "evidence": self.stage.evidence,
            "verification": self.verified,
            "target": ConsentTarget(head_sha=head, patch_digest=sha256(diff)),
        }
        return self.stage.fixing.verify_head(HeadRequest.model_validate({**facts, **changed}))


@pytest.fixture
def branch(tiers: FixStage, verified: Verification) -> Branch:
    assert verified.full_diff is not None
    clone = RepositoryBuilder(tiers.built.path)
    clone.branch(f"suture/{uuid4().hex[:8]}", tiers.evidence.base_sha)
    repository = tiers.sources.open(tiers.service.repository)
    diff = tiers.artifacts.get(verified.full_diff).decode()
    changes = repository.apply_diff(tiers.evidence.base_sha, diff)
    clone.commit({item.path: item.content for item in changes}, "Mend it")
    return Branch(stage=tiers, clone=clone, verified=verified)


def test_a_head_that_keeps_the_fix_is_verified_with_its_own_evidence(branch: Branch) -> None:
    judged = branch.judge(branch.push({SOURCE: branch.read(SOURCE) + NOTE}))
    assert judged.verified, judged.explanation
    assert judged.red_green_red
    assert judged.full_diff != branch.verified.full_diff
    assert judged.full_diff is not None
    assert NOTE.strip() in branch.stage.artifacts.get(judged.full_diff).decode()
    assert judged.patched_suite is not None
    assert judged.patched_suite.failed == 0


def test_a_head_may_bring_more_tests(branch: Branch) -> None:
    head = branch.push({NEW_TEST: "def test_more() -> None:\n    assert True\n"})
    assert branch.judge(head).verified


FORBIDDEN = {
    "forbidden: .github/workflows/ci.yml must not be changed": {
        ".github/workflows/ci.yml": "on: push\n"
    },
    "forbidden: Dockerfile must not be changed": {"Dockerfile": "FROM scratch\n"},
    "forbidden: tests/conftest.py must not be changed": {"tests/conftest.py": "import os\n"},
    "lines, 60 are allowed": {"loyalty/more.py": "x = 1\n" * 61},
    "tests: tests/test_points.py belongs to the existing tests": {OLD_TEST: None},
}


@pytest.mark.parametrize(("objection", "files"), FORBIDDEN.items(), ids=list(FORBIDDEN))
def test_a_head_outside_the_blast_radius_is_not_even_run(
    branch: Branch, objection: str, files: dict[str, str | None]
) -> None:
    judged = branch.judge(branch.push(files))
    assert not judged.verified
    assert judged.reason is VerdictReason.OUTSIDE_BLAST_RADIUS
    assert objection in judged.explanation
    assert not judged.red_on_base
    assert judged.patched_suite is None


def test_a_head_outside_the_allowed_paths_is_refused(branch: Branch) -> None:
    narrow = BlastRadius(allowed_paths=("loyalty/**",))
    policy = branch.stage.policy.model_copy(update={"blast_radius": narrow})
    judged = branch.judge(branch.push({"tools/more.py": "x = 1\n"}), policy=policy)
    assert judged.reason is VerdictReason.OUTSIDE_BLAST_RADIUS
    assert "not_allowed: tools/more.py is not among the allowed paths" in judged.explanation


def test_a_head_that_lost_the_fix_is_refused(branch: Branch) -> None:
    base = branch.stage.sources.open(branch.stage.service.repository)
    original = base.read_file(branch.stage.evidence.base_sha, SOURCE)
    judged = branch.judge(branch.push({SOURCE: original}))
    assert not judged.verified
    assert judged.reason is VerdictReason.STILL_RED


def test_a_head_that_lost_the_regression_test_is_refused(branch: Branch) -> None:
    test = branch.verified.reproduction.regression_test
    assert test is not None
    judged = branch.judge(branch.push({test: None}))
    assert not judged.verified
    assert judged.reason is VerdictReason.OUTSIDE_BLAST_RADIUS
    assert "regression test" in judged.explanation


def test_a_head_that_breaks_another_test_is_refused(branch: Branch) -> None:
    head = branch.push({NEW_TEST: "def test_more() -> None:\n    assert False\n"})
    judged = branch.judge(head)
    assert judged.reason is VerdictReason.NEW_FAILURES
    assert judged.new_failures


def test_what_others_did_on_the_base_branch_is_not_held_against_a_head(branch: Branch) -> None:
    clone, ours = branch.clone, branch.clone.head()
    trunk = f"trunk-{uuid4().hex[:8]}"
    clone.branch(trunk, branch.stage.evidence.base_sha)
    bulky = {f"loyalty/more_{number}.py": "x = 1\n" * 50 for number in range(5)}
    upstream = clone.commit({**bulky, "Dockerfile": "FROM scratch\n"}, "Grow")
    clone.git("switch", "--quiet", "--detach", ours)
    clone.git("merge", "--quiet", "--no-edit", upstream)
    service = branch.stage.service.model_copy(update={"base_branch": trunk})
    judged = branch.judge(clone.head(), fork=upstream, service=service)
    assert judged.verified, judged.explanation
    diff = branch.stage.artifacts.get(judged.full_diff or "").decode()
    assert "Dockerfile" not in diff


@pytest.mark.parametrize("trunk", ["main", "gone"])
def test_a_head_whose_diff_is_not_the_one_that_is_shown_cannot_be_verified(
    branch: Branch, trunk: str
) -> None:
    head = branch.push({SOURCE: branch.read(SOURCE) + NOTE})
    service = branch.stage.service.model_copy(update={"base_branch": trunk})
    other = ConsentTarget(head_sha=head, patch_digest="0" * 64)
    with pytest.raises(ApplicationError, match="not the one that the pull request shows"):
        branch.judge(head, service=service, target=other)


def test_a_proposal_without_a_suite_cannot_be_compared_with(branch: Branch) -> None:
    bare = branch.verified.model_copy(update={"base_suite": None})
    with pytest.raises(ApplicationError, match="no suite"):
        branch.judge(branch.clone.head(), verification=bare)
