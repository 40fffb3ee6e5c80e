import contextlib
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import certifi
import httpx
import pytest

from integrations.gitlab.client import MAX_BYTES, MAX_PAGES, PAGE, GitLabClient, project_path
from integrations.gitlab.shapes import Anything
from suture.domain.pull_request import Check, CheckConclusion
from suture.errors import (
    Conflict,
    InvalidInput,
    NotAuthorised,
    NotFound,
    PermanentError,
    RateLimited,
    SettingsError,
    SutureError,
    TransientError,
    Unreachable,
)
from tests.builders.code_host import BRANCH
from tests.builders.gitlab import GitLabWorkshop, settings_for
from tests.fakes.gitlab_server import PROJECT, TOKEN

CHECK = Check(name="suture-evidence", conclusion=CheckConclusion.FAILURE, summary="Red, red.")
Done = TypeVar("Done")
FAULTS = ("500", "reset", "lost", "cut")


def until_done(attempt: Callable[[], Done]) -> Done:
    """Try as Temporal does: again after what may pass, not after anything else."""
    for _ in range(20):
        with contextlib.suppress(TransientError):
            return attempt()
    raise AssertionError("It never succeeds.")


@pytest.mark.parametrize("fault", FAULTS)
def test_everything_happens_once_whatever_happens_on_the_way(
    shop: GitLabWorkshop, fault: str
) -> None:
    creates = ("/git-receive-pack$", "/merge_requests$", "/notes$", "/statuses/")
    shop.gitlab.faults = [(f"^POST .*{create}", fault) for create in creates]
    shop.gitlab.faults += [("^PUT .*/merge$", fault)]

    def attempt() -> str | None:
        ref = shop.open()
        seen = shop.host.read_pull_request(ref)
        shop.host.ensure_comment(ref, "why", "Because.")
        shop.host.ensure_check(ref, seen.head_sha, CHECK)
        return shop.host.merge(ref, seen.head_sha, seen.patch_digest)

    merge_sha = until_done(attempt)
    assert shop.gitlab.faults == []
    assert len(shop.gitlab.requests) == len(shop.gitlab.notes["m1"]) == 1
    assert len(shop.gitlab.statuses) == 1
    assert shop.shop.git("rev-list", "--first-parent", f"{shop.base}..main") == merge_sha
    assert len(shop.shop.git("rev-list", f"{shop.base}..{BRANCH}").split()) == 1
    shop.gitlab.faults = [(f"^POST .*{create}", fault) for create in creates[:2]]
    ref = shop.host.ensure_pull_request(shop.request())
    revert = until_done(lambda: shop.host.ensure_revert(ref, "case-1"))
    assert len(shop.gitlab.requests) == 2
    shop.gitlab.faults = [("^PUT .*/merge_requests/2$", fault), ("receive-pack$", fault)]
    shop.gitlab.faults += [("^POST .*receive-pack$", fault)]
    for _ in range(2):
        until_done(lambda: shop.host.close_pull_request(revert, delete_branch=True))
    assert shop.gitlab.git.head(revert.branch) is None


def test_a_write_reaches_gitlab_once_per_attempt(shop: GitLabWorkshop) -> None:
    shop.branch()
    shop.gitlab.faults = [("^POST .*/merge_requests$", "500")] * 9
    with pytest.raises(Unreachable):
        shop.host.ensure_pull_request(shop.request())
    assert sum(called.endswith("/merge_requests") for called in shop.gitlab.log) == 1


def test_a_merge_request_that_somebody_opened_meanwhile_is_taken(shop: GitLabWorkshop) -> None:
    ref = shop.open()
    listed = shop.host._requests.find
    answers = [None, listed(PROJECT, BRANCH)]
    shop.host._requests.find = lambda *_: answers.pop(0)  # type: ignore[method-assign]
    assert shop.host.ensure_pull_request(shop.request()) == ref


def test_a_limit_says_how_long_to_wait(shop: GitLabWorkshop) -> None:
    shop.branch()
    for _ in range(2):
        shop.gitlab.faults = [("^GET .*/merge_requests", "429")]
        with pytest.raises(RateLimited) as caught:
            shop.host.ensure_pull_request(shop.request())
        assert caught.value.retry_after_seconds == 7
    shop.gitlab.git.git("branch", "-D", BRANCH)
    shop.gitlab.faults = [("receive-pack", "429")]
    with pytest.raises(RateLimited) as caught:
        shop.branch()
    assert caught.value.retry_after_seconds == 60


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("302", NotFound),
        ("400", PermanentError),
        ("401", NotAuthorised),
        ("403", NotAuthorised),
        ("404", NotFound),
        ("409", Conflict),
        ("503", Unreachable),
    ],
)
def test_an_error_is_told_without_the_credential(
    shop: GitLabWorkshop, status: str, kind: type[SutureError]
) -> None:
    shop.gitlab.message = f"No, {TOKEN}, no."
    shop.gitlab.faults = [("^GET /api", status)]
    with pytest.raises(kind, match=f"{status}: No") as caught:
        shop.host.ensure_pull_request(shop.request())
    assert TOKEN not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_wrong_token_is_told_by_git_and_leaves_no_trace(shop: GitLabWorkshop) -> None:
    shop.host = shop.host_with(token="glpat-wrong")
    with pytest.raises(NotAuthorised) as caught:
        shop.branch()
    assert "glpat" not in str(caught.value)
    with pytest.raises(NotAuthorised):
        shop.host.ensure_pull_request(shop.request())


