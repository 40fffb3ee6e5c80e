"""What was told to be merged later is taken back: off its train, and without auto-merge."""

import pytest

from suture.domain.pull_request import PullRequestState
from suture.errors import Conflict, NotAuthorised, NotFound, PermanentError, Unreachable
from tests.builders.code_host import BRANCH
from tests.builders.gitlab import GitLabWorkshop
from tests.fakes.github_git import Json, Refused
from tests.fakes.gitlab_calls import Call
from tests.gitlab.test_exactly_once import FAULTS, until_done

CANCEL = "/cancel_merge_when_pipeline_succeeds$"


@pytest.fixture(params=["checks", "train"])
def waiting(request: pytest.FixtureRequest, shop: GitLabWorkshop) -> GitLabWorkshop:
    shop.host = shop.host_with(merge_when=request.param)
    shop.gitlab.waits = True
    return shop


def canceled(shop: GitLabWorkshop) -> int:
    return sum("/cancel_merge" in called for called in shop.gitlab.log)


def is_waiting(shop: GitLabWorkshop, number: int) -> bool:
    found = shop.gitlab.requests[number]
    return found["merge_when_pipeline_succeeds"] or number in shop.gitlab.trains


def test_it_leaves_train_and_auto_merge_and_may_be_merged_again(waiting: GitLabWorkshop) -> None:
    ref = waiting.open()
    seen = waiting.host.read_pull_request(ref)
    for _ in range(2):
        assert waiting.host.merge(ref, seen.head_sha, seen.patch_digest) is None
        assert is_waiting(waiting, ref.number)
        waiting.host.withdraw_merge(ref)
        assert not is_waiting(waiting, ref.number)
    assert canceled(waiting) == 2
    waiting.host.withdraw_merge(ref)
    assert canceled(waiting) == 2
    waiting.push(BRANCH, {"more.py": "x = 1\n"}, "bob")
    with pytest.raises(Conflict):
        waiting.host.merge(ref, seen.head_sha, seen.patch_digest)


def test_it_is_taken_back_whatever_happens(waiting: GitLabWorkshop) -> None:
    ref = waiting.open()
    for fault in FAULTS:
        waiting.merge(ref)
        waiting.gitlab.faults = [(CANCEL, fault)]
        until_done(lambda: waiting.host.withdraw_merge(ref))
        assert waiting.gitlab.faults == []
        assert not is_waiting(waiting, ref.number)


def test_what_left_by_itself_just_then_is_no_error(waiting: GitLabWorkshop) -> None:
    ref = waiting.open()
    routes = waiting.gitlab.routes
    for status in (404, 405, 406, 409):

        def leave(call: Call, status: int = status) -> Json:
            waiting.gitlab.requests[int(call.names[0])]["merge_when_pipeline_succeeds"] = False
            waiting.gitlab.trains.clear()
            raise Refused(status, "No")

        waiting.merge(ref)
        waiting.gitlab.routes = (("POST", rf"/merge_requests/(\d+){CANCEL}", leave), *routes)
        waiting.host.withdraw_merge(ref)
    assert canceled(waiting) == 4


def test_what_gitlab_refuses_to_let_go_is_tried_again(waiting: GitLabWorkshop) -> None:
    ref = waiting.open()
    for status in ("404", "405", "406", "409"):
        waiting.merge(ref)
        waiting.gitlab.faults = [(CANCEL, status)]
        with pytest.raises(Unreachable, match=status):
            waiting.host.withdraw_merge(ref)
        waiting.host.withdraw_merge(ref)
        assert not is_waiting(waiting, ref.number)


def test_what_is_being_merged_is_tried_again_until_it_is(shop: GitLabWorkshop) -> None:
    shop.host = shop.host_with(merge_when="checks")
    shop.gitlab.waits = shop.gitlab.departed = True
    ref = shop.open()
    shop.merge(ref)
    with pytest.raises(Unreachable, match="does not say why"):
        shop.host.withdraw_merge(ref)
    sent = next(body for body in shop.gitlab.bodies if "auto_merge" in body)
    shop.gitlab.finish(shop.gitlab.requests[ref.number], sent)
    shop.host.withdraw_merge(ref)
    assert shop.merge(ref) == shop.shop.git("rev-parse", "main")


def test_what_people_told_gitlab_to_merge_is_taken_back_too(shop: GitLabWorkshop) -> None:
    ref = shop.open()
    shop.gitlab.requests[ref.number]["merge_when_pipeline_succeeds"] = True
    shop.host.withdraw_merge(ref)
    assert not is_waiting(shop, ref.number)


def test_what_somebody_else_took_off_its_train_stays_off(shop: GitLabWorkshop) -> None:
    shop.host = shop.host_with(merge_when="train")
    ref = shop.open()
    shop.merge(ref)
    shop.gitlab.trains.clear()
    notes = shop.gitlab.notes.setdefault("m1", [])
    why = "removed this merge request from the merge train"
    shop.gitlab.say(notes, why, {"id": 7, "username": "bob"}, system=True)
    with pytest.raises(PermanentError, match="left its train"):
        shop.merge(ref)


def test_it_may_not_be_taken_back_and_that_is_told(waiting: GitLabWorkshop) -> None:
    ref = waiting.open()
    waiting.merge(ref)
    waiting.gitlab.faults = [(CANCEL, "401")]
    with pytest.raises(NotAuthorised):
        waiting.host.withdraw_merge(ref)


def test_what_is_closed_waits_for_nothing(waiting: GitLabWorkshop) -> None:
    ref = waiting.open()
    waiting.merge(ref)
    waiting.host.close_pull_request(ref, delete_branch=False)
    assert not is_waiting(waiting, ref.number)
    waiting.host.withdraw_merge(ref)
    assert canceled(waiting) == 0
    assert waiting.host.read_pull_request(ref).state is PullRequestState.CLOSED


def test_a_merge_request_that_does_not_exist_is_not_found(shop: GitLabWorkshop) -> None:
    ref = shop.open().model_copy(update={"number": 99})
    with pytest.raises(NotFound):
        shop.host.withdraw_merge(ref)
