"""Opening and merging, against the real local code host."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.exceptions import ApplicationError

from activities.pull_requests import MergeRequest, OpeningRequest, PullRequestActivities
from integrations.database import open_database
from integrations.filesystem.artifacts import DirectoryArtifacts
from integrations.git.source import GitSources
from suture.domain.approval import Actor, Consent, Role
from suture.domain.pull_request import PullRequestRef
from suture.domain.report import IncidentReport
from suture.domain.service import Service
from tests.builders.code_host import BRANCH, FIX, NOON, Workshop
from tests.builders.reports import build_report, build_verification

HOUR = timedelta(hours=1)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workshop]:
    engine = open_database(f"sqlite:///{tmp_path}/suture.db")
    yield Workshop(tmp_path, engine)
    engine.dispose()


@pytest.fixture
def artifacts(tmp_path: Path) -> DirectoryArtifacts:
    return DirectoryArtifacts(tmp_path / "artifacts")


@pytest.fixture
def pulls(shop: Workshop, artifacts: DirectoryArtifacts, tmp_path: Path) -> PullRequestActivities:
    sources = GitSources(tmp_path / "sources")
    return PullRequestActivities(shop.host, sources, artifacts, "http://console.invalid")


def consented(shop: Workshop, ref: PullRequestRef, not_after: datetime) -> MergeRequest:
    """Consent to the pull request as it is now."""
    seen = shop.host.read_pull_request(ref)
    consent = Consent(
        decision_id="decision-1",
        actor=Actor(id="ada", role=Role.APPROVER, via="test"),
        target=seen.target,
        granted_at=not_after - 24 * HOUR,
    )
    return MergeRequest(pull_request=ref, consent=consent, not_after=not_after)


def test_what_was_approved_is_merged_while_the_approval_counts(
    shop: Workshop, pulls: PullRequestActivities
) -> None:
    request = consented(shop, shop.open(), datetime.now(UTC) + HOUR)
    merged = pulls.merge_pull_request(request)
    assert merged.merge_sha == shop.git("rev-parse", "main")
    assert pulls.merge_pull_request(request) == merged


def test_an_expired_approval_merges_nothing(shop: Workshop, pulls: PullRequestActivities) -> None:
    request = consented(shop, shop.open(), datetime.now(UTC) - HOUR)
    with pytest.raises(ApplicationError, match="expired at") as caught:
        pulls.merge_pull_request(request)
    assert caught.value.type == "Conflict"
    assert shop.git("rev-parse", "main") == shop.base


def test_a_merge_that_was_made_in_time_is_reported_after_the_approval_has_expired(
    shop: Workshop, pulls: PullRequestActivities
) -> None:
    ref = shop.open()
    request = consented(shop, ref, datetime.now(UTC) - HOUR)
    merge_sha = shop.merge(ref)
    assert pulls.merge_pull_request(request).merge_sha == merge_sha


def test_a_merge_of_another_head_is_not_the_one_that_was_approved(
    shop: Workshop, pulls: PullRequestActivities
) -> None:
    ref = shop.open()
    request = consented(shop, ref, datetime.now(UTC) - HOUR)
    shop.push(BRANCH, {"more.py": "x = 1\n"}, "bob")
    shop.merge(ref)
    with pytest.raises(ApplicationError) as caught:
        pulls.merge_pull_request(request)
    assert caught.value.type == "Conflict"


def opening(
    shop: Workshop, artifacts: DirectoryArtifacts, report: IncidentReport
) -> OpeningRequest:
    """Ask to propose the workshop's fix for an incident."""
    service = Service(name="shop", repository=shop.repository)
    repository = GitSources(Path(shop.repository).parent / "sources").open(shop.repository)
    diff = artifacts.put(repository.make_diff(shop.base, FIX).encode())
    verification = build_verification()
    patch = verification.patch.model_copy(update={"base_sha": shop.base})
    verification = verification.model_copy(update={"full_diff": diff, "patch": patch})
    report = report.model_copy(update={"verification": verification})
    return OpeningRequest(report=report, service=service, authored_at=NOON)


@pytest.mark.parametrize("end", ["merged", "closed"])
def test_nothing_is_pushed_to_what_a_human_has_settled(
    shop: Workshop, artifacts: DirectoryArtifacts, pulls: PullRequestActivities, end: str
) -> None:
    fresh = build_report().model_copy(update={"pull_request": None})
    request = opening(shop, artifacts, fresh)
    head = pulls.push_branch(request)
    ref = pulls.open_pull_request(request)
    if end == "merged":
        shop.merge(ref)
    else:
        shop.host.close_pull_request(ref, delete_branch=True)
    refs = shop.git("show-ref")
    again = opening(shop, artifacts, fresh.model_copy(update={"pull_request": ref}))
    later = again.model_copy(update={"authored_at": NOON + HOUR})
    assert pulls.push_branch(later) == head
    assert pulls.open_pull_request(later) == ref
    assert shop.git("show-ref") == refs
