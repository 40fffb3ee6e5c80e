import pytest

from integrations.github.runs import GitHubRuns, tail_of
from suture.domain.pull_request import Check, CheckConclusion, CiFailure, CiState, PullRequestRef
from suture.errors import NotAuthorised, NotFound, RateLimited, Unreachable
from tests.builders.github import GitHubWorkshop, app_key, settings_for
from tests.fakes.github_server import REPOSITORY, TOKEN

LATER = {"started_at": "2026-03-02T12:06:00Z", "completed_at": "2026-03-02T12:07:00Z"}


@pytest.fixture
def opened(shop: GitHubWorkshop) -> tuple[PullRequestRef, str]:
    ref = shop.open()
    return ref, shop.host.read_pull_request(ref).head_sha


def state_of(shop: GitHubWorkshop, opened: tuple[PullRequestRef, str]) -> CiState:
    return shop.host.read_ci(*opened).state


def test_nothing_is_said_until_something_reports(
    shop: GitHubWorkshop, opened: tuple[PullRequestRef, str]
) -> None:
    assert state_of(shop, opened) is CiState.NONE
    shop.github.checks.report(opened[1], "old", "cancelled")
    shop.github.checks.report(opened[1], "asks", "action_required")
    assert state_of(shop, opened) is CiState.NONE


def test_while_anything_runs_it_runs(
    shop: GitHubWorkshop, opened: tuple[PullRequestRef, str]
) -> None:
    checks, head = shop.github.checks, opened[1]
    checks.report(head, "lint", "failure")
    running = checks.report(head, "tests", None)
    assert state_of(shop, opened) is CiState.RUNNING
    assert "/actions/jobs/" not in "".join(shop.github.log)
    running.update(status="completed", conclusion="success", completed_at=LATER["completed_at"])
    assert state_of(shop, opened) is CiState.FAILED
    checks.state(head, "ci/other", "pending")
    assert state_of(shop, opened) is CiState.RUNNING


def test_conclusions_are_weighed_as_documented(
    shop: GitHubWorkshop, opened: tuple[PullRequestRef, str]
) -> None:
    meant = {
        **dict.fromkeys(("success", "neutral", "skipped"), CiState.PASSED),
        **dict.fromkeys(("failure", "timed_out", "startup_failure"), CiState.FAILED),
        **dict.fromkeys(("cancelled", "stale", "action_required", "new"), CiState.NONE),
    }
    for conclusion, state in meant.items():
        shop.github.runs.clear()
        shop.github.checks.report(opened[1], "tests", conclusion)
        assert state_of(shop, opened) is state, conclusion


def test_the_newest_status_of_a_name_counts(
    shop: GitHubWorkshop, opened: tuple[PullRequestRef, str]
) -> None:
    meant = {"success": CiState.PASSED, "failure": CiState.FAILED, "error": CiState.FAILED}
    for said, state in meant.items():
        shop.github.checks.state(opened[1], "ci/other", "pending")
        shop.github.checks.state(opened[1], "ci/other", said)
        assert state_of(shop, opened) is state


def test_sutures_own_checks_are_no_ci(
    shop: GitHubWorkshop, opened: tuple[PullRequestRef, str]
) -> None:
    ref, head = opened
    check = Check(name="suture-evidence", conclusion=CheckConclusion.FAILURE, summary="Red.")
    shop.host.ensure_check(ref, head, check)
    shop.github.checks.report(head, "suture-suite", "failure", app={"slug": "suture"})
    assert state_of(shop, opened) is CiState.NONE


def test_a_later_run_of_the_same_check_takes_the_place_of_the_earlier(
    shop: GitHubWorkshop, opened: tuple[PullRequestRef, str]
) -> None:
    checks, head = shop.github.checks, opened[1]
    checks.report(head, "tests", "failure")
    checks.report(head, "tests", "success")
    assert state_of(shop, opened) is CiState.FAILED
    checks.report(head, "tests", "success", **LATER, app={"slug": "another"})
    assert state_of(shop, opened) is CiState.FAILED
    checks.report(head, "tests", "success", **LATER)
    assert state_of(shop, opened) is CiState.PASSED


def test_a_failure_comes_with_the_end_of_its_log(
    shop: GitHubWorkshop, opened: tuple[PullRequestRef, str]
) -> None:
    checks, head = shop.github.checks, opened[1]
    job = checks.report(head, "tests", "failure")
    lines = [f"2026-03-02T12:00:0{at % 10}.1234567Z line {at}" for at in range(3_000)]
    end = ["E  assert mean([]) == 0", "##[error]Process completed with exit code 1."]
    stamped = [f"2026-03-02T12:00:00.1234567Z {line}" for line in [*end, "Post job cleanup."]]
    checks.logs[job["id"]] = "\n".join([*lines, *stamped]).encode()
    [failure] = shop.host.read_ci(*opened).failures
    assert (failure.name, failure.url) == ("tests", job["html_url"])
    assert failure.log.endswith(
        "E  assert mean([]) == 0\n##[error]Process completed with exit code 1."
    )
    assert failure.log.startswith("line ")
    assert len(failure.log) <= 6_000
    assert shop.github.stored == [("", "")]


def test_without_a_log_its_summary_must_do(
    shop: GitHubWorkshop, opened: tuple[PullRequestRef, str]
) -> None:
    output = {"title": "1 failed", "summary": "test_mean", "text": None}
    shop.github.checks.report(opened[1], "tests", "failure", output=output)
    shop.github.checks.logs[1] = b"It broke."
    for fault in ("403", "404", "410", "500", "reset"):
        shop.github.faults = [("/actions/jobs/1/logs$", fault)]
        [failure] = shop.host.read_ci(*opened).failures
        assert failure.log == "1 failed\n\ntest_mean"
    assert shop.host.read_ci(*opened).failures[0].log == "It broke."