def test_the_token_reaches_no_disk(shop: GitLabWorkshop) -> None:
    ref = shop.open()
    shop.merge(ref)
    kept = [path for path in shop.mirrors.rglob("*") if path.is_file()]
    assert kept
    assert not any(TOKEN.encode() in path.read_bytes() for path in kept)


def test_nobody_listening_is_unreachable(shop: GitLabWorkshop) -> None:
    host = shop.host_with(url="http://127.0.0.1:9")
    with pytest.raises(Unreachable):
        host.ensure_pull_request(shop.request())


def test_answers_are_bounded_and_whole(shop: GitLabWorkshop) -> None:
    client = GitLabClient(settings_for(shop.gitlab.url))
    trace = f"{project_path(PROJECT)}/jobs/1/trace"
    shop.gitlab.traces[1] = b"x" * (MAX_BYTES + 1)
    with pytest.raises(PermanentError, match="larger"):
        client.get(trace, Anything)
    shop.gitlab.traces[1] = b"no json"
    with pytest.raises(Unreachable, match="no JSON"):
        client.get(trace, Anything)
    shop.gitlab.traces[1] = b"[]"
    with pytest.raises(Unreachable, match="lacks"):
        client.get(trace, Anything)
    listed, asked = f"{project_path(PROJECT)}/pipelines", {"sha": "1" * 40}
    shop.gitlab.pipelines = [shop.gitlab.add_pipeline("1" * 40, "success")] * 101
    assert len(client.list(listed, Anything, asked)) == 101
    shop.gitlab.pipelines = shop.gitlab.pipelines[:1] * (PAGE * MAX_PAGES)
    with pytest.raises(PermanentError, match="10000 entries"):
        client.list(listed, Anything, asked)


def test_an_answer_that_never_comes_or_never_ends_is_given_up(shop: GitLabWorkshop) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        client = GitLabClient(settings_for(url, timeout_seconds=0.1))
        with pytest.raises(Unreachable, match="ReadTimeout"):
            client.get("/user", Anything)
    shop.gitlab.traces[1] = b"x" * (1 << 20)
    client = GitLabClient(settings_for(shop.gitlab.url))
    client._timeout = -1.0
    client._open = lambda: httpx.Client(trust_env=False)  # type: ignore[method-assign]
    with pytest.raises(Unreachable, match="takes more than"):
        client.get(f"{project_path(PROJECT)}/jobs/1/trace", Anything)


def test_a_project_is_a_group_and_a_name(shop: GitLabWorkshop) -> None:
    for name in ("shop", "a/../b", "a//b", "/a/b", "a/b?x=1", "a/b\n", "", "a/b#1", "-a/b"):
        with pytest.raises(InvalidInput, match="write group/name"):
            shop.host.ensure_pull_request(shop.request(repository=name))
    names = (
        "a/../../b",
        "",
        "a//b",
        "./a",
        "a\n",
        "a:b",
        "a b",
        "a.lock",
        "-a",
        "a@{1}",
        "a*",
        "x.",
    )
    for branch in names:
        with pytest.raises(InvalidInput, match="no name for a branch"):
            shop.host._requests.head_of(PROJECT, branch)
    assert shop.gitlab.log == []


def test_a_file_without_certificates_is_told(shop: GitLabWorkshop, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("nothing")
    for path in (wrong, tmp_path / "missing.pem"):
        with pytest.raises(SettingsError, match="ca_file"):
            shop.host_with(ca_file=path)


def test_a_file_of_certificates_reaches_git_too(shop: GitLabWorkshop) -> None:
    shop.host = shop.host_with(ca_file=certifi.where())
    assert shop.open().number == 1


@pytest.mark.parametrize(
    "wrong",
    [{"url": "https://user:secret@gitlab.invalid"}, {"token": ""}, {"commit_email": "a b"}],
)
def test_settings_are_checked(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        settings_for(**{"url": "https://gitlab.com", **wrong})  # type: ignore[arg-type]
