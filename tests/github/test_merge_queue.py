from collections.abc import Callable

import pytest

from suture.domain.pull_request import PullRequestRef, PullRequestState
from suture.errors import (
    Conflict,
    NotAuthorised,
    NotFound,
    PermanentError,
    RateLimited,
    SutureError,
    Unreachable,
)
from tests.builders.code_host import BRANCH
from tests.builders.github import GitHubWorkshop, app_key
from tests.github.test_exactly_once import FAULTS, until_done


@pytest.fixture(params=["queue", "merge"])
def queued(request: pytest.FixtureRequest, shop: GitHubWorkshop) -> GitHubWorkshop:
    """The queue is used by settings, and where the branch demands it."""
    shop.host = shop.host_with(merge_method=request.param)
    shop.github.queue.required = True
    return shop


def asker(shop: GitHubWorkshop, ref: PullRequestRef) -> Callable[[], str | None]:
    seen = shop.host.read_pull_request(ref)
    return lambda: shop.host.merge(ref, seen.head_sha, seen.patch_digest)


def test_a_pull_request_waits_in_the_queue_until_it_is_merged(queued: GitHubWorkshop) -> None:
    ref = queued.open()
    ask = asker(queued, ref)
    assert [ask() for _ in range(3)] == [None] * 3
    assert queued.github.queue.entered == [ref.number]
    merge_sha = queued.github.merge_now(queued.github.pulls[ref.number], "squash")["sha"]
    queued.github.queue.drop(ref.number, "merged")
    assert ask() == merge_sha
    assert queued.host.read_pull_request(ref).merge_sha == merge_sha


def test_between_queue_and_merge_it_still_waits(queued: GitHubWorkshop) -> None:
    ref = queued.open()
    ask = asker(queued, ref)
    ask()
    queued.github.queue.drop(ref.number, "MERGE")
    assert ask() is None
    assert queued.github.queue.entered == [ref.number]


def test_it_enters_the_queue_once_whatever_happens(queued: GitHubWorkshop) -> None:
    ref = queued.open()
    ask, queue = asker(queued, ref), queued.github.queue
    for fault in FAULTS:
        queue.waiting, queue.entered, queue.timeline = [], [], {}
        queued.github.faults = [("^POST /graphql", fault), ("enqueuePullRequest", fault)]
        assert until_done(ask) is None
        assert queued.github.faults == []
        assert until_done(ask) is None
        assert queue.entered == [ref.number]


def test_what_people_put_in_the_queue_is_left_there(queued: GitHubWorkshop) -> None:
    ref = queued.open()
    ask = asker(queued, ref)
    queued.github.queue.waiting.append(ref.number)
    assert ask() is None
    assert queued.github.queue.entered == []


def test_what_the_queue_let_go_of_is_left_to_people(queued: GitHubWorkshop) -> None:
    ref = queued.open()
    ask = asker(queued, ref)
    ask()
    queued.github.queue.drop(ref.number, "failed\nchecks")
    for _ in range(2):
        with pytest.raises(PermanentError, match="out of its merge queue: failed checks"):
            ask()
    queued.push(BRANCH, {"more.py": "x = 1\n"}, "bob")
    queued.github.queue.note(ref.number, "PullRequestCommit")
    assert asker(queued, ref)() is None
    assert queued.github.queue.entered == [ref.number] * 2


def test_only_the_very_head_enters_the_queue(queued: GitHubWorkshop) -> None:
    ref = queued.open()
    ask = asker(queued, ref)
    queued.push(BRANCH, {"more.py": "x = 1\n"}, "bob")
    with pytest.raises(Conflict):
        ask()
    assert queued.github.queue.entered == []


def test_a_push_in_the_last_moment_enters_nothing(shop: GitHubWorkshop) -> None:
    shop.host = shop.host_with(merge_method="queue")
    shop.github.queue.required = True
    ref = shop.open()
    ask = asker(shop, ref)
    shop.github.before = (
        "enqueuePullRequest",
        lambda: shop.push(BRANCH, {"more.py": "x = 1\n"}, "bob"),
    )
    with pytest.raises(Conflict):
        ask()
    assert shop.github.queue.entered == []


