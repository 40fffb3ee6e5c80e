from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine

from integrations.local.code_host import LocalCodeHost
from suture.domain.patch import FileChange
from suture.domain.pull_request import Check, CheckConclusion, PullRequestRef, PullRequestState
from suture.errors import Conflict, NotFound, PermanentError
from suture.ports.code_host import BranchRequest, PullRequestRequest
from tests.builders.code_host import BRANCH, FIX, MESSAGE, NOON, Workshop
from tests.fakes.code_host import FakeCodeHost


@dataclass(frozen=True)
class World:
    host: FakeCodeHost | LocalCodeHost
    repository: str
    base: str
    push: Callable[[str, str], str]
    """Commits some content as somebody on Suture's branch; returns the new head."""

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
        return self.host.merge(ref, seen.head_sha, seen.patch_digest)


@pytest.fixture
def world(engine_or_fake: Engine | None, tmp_path: Path) -> World:
    if engine_or_fake is None:
        fake = FakeCodeHost()
        return World(
            host=fake,
            repository="shop",
            base="1" * 40,
            push=lambda content, who: fake.push("shop", BRANCH, who, content),
        )
    shop = Workshop(tmp_path, engine_or_fake)
    return World(
        host=shop.host,
        repository=shop.repository,
        base=shop.base,
        push=lambda content, who: shop.push(BRANCH, {"more.py": content}, who),
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
    if isinstance(world.host, FakeCodeHost):
        kept = world.host.get(ref)
        checks, comments = list(kept.checks.values()), list(kept.comments.values())
    else:
        said = world.host.get_page("1").conversation
        checks, comments = list(said.checks), [comment.text for comment in said.comments]
    assert [one.conclusion for one in checks] == [CheckConclusion.SUCCESS]
    assert comments == ["first"]


def test_a_pull_request_that_does_not_exist_is_not_found(world: World) -> None:
    ref = world.open().model_copy(update={"number": 99})
    with pytest.raises(NotFound):
        world.host.read_pull_request(ref)
    with pytest.raises(NotFound):
        world.host.ensure_comment(ref, "key", "text")