def test_other_apps_have_summaries_and_statuses_a_line(
    shop: GitHubWorkshop, opened: tuple[PullRequestRef, str]
) -> None:
    checks, head = shop.github.checks, opened[1]
    checks.report(head, "scan", "failure", app=None, output=None, html_url="javascript:alert(1)")
    told = {"description": "Build 7 failed", "target_url": "https://ci.invalid/7"}
    checks.state(head, "ci/other", "failure", **told)
    assert shop.host.read_ci(*opened).failures == (
        CiFailure(name="scan"),
        CiFailure(name="ci/other", url="https://ci.invalid/7", log="Build 7 failed"),
    )
    assert not any("/actions/" in called for called in shop.github.log)


def test_many_failures_are_cut_and_few_logs_are_read(
    shop: GitHubWorkshop, opened: tuple[PullRequestRef, str]
) -> None:
    for number in range(120):
        shop.github.checks.report(opened[1], f"tests {number}", "failure")
    assert len(shop.host.read_ci(*opened).failures) == 50
    assert sum("/actions/jobs/" in called for called in shop.github.log) == 8


def test_a_token_that_may_not_read_checks_reads_the_runs_of_actions(
    shop: GitHubWorkshop, opened: tuple[PullRequestRef, str]
) -> None:
    checks, head = shop.github.checks, opened[1]
    shop.github.forbidden = "/check-runs$"
    checks.workflow_runs.append(
        {"id": 7, "name": "ci", "head_sha": head, "status": "queued", "conclusion": None}
    )
    assert state_of(shop, opened) is CiState.RUNNING
    job = {"id": 9, "run_id": 7, "name": "tests", "status": "completed", "conclusion": "failure"}
    checks.jobs.append({**job, "html_url": "https://github.invalid/9"})
    checks.logs[9] = b"It broke."
    assert shop.host.read_ci(*opened).failures == (
        CiFailure(name="tests", url="https://github.invalid/9", log="It broke."),
    )
    shop.github.forbidden = "/check-runs$|/actions/"
    with pytest.raises(NotAuthorised):
        state_of(shop, opened)


def test_an_app_without_the_permission_says_so(
    shop: GitHubWorkshop, opened: tuple[PullRequestRef, str]
) -> None:
    key = app_key(shop.shop.path.parent)
    shop.host = shop.host_with(token=None, app_id=3, installation_id=7, private_key_file=key)
    shop.github.checks.report(opened[1], "tests", "failure")
    assert state_of(shop, opened) is CiState.FAILED
    assert {"actions": "read", "metadata": "read"} in shop.github.tokens
    shop.github.forbidden = "/check-runs$"
    with pytest.raises(NotAuthorised):
        state_of(shop, opened)


def test_the_log_of_a_run_is_of_its_failed_jobs(shop: GitHubWorkshop) -> None:
    checks = shop.github.checks
    for number, conclusion in enumerate(("success", "failure", "timed_out"), start=1):
        job = {"id": number, "run_id": 7, "name": f"job {number}", "status": "completed"}
        checks.jobs.append({**job, "conclusion": conclusion})
        checks.logs[number] = f"This is {number}.".encode()
    runs = GitHubRuns(settings_for(shop.github.url))
    assert runs.run_log_tail(REPOSITORY, 7) == "job 2\nThis is 2.\n\njob 3\nThis is 3."
    assert runs.run_log_tail(REPOSITORY, 8) == ""


def test_a_log_that_cannot_be_had_is_told_without_its_address(shop: GitHubWorkshop) -> None:
    runs = GitHubRuns(settings_for(shop.github.url))
    shop.github.checks.logs[1] = b"It broke."
    wrong = {"404": NotFound, "410": NotFound, "403": NotAuthorised, "429": RateLimited}
    for fault, kind in {**wrong, "500": Unreachable, "reset": Unreachable}.items():
        for place in ("^GET .*/logs$", "^GET /stored-logs/"):
            shop.github.faults = [(place, fault)]
            with pytest.raises(kind) as caught:
                runs.job_log_tail(REPOSITORY, 1)
            assert "a-secret-of-the-store" not in str(caught.value)
            assert TOKEN not in str(caught.value)
            assert caught.value.__cause__ is None
    shop.github.store = "ftp://elsewhere.invalid/"
    with pytest.raises(Unreachable, match="sensible"):
        runs.job_log_tail(REPOSITORY, 1)


def test_of_a_large_log_only_the_end_is_fetched(shop: GitHubWorkshop) -> None:
    runs = GitHubRuns(settings_for(shop.github.url))
    shop.github.checks.logs[1] = b"x" * (33 * 1024 * 1024) + b"\nIt broke."
    assert runs.job_log_tail(REPOSITORY, 1).endswith("It broke.")
    assert [part for _, part in shop.github.stored] == ["", "bytes=34471946-"]


def test_a_log_shows_no_secrets_times_or_colours() -> None:
    token = "ghp_" + "a1B2c3D4e5" * 4
    log = f"\ufeff2026-03-02T12:00:00.1234567Z \x1b[31mfail\x1b[0m {token}\r\nnext"
    assert token not in tail_of(log)
    assert tail_of(log).startswith("fail ")
    assert tail_of("") == ""
    assert len(tail_of("y" * 10_000)) == 6_000