def test_a_merge_in_the_last_moment_is_found(shop: GitHubWorkshop) -> None:
    shop.host = shop.host_with(merge_method="queue")
    ref = shop.open()
    ask = asker(shop, ref)
    pull = shop.github.pulls[ref.number]
    shop.github.before = ("enqueuePullRequest", lambda: shop.github.merge_now(pull, "merge"))
    assert ask() == pull["merge_commit_sha"]


def test_a_branch_without_a_queue_says_so(shop: GitHubWorkshop) -> None:
    shop.host = shop.host_with(merge_method="queue")
    with pytest.raises(PermanentError, match="not mergeable"):
        asker(shop, shop.open())()


def test_an_error_of_graphql_is_told_as_one_of_rest(shop: GitHubWorkshop) -> None:
    shop.host = shop.host_with(merge_method="queue")
    ask = asker(shop, shop.open())
    told: list[tuple[str, str, type[SutureError]]] = [
        ("FORBIDDEN", "Resource not accessible by integration", NotAuthorised),
        ("NOT_FOUND", "Could not resolve to a Repository", NotFound),
        ("RATE_LIMITED", "API rate limit exceeded", RateLimited),
        ("", "Something went wrong while executing your query.", Unreachable),
        ("UNPROCESSABLE", "No", PermanentError),
    ]
    for kind, words, error in told:
        shop.github.graphql.refusal = (kind, words)
        with pytest.raises(error, match=words):
            ask()
    shop.github.graphql.hidden = True
    with pytest.raises(NotFound):
        ask()


def test_a_draft_is_made_ready_once(shop: GitHubWorkshop) -> None:
    shop.branch()
    ref = shop.host.ensure_pull_request(shop.request(draft=True))
    assert shop.host.read_pull_request(ref).draft
    for fault in FAULTS:
        shop.github.pulls[ref.number]["draft"] = True
        shop.github.faults = [("^POST /graphql", fault)]
        until_done(lambda: shop.host.mark_ready(ref))
        assert not shop.host.read_pull_request(ref).draft
    asked = sum("/graphql" in called for called in shop.github.log)
    shop.host.mark_ready(ref)
    assert sum("/graphql" in called for called in shop.github.log) == asked


def test_what_is_closed_is_not_made_ready(shop: GitHubWorkshop) -> None:
    shop.branch()
    ref = shop.host.ensure_pull_request(shop.request(draft=True))
    shop.host.close_pull_request(ref, delete_branch=False)
    shop.host.mark_ready(ref)
    assert shop.github.pulls[ref.number]["draft"]


def test_an_app_needs_to_write_contents_to_make_a_draft_ready(shop: GitHubWorkshop) -> None:
    key = app_key(shop.shop.path.parent)
    shop.host = shop.host_with(token=None, app_id=3, installation_id=7, private_key_file=key)
    shop.branch()
    ref = shop.host.ensure_pull_request(shop.request(draft=True))
    shop.host.mark_ready(ref)
    wanted = {"contents": "write", "pull_requests": "write", "metadata": "read"}
    assert shop.github.tokens[-1] == wanted


def test_where_the_plan_has_no_drafts_the_pull_request_is_ready(shop: GitHubWorkshop) -> None:
    shop.github.drafts = False
    shop.branch()
    ref = shop.host.ensure_pull_request(shop.request(draft=True))
    seen = shop.host.read_pull_request(ref)
    assert (seen.draft, seen.state) == (False, PullRequestState.OPEN)
    assert shop.host.ensure_pull_request(shop.request(draft=True)) == ref
    assert len(shop.github.pulls) == 1


def test_a_draft_is_opened_once_whatever_happens(shop: GitHubWorkshop) -> None:
    shop.branch()
    for drafts in (True, False):
        for fault in FAULTS:
            shop.github.drafts = drafts
            shop.github.pulls.clear()
            shop.github.faults = [("^POST .*/pulls$", fault), ("^POST .*/pulls$", fault)]
            until_done(lambda: shop.host.ensure_pull_request(shop.request(draft=True)))
            assert [one["draft"] for one in shop.github.pulls.values()] == [drafts]
