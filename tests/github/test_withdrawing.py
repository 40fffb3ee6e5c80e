"""What was told to be merged later is taken back: out of the queue, and without auto-merge."""

import pytest

from suture.domain.pull_request import PullRequestRef, PullRequestState
from suture.errors import Conflict, NotAuthorised, NotFound, PermanentError, Unreachable
from tests.builders.code_host import BRANCH
from tests.builders.github import GitHubWorkshop, app_key
from tests.github.test_exactly_once import FAULTS, until_done
from tests.github.test_merge_queue import asker


@pytest.fixture
def queued(shop: GitHubWorkshop) -> GitHubWorkshop:
    shop.host = shop.host_with(merge_method="queue")
    shop.github.queue.required = True
    return shop


def as_app(shop: GitHubWorkshop) -> None:
    key = app_key(shop.shop.path.parent)
    shop.host = shop.host_with(
        token=None, app_id=3, installation_id=7, private_key_file=key, merge_method="queue"
    )


def asked(shop: GitHubWorkshop) -> int:
    return sum("/graphql" in called for called in shop.github.log)


@pytest.mark.parametrize("fault", FAULTS)
def test_it_leaves_queue_and_auto_merge_whatever_happens(
    queued: GitHubWorkshop, fault: str
) -> None:
    ref, queue = queued.open(), queued.github.queue
    asker(queued, ref)()
    queue.armed.add(ref.number)
    ways = ("dequeuePullRequest", "disablePullRequestAutoMerge")
    queued.github.faults = [(way, fault) for way in ways]
    until_done(lambda: queued.host.withdraw_merge(ref))
    assert (queue.waiting, queue.armed, queued.github.faults) == ([], set(), [])
    before = asked(queued)
    queued.host.withdraw_merge(ref)
    assert asked(queued) == before + 1
    assert queued.host.read_pull_request(ref).state is PullRequestState.OPEN


def test_what_people_told_github_to_merge_is_taken_back_too(shop: GitHubWorkshop) -> None:
    ref, queue = shop.open(), shop.github.queue
    queue.armed.add(ref.number)
    shop.host.withdraw_merge(ref)
    assert queue.armed == set()
    queue.waiting.append(ref.number)
    shop.host.withdraw_merge(ref)
    assert queue.waiting == []


def test_what_is_being_merged_is_tried_again_until_it_is(queued: GitHubWorkshop) -> None:
    ref, queue = queued.open(), queued.github.queue
    ask = asker(queued, ref)
    ask()
    queue.locked = True
    with pytest.raises(Unreachable, match="cannot be removed"):
        queued.host.withdraw_merge(ref)
    merge_sha = queued.github.merge_now(queued.github.pulls[ref.number], "merge")["sha"]
    queued.host.withdraw_merge(ref)
    assert ask() == merge_sha


def test_what_enters_again_in_the_last_moment_is_not_left_there(queued: GitHubWorkshop) -> None:
    ref, queue = queued.open(), queued.github.queue
    queue.armed.add(ref.number)
    queued.github.before = ("disablePull", lambda: queue.waiting.append(ref.number))
    with pytest.raises(Unreachable, match="does not say why"):
        queued.host.withdraw_merge(ref)
    queued.host.withdraw_merge(ref)
    assert (queue.waiting, queue.armed) == ([], set())


def test_it_may_not_be_taken_out_and_that_is_told(queued: GitHubWorkshop) -> None:
    ref = queued.open()
    asker(queued, ref)()

    def refuse() -> None:
        queued.github.graphql.refusal = ("FORBIDDEN", "Resource not accessible by integration")

    queued.github.before = ("dequeuePullRequest", refuse)
    with pytest.raises(NotAuthorised, match="not accessible"):
        queued.host.withdraw_merge(ref)


def test_what_an_app_took_out_itself_enters_again_once_it_is_approved_again(
    queued: GitHubWorkshop,
) -> None:
    as_app(queued)
    ref, queue = queued.open(), queued.github.queue
    ask = asker(queued, ref)
    ask()
    queued.host.withdraw_merge(ref)
    assert ask() is None
    assert queue.entered == [ref.number] * 2
    wanted = {"contents": "write", "pull_requests": "write", "metadata": "read"}
    assert wanted in queued.github.tokens
    queue.drop(ref.number, "MANUAL", "bob")
    with pytest.raises(PermanentError, match="MANUAL"):
        ask()


def test_what_the_queue_let_go_of_by_itself_does_not_enter_again(queued: GitHubWorkshop) -> None:
    as_app(queued)
    ref = queued.open()
    ask = asker(queued, ref)
    ask()
    queued.github.queue.drop(ref.number, "FAILED_CHECKS", "suture")
    with pytest.raises(PermanentError, match="FAILED_CHECKS"):
        ask()


def test_a_tokens_account_may_be_a_persons_and_what_it_took_out_stays_out(
    queued: GitHubWorkshop,
) -> None:
    ref = queued.open()
    ask = asker(queued, ref)
    ask()
    queued.host.withdraw_merge(ref)
    with pytest.raises(PermanentError, match="MANUAL"):
        ask()


def test_what_is_closed_or_merged_stays_as_it_is(queued: GitHubWorkshop) -> None:
    ref, queue = queued.open(), queued.github.queue
    asker(queued, ref)()
    queued.host.close_pull_request(ref, delete_branch=False)
    assert queue.waiting == []
    # As if GitHub still told what it was told to do.
    queue.armed.add(ref.number)
    queued.host.withdraw_merge(ref)
    assert queued.host.read_pull_request(ref).state is PullRequestState.CLOSED


def test_a_pull_request_that_does_not_exist_is_not_found(shop: GitHubWorkshop) -> None:
    ref: PullRequestRef = shop.open().model_copy(update={"number": 99})
    with pytest.raises(NotFound):
        shop.host.withdraw_merge(ref)


def test_a_withdrawn_head_that_was_pushed_over_is_a_conflict(queued: GitHubWorkshop) -> None:
    ref = queued.open()
    ask = asker(queued, ref)
    ask()
    queued.host.withdraw_merge(ref)
    queued.push(BRANCH, {"more.py": "x = 1\n"}, "bob")
    with pytest.raises(Conflict):
        ask()
