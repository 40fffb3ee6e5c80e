import contextlib
from collections.abc import Callable
from typing import TypeVar

import pytest

from suture.domain.pull_request import Check, CheckConclusion, PullRequestState
from suture.errors import (
    Conflict,
    NotAuthorised,
    NotFound,
    RateLimited,
    SettingsError,
    SutureError,
    TransientError,
    Unreachable,
)
from tests.builders.code_host import BRANCH, FIX
from tests.builders.github import GitHubWorkshop, app_key, settings_for
from tests.fakes.github_server import REPOSITORY, TOKEN

CHECK = Check(name="suture-evidence", conclusion=CheckConclusion.SUCCESS, summary="Red, green.")
Done = TypeVar("Done")
FAULTS = ("500", "reset", "lost", "cut")


def until_done(attempt: Callable[[], Done]) -> Done:
    """Try as Temporal does: again after what may pass, not after anything else."""
    for _ in range(20):
        with contextlib.suppress(TransientError):
            return attempt()
    raise AssertionError("It never succeeds.")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_pull_request_is_opened_once_whatever_happens_on_the_way(
    shop: GitHubWorkshop, fault: str
) -> None:
    writes = ("git/blobs", "git/trees", "git/commits", "git/refs", "pulls")
    shop.github.faults = [(f"^POST .*/{write}$", fault) for write in writes]
    until_done(shop.open)
    assert shop.github.faults == []
    assert len(shop.github.pulls) == 1
    branches = shop.shop.git("for-each-ref", "--format=%(refname:short)", "refs/heads").split()
    assert branches == ["main", BRANCH]
    commits = shop.shop.git("rev-list", f"main..{BRANCH}").split()
    assert len(commits) == 1


@pytest.mark.parametrize("fault", FAULTS)
def test_a_merge_a_comment_and_a_status_happen_once(shop: GitHubWorkshop, fault: str) -> None:
    ref = shop.open()
    seen = shop.host.read_pull_request(ref)
    shop.github.faults = [
        ("^POST .*/comments$", fault),
        ("^POST .*/statuses/", fault),
        ("^PUT .*/merge$", fault),
    ]

    def attempt() -> str | None:
        shop.host.ensure_comment(ref, "why", "Because.")
        shop.host.ensure_check(ref, seen.head_sha, CHECK)
        return shop.host.merge(ref, seen.head_sha, seen.patch_digest)

    merge_sha = until_done(attempt)
    assert len(shop.github.comments[ref.number]) == len(shop.github.statuses) == 1
    assert shop.shop.git("rev-list", "--first-parent", f"{shop.base}..main") == merge_sha


@pytest.mark.parametrize("fault", FAULTS)
def test_a_revert_is_proposed_once(shop: GitHubWorkshop, fault: str) -> None:
    ref = shop.open()
    shop.merge(ref)
    shop.github.faults = [("^POST .*/git/refs$", fault), ("^POST .*/pulls$", fault)]
    revert = until_done(lambda: shop.host.ensure_revert(ref, "case-1"))
    assert len(shop.github.pulls) == 2
    assert shop.host.ensure_revert(ref, "case-1") == revert


def test_a_write_reaches_github_once_per_attempt(shop: GitHubWorkshop) -> None:
    shop.github.faults = [("^POST .*/git/blobs$", "500")] * 9
    with pytest.raises(Unreachable):
        shop.branch()
    assert sum(called.startswith("POST") for called in shop.github.log) == 1


def test_a_limit_says_how_long_to_wait(shop: GitHubWorkshop) -> None:
    shop.github.faults = [("^GET", "429")]
    with pytest.raises(RateLimited) as caught:
        shop.branch()
    assert caught.value.retry_after_seconds == 7
    shop.host = shop.host_with()
    shop.github.message = "You have exceeded a secondary rate limit."
    shop.github.faults = [("^GET", "403")]
    with pytest.raises(RateLimited) as caught:
        shop.branch()
    assert caught.value.retry_after_seconds == 60


