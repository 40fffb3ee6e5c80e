from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from suture.domain.patch import FileChange
from suture.domain.pull_request import (
    Check,
    CheckConclusion,
    CiState,
    PullRequestRef,
    PullRequestState,
)
from suture.errors import Conflict, NotFound, PermanentError
from suture.ports.code_host import BranchRequest, CodeHost, PullRequestRequest
from tests.builders.code_host import BRANCH, FIX, MESSAGE, NOON, Workshop
from tests.builders.github import github_workshop
from tests.builders.gitlab import gitlab_workshop
from tests.contracts.conftest import empty_database
from tests.fakes.code_host import FakeCodeHost
from tests.fakes.github_server import REPOSITORY
from tests.fakes.gitlab_server import PROJECT


@dataclass(frozen=True)
class World:
    host: CodeHost
    repository: str
    base: str
    push: Callable[[str, str], str]
    """Commits some content as somebody on Suture's branch; returns the new head."""
    shown: Callable[[PullRequestRef], tuple[list[CheckConclusion], list[str]]]
    """Checks and comments, as people see them."""

    def branch(self, branch: str = BRANCH, changes: tuple[FileChange, ...] = FIX) -> str:
        return self.host.ensure_branch(
            BranchRequest(
                repository=self.repository,
                branch=branch,
                base_sha=self.base,
                changes=changes,
                message=MESSAGE,
                authored_at=NOON,
            )
        )

    def request(self, branch: str = BRANCH, title: str = "Mend it") -> PullRequestRequest:
        return PullRequestRequest(
            repository=self.repository, branch=branch, base_branch="main", title=title, body="Why"
        )

    def open(self) -> PullRequestRef:
        self.branch()
        return self.host.ensure_pull_request(self.request())

    def merge(self, ref: PullRequestRef) -> str:
        seen = self.host.read_pull_request(ref)
        merge_sha = self.host.merge(ref, seen.head_sha, seen.patch_digest)
        assert merge_sha is not None
        return merge_sha


