import subprocess

import pytest
from sqlalchemy import delete, update

from integrations.database import writing
from integrations.local.pull_requests import Review
from integrations.schema import pull_requests
from suture.domain.approval import DecisionKind
from suture.domain.patch import FileChange
from suture.domain.pull_request import PullRequestState
from suture.errors import Conflict, NotFound, PermanentError
from tests.builders.code_host import BRANCH, FIX, NOON, Workshop
from tests.builders.repository import HERMETIC


def forget(shop: Workshop, **columns: object) -> None:
    """Roll the rows back to before the last step, as a crash between git and database does."""
    with writing(shop.engine) as connection:
        connection.execute(update(pull_requests).values(columns))


def test_a_merge_has_the_base_and_the_head_as_parents(shop: Workshop) -> None:
    ref = shop.open()
    base = shop.push("main", {"other.py": "x = 1\n"}, "bob")
    head = shop.host.read_pull_request(ref).head_sha
    merge_sha = shop.merge(ref)
    assert shop.git("rev-parse", "main", "main^1", "main^2").split() == [merge_sha, base, head]
    assert shop.git("show", "main:shop/cart.py") == (FIX[0].content or "").strip()
    assert "Suture-Incident: case-1" in shop.git("show", "--no-patch", "--format=%B", "main")


@pytest.mark.parametrize("last", ["kept", "lost"])
def test_a_crash_after_the_merge_leaves_no_second_one(shop: Workshop, last: str) -> None:
    ref = shop.open()
    before = shop.host.read_pull_request(ref)
    merge_sha = shop.merge(ref)
    lost = {} if last == "kept" else {"last": None, "merge_base": None}
    seen = before.model_dump_json() if last == "kept" else None
    forget(shop, **{"state": PullRequestState.OPEN, "last": seen, **lost})
    again = shop.host.merge(ref, before.head_sha, before.patch_digest)
    assert again == merge_sha
    assert shop.git("rev-list", "--merges", "--count", "main") == "1"


def test_a_change_that_does_not_merge_cleanly_is_told(shop: Workshop) -> None:
    ref = shop.open()
    base = shop.push("main", {"shop/cart.py": "def mean(b):\n    return 1\n"}, "bob")
    with pytest.raises(PermanentError, match=r"shop/cart\.py"):
        shop.merge(ref)
    assert shop.git("rev-parse", "main") == base


def test_a_base_that_moved_on_does_not_change_the_diff(shop: Workshop) -> None:
    ref = shop.open()
    before = shop.host.read_pull_request(ref)
    shop.push("main", {"other.py": "x = 1\n"}, "bob")
    assert shop.host.read_pull_request(ref) == before


@pytest.mark.parametrize("flag", ["--no-ff", "--ff-only"])
def test_a_merge_by_hand_is_seen_as_one(shop: Workshop, flag: str) -> None:
    ref = shop.open()
    before = shop.host.read_pull_request(ref)
    shop.clone.git("fetch", "--quiet", "origin")
    shop.clone.git("switch", "--quiet", "main")
    shop.clone.git("merge", "--quiet", flag, "--no-edit", f"origin/{BRANCH}")
    shop.clone.git("push", "--quiet", "origin", "main", f":{BRANCH}")
    seen = shop.host.read_pull_request(ref)
    assert (seen.state, seen.merge_sha) == (PullRequestState.MERGED, shop.clone.head())
    assert (seen.head_sha, seen.patch_digest) == (before.head_sha, before.patch_digest)
    revert = shop.host.ensure_revert(ref, "case-1")
    assert shop.git("rev-parse", f"{revert.branch}^{{tree}}") == shop.git(
        "rev-parse", f"{shop.base}^{{tree}}"
    )


def test_a_head_that_nobody_saw_before_it_was_merged_forward(shop: Workshop) -> None:
    ref = shop.open()
    shop.push(BRANCH, {"more.py": "x = 1\n"}, "bob")
    shop.clone.git("push", "--quiet", "origin", f"{BRANCH}:main")
    seen = shop.host.read_pull_request(ref)
    assert (seen.state, seen.merge_sha) == (PullRequestState.MERGED, seen.head_sha)


def test_a_branch_that_somebody_deleted_closes_its_pull_request(shop: Workshop) -> None:
    ref = shop.open()
    head = shop.host.read_pull_request(ref).head_sha
    shop.git("update-ref", "-d", f"refs/heads/{BRANCH}")
    seen = shop.host.read_pull_request(ref)
    assert (seen.state, seen.head_sha) == (PullRequestState.CLOSED, head)


def test_a_deleted_branch_whose_commits_are_gone_closes_its_pull_request(shop: Workshop) -> None:
    ref = shop.open()
    shop.git("update-ref", "-d", f"refs/heads/{BRANCH}")
    shop.git("gc", "--quiet", "--prune=now")
    assert shop.host.read_pull_request(ref).state is PullRequestState.CLOSED
    assert shop.host.get_page("1").diff == ""


def test_a_branch_gone_before_anybody_saw_it_is_not_found(shop: Workshop) -> None:
    ref = shop.open()
    forget(shop, last=None)
    shop.git("update-ref", "-d", f"refs/heads/{BRANCH}")
    with pytest.raises(NotFound):
        shop.host.read_pull_request(ref)