def test_nothing_is_asked_while_github_wants_to_hear_nothing(shop: GitHubWorkshop) -> None:
    shop.github.faults = [("^GET", "429")]
    for _ in range(2):
        with pytest.raises(RateLimited) as caught:
            shop.host.ensure_pull_request(shop.request())
        assert 1 < (caught.value.retry_after_seconds or 0) <= 7
    assert len(shop.github.log) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [("401", NotAuthorised), ("403", NotAuthorised), ("404", NotFound), ("503", Unreachable)],
)
def test_an_error_is_told_without_the_credential(
    shop: GitHubWorkshop, status: str, kind: type[SutureError]
) -> None:
    shop.github.faults = [("^GET", status)]
    with pytest.raises(kind) as caught:
        shop.branch()
    assert TOKEN not in str(caught.value)
    assert caught.value.__cause__ is None


def test_nobody_listening_is_unreachable(shop: GitHubWorkshop) -> None:
    host = shop.host_with(api_url="http://localhost:9")
    with pytest.raises(Unreachable):
        host.ensure_pull_request(shop.request())


def test_a_moved_base_is_tried_again_and_a_refused_merge_is_not(shop: GitHubWorkshop) -> None:
    ref = shop.open()
    shop.github.faults = [("^PUT .*/merge$", "405")]
    with pytest.raises(Unreachable):
        shop.merge(ref)
    shop.github.message = "Head branch was modified. Review and try the merge again."
    shop.github.faults = [("^PUT .*/merge$", "405")]
    with pytest.raises(Conflict):
        shop.merge(ref)
    shop.github.message = "At least 1 approving review is required"
    shop.github.faults = [("^PUT .*/merge$", "405")]
    with pytest.raises(SutureError, match="approving review") as caught:
        shop.merge(ref)
    assert not caught.value.retryable
    assert shop.host.read_pull_request(ref).state is PullRequestState.OPEN


def test_an_app_asks_for_no_more_than_each_call_needs(shop: GitHubWorkshop) -> None:
    key = app_key(shop.shop.path.parent)
    shop.host = shop.host_with(token=None, app_id=3, installation_id=7, private_key_file=key)
    ref = shop.open()
    head = shop.host.read_pull_request(ref).head_sha
    for conclusion in (CheckConclusion.FAILURE, CheckConclusion.SUCCESS):
        shop.github.faults = [("^POST .*/check-runs$", "lost")]
        shop.host.ensure_check(ref, head, CHECK.model_copy(update={"conclusion": conclusion}))
    assert [run["conclusion"] for run in shop.github.runs] == ["success"]
    wanted = [
        {name for name, level in one.items() if level == "write"} for one in shop.github.tokens
    ]
    assert {"contents"} in wanted
    assert all(len(names) <= 1 for names in wanted)
    assert not any(TOKEN in said for said in shop.github.authorizations)


def test_an_app_without_its_key_says_so(shop: GitHubWorkshop) -> None:
    missing, wrong = shop.shop.path / "no.pem", shop.shop.path / "wrong.pem"
    wrong.write_text("-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n")
    for path in (missing, wrong):
        host = shop.host_with(token=None, app_id=3, installation_id=7, private_key_file=path)
        with pytest.raises(SettingsError, match="private_key_file") as caught:
            host.ensure_pull_request(shop.request())
        assert "AAAA" not in str(caught.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"app_id": 3},
        {"token": None},
        {"app_id": 3, "installation_id": 7, "private_key_file": "key.pem"},
        {"api_url": "https://user:secret@github.invalid"},
    ],
)
def test_settings_name_one_identity(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        settings_for(**{"url": "https://api.github.com", **wrong})  # type: ignore[arg-type]


def test_a_repository_is_an_owner_and_a_name(shop: GitHubWorkshop) -> None:
    for name in ("shop", "acme/../x", "acme/..", "a/b/c", "acme/shop?x=1", "acme/x\n", ""):
        with pytest.raises(SutureError, match="write owner/name"):
            shop.host.ensure_pull_request(shop.request(repository=name))
    assert shop.github.log == []


def test_a_branch_leads_nowhere_else(shop: GitHubWorkshop) -> None:
    for branch in ("a/../../b", "", "a//b", "./a", "a\n"):
        with pytest.raises(SutureError, match="no name for a branch"):
            shop.host.ensure_pull_request(shop.request(branch=branch))
    assert not any(called.startswith("POST") for called in shop.github.log)


def test_other_settings_find_the_same_commit(shop: GitHubWorkshop) -> None:
    first = shop.branch()
    shop.host = shop.host_with()
    assert shop.branch() == first
    assert sum(called.endswith("/git/commits") for called in shop.github.log) == 1
    assert shop.branch(FIX[:1]) != first
    assert shop.host.ensure_pull_request(shop.request()).repository == REPOSITORY