@pytest.fixture(params=["fake", "sqlite", "postgresql", "github", "gitlab"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    if request.param == "fake":
        yield _fake_world()
    elif request.param == "github":
        with github_workshop(tmp_path) as shop:
            yield World(
                host=shop.host,
                repository=REPOSITORY,
                base=shop.base,
                push=lambda content, who: shop.push(BRANCH, {"more.py": content}, who),
                shown=shop.shown,
            )
    elif request.param == "gitlab":
        with gitlab_workshop(tmp_path) as mill:
            yield World(
                host=mill.host,
                repository=PROJECT,
                base=mill.base,
                push=lambda content, who: mill.push(BRANCH, {"more.py": content}, who),
                shown=mill.shown,
            )
    else:
        for engine in empty_database(request, tmp_path):
            yield _local_world(Workshop(tmp_path, engine))


def _fake_world() -> World:
    host = FakeCodeHost()

    def shown(ref: PullRequestRef) -> tuple[list[CheckConclusion], list[str]]:
        kept = host.get(ref)
        return [one.conclusion for one in kept.checks.values()], list(kept.comments.values())

    return World(
        host=host,
        repository="shop",
        base="1" * 40,
        push=lambda content, who: host.push("shop", BRANCH, who, content),
        shown=shown,
    )


def _local_world(shop: Workshop) -> World:
    def shown(ref: PullRequestRef) -> tuple[list[CheckConclusion], list[str]]:
        said = shop.host.get_page(str(ref.number)).conversation
        return [one.conclusion for one in said.checks], [one.text for one in said.comments]

    return World(
        host=shop.host,
        repository=shop.repository,
        base=shop.base,
        push=lambda content, who: shop.push(BRANCH, {"more.py": content}, who),
        shown=shown,
    )


def test_the_same_request_makes_the_same_commit(world: World) -> None:
    assert world.branch() == world.branch()


def test_suture_moves_its_own_commit(world: World) -> None:
    first = world.branch()
    second = world.branch(changes=FIX[:1])
    assert second != first
    ref = world.host.ensure_pull_request(world.request())
    assert world.host.read_pull_request(ref).head_sha == second


def test_suture_never_moves_what_a_human_pushed(world: World) -> None:
    ref = world.open()
    pushed = world.push("x = 1\n", "bob")
    with pytest.raises(Conflict):
        world.branch(changes=FIX[:1])
    assert world.host.read_pull_request(ref).head_sha == pushed


def test_a_branch_has_one_pull_request(world: World) -> None:
    first = world.open()
    assert world.host.ensure_pull_request(world.request(title="Say it better")) == first
    world.branch("suture/case-2")
    second = world.host.ensure_pull_request(world.request("suture/case-2"))
    assert (first.number, second.number) == (1, 2)


def test_a_closed_pull_request_is_found_rather_than_made_again(world: World) -> None:
    ref = world.open()
    world.host.close_pull_request(ref, delete_branch=True)
    assert world.host.ensure_pull_request(world.request()) == ref


def test_a_pull_request_needs_its_branch(world: World) -> None:
    with pytest.raises(NotFound):
        world.host.ensure_pull_request(world.request("suture/nowhere"))


def test_a_push_is_seen_with_its_author(world: World) -> None:
    ref = world.open()
    before = world.host.read_pull_request(ref)
    assert (before.state, before.authors) == (PullRequestState.OPEN, ())
    head = world.push("x = 1\n", "bob")
    after = world.host.read_pull_request(ref)
    assert after.head_sha == head
    assert after.patch_digest != before.patch_digest
    assert "bob" in after.authors


def test_what_is_merged_stays_merged(world: World) -> None:
    ref = world.open()
    merge_sha = world.merge(ref)
    assert world.merge(ref) == merge_sha
    world.host.close_pull_request(ref, delete_branch=True)
    seen = world.host.read_pull_request(ref)
    assert (seen.state, seen.merge_sha) == (PullRequestState.MERGED, merge_sha)


def test_a_merged_branch_is_deleted_and_can_still_be_reverted(world: World) -> None:
    ref = world.open()
    merge_sha = world.merge(ref)
    for _ in range(2):
        world.host.close_pull_request(ref, delete_branch=True)
    assert world.host.read_pull_request(ref).merge_sha == merge_sha
    revert = world.host.ensure_revert(ref, "case-1")
    assert world.host.read_pull_request(revert).state is PullRequestState.OPEN


def test_only_the_very_head_and_diff_are_merged(world: World) -> None:
    ref = world.open()
    seen = world.host.read_pull_request(ref)
    with pytest.raises(Conflict):
        world.host.merge(ref, seen.head_sha, "0" * 64)
    with pytest.raises(Conflict):
        world.host.merge(ref, "0" * 40, seen.patch_digest)
    world.push("x = 1\n", "bob")
    with pytest.raises(Conflict):
        world.host.merge(ref, seen.head_sha, seen.patch_digest)
    assert world.host.read_pull_request(ref).state is PullRequestState.OPEN


def test_what_was_closed_is_not_merged(world: World) -> None:
    ref = world.open()
    for _ in range(2):
        world.host.close_pull_request(ref, delete_branch=True)
    assert world.host.read_pull_request(ref).state is PullRequestState.CLOSED
    with pytest.raises(PermanentError):
        world.merge(ref)


def test_what_waits_nowhere_stays_as_it_is_when_it_is_withdrawn(world: World) -> None:
    ref = world.open()
    for _ in range(2):
        world.host.withdraw_merge(ref)
        assert world.host.read_pull_request(ref).state is PullRequestState.OPEN
    merge_sha = world.merge(ref)
    world.host.withdraw_merge(ref)
    assert world.host.read_pull_request(ref).merge_sha == merge_sha


def test_a_merge_is_reverted_once(world: World) -> None:
    ref = world.open()
    with pytest.raises(PermanentError):
        world.host.ensure_revert(ref, "case-1")
    world.merge(ref)
    revert = world.host.ensure_revert(ref, "case-1")
    assert world.host.ensure_revert(ref, "case-1") == revert
    assert world.host.read_pull_request(revert).state is PullRequestState.OPEN
    assert revert.number == 2


def test_checks_and_comments_are_shown_once(world: World) -> None:
    ref = world.open()
    head = world.host.read_pull_request(ref).head_sha
    for conclusion in (CheckConclusion.FAILURE, CheckConclusion.SUCCESS):
        check = Check(name="evidence", conclusion=conclusion, summary="Red, green, red.")
        world.host.ensure_check(ref, head, check)
    for text in ("first", "again"):
        world.host.ensure_comment(ref, "why", text)
    assert world.shown(ref) == ([CheckConclusion.SUCCESS], ["first"])


def test_a_draft_is_made_ready_and_stays_ready(world: World) -> None:
    world.branch()
    asked = world.request().model_copy(update={"draft": True})
    ref = world.host.ensure_pull_request(asked)
    assert world.host.read_pull_request(ref).draft
    for _ in range(2):
        world.host.mark_ready(ref)
        seen = world.host.read_pull_request(ref)
        assert (seen.draft, seen.state) == (False, PullRequestState.OPEN)


def test_what_suture_says_itself_is_neither_remark_nor_ci(world: World) -> None:
    ref = world.open()
    head = world.host.read_pull_request(ref).head_sha
    check = Check(name="suture-suite", conclusion=CheckConclusion.FAILURE, summary="Red.")
    world.host.ensure_check(ref, head, check)
    world.host.ensure_comment(ref, "why", "/suture reject")
    assert world.host.read_remarks(ref) == ()
    report = world.host.read_ci(ref, head)
    assert report.state in {CiState.ABSENT, CiState.NONE}
    assert report.failures == ()


def test_a_pull_request_that_does_not_exist_is_not_found(world: World) -> None:
    ref = world.open().model_copy(update={"number": 99})
    with pytest.raises(NotFound):
        world.host.read_pull_request(ref)
    with pytest.raises(NotFound):
        world.host.ensure_comment(ref, "key", "text")
    with pytest.raises(NotFound):
        world.host.read_remarks(ref)
    with pytest.raises(NotFound):
        world.host.mark_ready(ref)
    with pytest.raises(NotFound):
        world.host.withdraw_merge(ref)