def test_without_its_base_branch_a_pull_request_cannot_be_read(shop: Workshop) -> None:
    ref = shop.open()
    shop.git("branch", "--move", "main", "trunk")
    with pytest.raises(NotFound, match="main"):
        shop.host.read_pull_request(ref)


def test_histories_with_nothing_in_common_are_told(shop: Workshop) -> None:
    ref = shop.open()
    shop.clone.git("checkout", "--quiet", "--orphan", "fresh")
    shop.clone.commit({"new.py": "x\n"}, "Begin anew")
    shop.clone.git("push", "--quiet", "--force", "origin", "fresh:main")
    with pytest.raises(PermanentError, match="common"):
        shop.host.read_pull_request(ref)


def test_closing_deletes_only_what_is_suture_s_own(shop: Workshop) -> None:
    ref = shop.open()
    shop.push(BRANCH, {"more.py": "x = 1\n"}, "bob")
    shop.host.close_pull_request(ref, delete_branch=True)
    assert shop.git("branch", "--list", BRANCH) != ""


def test_closing_may_leave_the_branch(shop: Workshop) -> None:
    ref = shop.open()
    shop.host.close_pull_request(ref, delete_branch=False)
    assert shop.git("branch", "--list", BRANCH) != ""
    shop.host.close_pull_request(ref, delete_branch=True)
    assert shop.git("branch", "--list", BRANCH) == ""


def test_a_revert_takes_out_the_change_and_nothing_else(shop: Workshop) -> None:
    ref = shop.open()
    shop.merge(ref)
    shop.push("main", {"later.py": "x = 1\n"}, "bob")
    revert = shop.host.ensure_revert(ref, "case-1")
    shop.merge(revert)
    changed = shop.git("diff", "--name-only", shop.base, "main")
    assert changed == "later.py"


def test_a_crash_after_the_revert_s_branch_leaves_no_twin(shop: Workshop) -> None:
    ref = shop.open()
    shop.merge(ref)
    first = shop.host.ensure_revert(ref, "case-1")
    head = shop.git("rev-parse", first.branch)
    with writing(shop.engine) as connection:
        connection.execute(delete(pull_requests).where(pull_requests.c.number == 2))
    again = shop.host.ensure_revert(ref, "case-1")
    assert again.branch == first.branch
    assert shop.git("rev-parse", again.branch) == head


def test_a_revert_s_branch_that_somebody_else_made_is_a_conflict(shop: Workshop) -> None:
    ref = shop.open()
    shop.merge(ref)
    shop.git("branch", "suture/revert-1-case-1", shop.base)
    with pytest.raises(Conflict):
        shop.host.ensure_revert(ref, "case-1")


def test_what_has_been_taken_out_by_hand_is_not_reverted(shop: Workshop) -> None:
    ref = shop.open()
    shop.merge(ref)
    old = "def mean(a):\n    return sum(a) / len(a)\n"
    shop.push("main", {"shop/cart.py": old, "tests/test_cart.py": None}, "bob")
    with pytest.raises(PermanentError, match="already"):
        shop.host.ensure_revert(ref, "case-1")


def test_a_change_that_was_built_upon_is_not_reverted(shop: Workshop) -> None:
    ref = shop.open()
    shop.merge(ref)
    shop.push("main", {"shop/cart.py": "def mean(c):\n    return 2\n"}, "bob")
    with pytest.raises(PermanentError, match=r"shop/cart\.py"):
        shop.host.ensure_revert(ref, "case-1")


def test_pages_show_the_diff_after_the_merge_too(shop: Workshop) -> None:
    ref = shop.open(changes=(FileChange(path="big.txt", content="x\n" * 700_000),))
    before = shop.host.get_page("1")
    review = Review(key="d-1", actor="ada", kind=DecisionKind.APPROVE, text="Fine.", at=NOON)
    for _ in range(2):
        shop.host.ensure_review(ref, review)
    shop.merge(ref)
    after = shop.host.get_page("1")
    assert after.diff == before.diff
    assert after.record.state is PullRequestState.MERGED
    assert after.conversation.reviews == (review,)
    assert [record.ref for record in shop.host.list_pull_requests()] == [ref]
    with pytest.raises(NotFound):
        shop.host.get_page("x")


def test_a_checked_out_base_is_left_to_its_owner(shop: Workshop) -> None:
    ref = shop.open(repository=str(shop.clone.path))
    with pytest.raises(PermanentError, match="git merge --no-ff"):
        shop.merge(ref)
    assert shop.clone.head() == shop.base
    shop.clone.git("switch", "--quiet", "--detach")
    assert shop.clone.git("rev-parse", "main^0").strip() == shop.base
    assert shop.clone.git("rev-parse", shop.merge(ref) + "^1").strip() == shop.base


def test_a_branch_with_a_thousand_commits_is_no_change_to_review(shop: Workshop) -> None:
    ref = shop.open()
    who = "committer Bob <bob@example.invalid> 1700000000 +0000"
    stream = "".join(f"commit refs/heads/{BRANCH}\n{who}\ndata 1\nx\n" for _ in range(1_001))
    first, rest = stream.split("data 1\nx\n", 1)
    told = f"{first}data 1\nx\nfrom {shop.base}\n{rest}"
    fast_import = ("git", "fast-import", "--quiet", "--force")
    subprocess.run(fast_import, cwd=shop.path, env=HERMETIC, input=told.encode(), check=True)
    with pytest.raises(PermanentError, match="commits of its own"):
        shop.host.read_pull_request(ref)
