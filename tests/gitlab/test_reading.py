from datetime import timedelta

from suture.domain.pull_request import (
    Check,
    CheckConclusion,
    CiReport,
    CiState,
    PullRequestRef,
    RemarkKind,
)
from suture.errors import Unreachable
from tests.builders.code_host import BRANCH
from tests.builders.gitlab import GitLabWorkshop
from tests.fakes.gitlab_server import BOT

ADA = {"id": 5, "username": "Ada"}
BOB = {"id": 6, "username": "bob"}
CHECK = Check(name="suture-suite", conclusion=CheckConclusion.FAILURE, summary="Red.")


def head_of(shop: GitLabWorkshop, ref: PullRequestRef) -> str:
    return shop.host.read_pull_request(ref).head_sha


def ci(shop: GitLabWorkshop, ref: PullRequestRef) -> CiReport:
    return shop.host.read_ci(ref, head_of(shop, ref))


def test_people_are_heard_and_nobody_else(shop: GitLabWorkshop) -> None:
    ref = shop.open()
    notes = shop.gitlab.notes.setdefault("m1", [])
    shop.gitlab.say(notes, "/suture reject \ud800wrong", ADA)
    shop.gitlab.say(notes, "changed the description", ADA, system=True)
    shop.gitlab.say(notes, "Deployed.", {"id": 7, "username": "project_2_bot"})
    shop.gitlab.say(notes, "My own.", BOT)
    shop.gitlab.say(notes, "Nobody's.", {"id": 0, "username": ""})
    edited = shop.gitlab.say(notes, "/suture approve", ADA)
    edited["updated_at"] = shop.gitlab.tick()
    shop.host.ensure_comment(ref, "why", "Because.")
    (said,) = shop.host.read_remarks(ref)
    assert (said.remark_id, said.kind, said.author) == ("note/1", RemarkKind.COMMENT, "ada")
    assert said.text == "/suture reject \N{REPLACEMENT CHARACTER}wrong"
    assert said.head_sha is None


def test_an_approval_is_of_the_head_that_was_there(shop: GitLabWorkshop) -> None:
    ref = shop.open()
    first = head_of(shop, ref)
    notes = shop.gitlab.notes.setdefault("m1", [])
    shop.gitlab.say(notes, "approved this merge request", ADA, system=True)
    asked = shop.gitlab.say(notes, "requested changes", BOB, system=True)
    shop.push(BRANCH, {"more.py": "x = 1\n"}, "bob")
    second = head_of(shop, ref)
    at = shop.gitlab.tick()
    shop.gitlab.approvals = [{"user": ADA}, {"user": BOB, "approved_at": at}]
    ada, changes, bob = shop.host.read_remarks(ref)
    assert (ada.kind, ada.author, ada.head_sha) == (RemarkKind.APPROVAL, "ada", first)
    assert (changes.kind, changes.remark_id) == (RemarkKind.CHANGES, f"note/{asked['id']}")
    assert changes.head_sha == first
    assert (bob.kind, bob.head_sha) == (RemarkKind.APPROVAL, second)
    assert shop.host.read_remarks(ref) == (ada, changes, bob)
    shop.gitlab.approvals = []
    assert shop.host.read_remarks(ref) == (changes,)


def test_an_approval_right_after_a_push_is_of_no_head(shop: GitLabWorkshop) -> None:
    ref = shop.open()
    shop.host.read_pull_request(ref)
    shop.push(BRANCH, {"more.py": "x = 1\n"}, "bob")
    shop.host.read_pull_request(ref)
    soon = (shop.gitlab._now + timedelta(seconds=20)).isoformat()
    long_ago = (shop.gitlab._now - timedelta(days=1)).isoformat()
    shop.gitlab.approvals = [
        {"user": ADA, "approved_at": soon},
        {"user": BOB, "approved_at": long_ago},
        {"user": {"id": 9, "username": "eve"}},
    ]
    said = shop.host.read_remarks(ref)
    assert [(one.author, one.head_sha) for one in said] == [("bob", None), ("ada", None)]


def test_no_pipeline_says_nothing(shop: GitLabWorkshop) -> None:
    ref = shop.open()
    assert ci(shop, ref) == CiReport(state=CiState.NONE)
    shop.host.ensure_check(ref, head_of(shop, ref), CHECK)
    assert ci(shop, ref).state is CiState.NONE


def test_a_pipeline_tells_how_it_stands(shop: GitLabWorkshop) -> None:
    ref = shop.open()
    pipeline = shop.gitlab.add_pipeline(head_of(shop, ref), "running")
    shop.gitlab.add_job(pipeline, "rspec", "success")
    states = {
        "pending": CiState.RUNNING,
        "manual": CiState.RUNNING,
        "success": CiState.PASSED,
        "canceled": CiState.NONE,
        "skipped": CiState.NONE,
    }
    for status, state in states.items():
        pipeline["status"] = status
        assert ci(shop, ref) == CiReport(state=state)


def test_failed_jobs_come_with_the_end_of_their_logs(shop: GitLabWorkshop) -> None:
    ref = shop.open()
    pipeline = shop.gitlab.add_pipeline(head_of(shop, ref), "failed")
    job = shop.gitlab.add_job(pipeline, "rspec", "failed", target_url="https://gitlab.invalid/1")
    shop.gitlab.add_job(pipeline, "lint", "failed", allow_failure=True)
    shop.gitlab.add_job(pipeline, "jenkins", "failed", description="3 tests failed")
    log = "x" * 20_000 + "\nsection_start:1:step\r\x1b[0K\x1b[31mE   KeyError: 'b'\x1b[0m\n"
    shop.gitlab.traces[job["id"]] = log.encode()
    report = ci(shop, ref)
    assert report.state is CiState.FAILED
    rspec, jenkins = report.failures
    assert (rspec.name, rspec.url) == ("rspec", "https://gitlab.invalid/1")
    assert rspec.log.endswith("\nE   KeyError: 'b'")
    assert len(rspec.log) <= 8_000
    assert (jenkins.name, jenkins.log) == ("jenkins", "3 tests failed")
    shop.gitlab.faults = [("/trace$", "500")]
    try:
        ci(shop, ref)
    except Unreachable:
        return
    raise AssertionError("A log that may come later was passed over.")


def test_a_pipeline_without_jobs_fails_by_itself(shop: GitLabWorkshop) -> None:
    ref = shop.open()
    shop.gitlab.add_pipeline(head_of(shop, ref), "failed")
    report = ci(shop, ref)
    assert (report.state, report.failures[0].name) == (CiState.FAILED, "pipeline")


def test_sutures_own_checks_are_no_part_of_ci(shop: GitLabWorkshop) -> None:
    ref = shop.open()
    pipeline = shop.gitlab.add_pipeline(head_of(shop, ref), "failed")
    shop.gitlab.add_job(pipeline, "rspec", "success")
    shop.host.ensure_check(ref, head_of(shop, ref), CHECK)
    assert shop.gitlab.statuses[-1]["pipeline_id"] == pipeline["id"]
    assert ci(shop, ref) == CiReport(state=CiState.PASSED)


def test_what_other_systems_report_is_ci(shop: GitLabWorkshop) -> None:
    ref = shop.open()
    shop.host.ensure_check(ref, head_of(shop, ref), CHECK)
    pipeline = shop.gitlab.pipelines[0]
    for status, state in (
        ("running", CiState.RUNNING),
        ("success", CiState.PASSED),
        ("failed", CiState.FAILED),
    ):
        shop.gitlab.add_job(pipeline, "jenkins", status, description="At it")
        report = ci(shop, ref)
        assert report.state is state
    assert [(one.name, one.log) for one in report.failures] == [("jenkins", "At it")]


def test_a_pipeline_of_the_merged_result_is_of_its_head(shop: GitLabWorkshop) -> None:
    ref = shop.open()
    head = head_of(shop, ref)
    shop.gitlab.add_pipeline(head, "success", "external")
    tree = shop.gitlab.git.git("rev-parse", f"{head}^{{tree}}")
    result = shop.gitlab.git._by_github(tree, (shop.base, head), "Merge")
    shop.gitlab.add_job(
        shop.gitlab.add_pipeline(result, "failed", "merge_request_event"), "rspec", "failed"
    )
    assert ci(shop, ref).state is CiState.FAILED
    shop.push(BRANCH, {"more.py": "x = 1\n"}, "bob")
    assert ci(shop, ref).state is CiState.NONE
    branch = shop.gitlab.add_pipeline(head_of(shop, ref), "success")
    assert ci(shop, ref).state is CiState.PASSED
    shop.gitlab.add_pipeline(shop.base, "failed")
    assert branch["status"] == "success"
    assert ci(shop, ref).state is CiState.PASSED


def test_what_the_base_fails_is_told_of_the_base_alone(shop: GitLabWorkshop) -> None:
    ref = shop.open()
    head = head_of(shop, ref)
    tree = shop.gitlab.git.git("rev-parse", f"{head}^{{tree}}")
    result = shop.gitlab.git._by_github(tree, (shop.base, head), "Merge")
    shop.gitlab.add_job(
        shop.gitlab.add_pipeline(result, "failed", "merge_request_event"), "rspec", "failed"
    )
    assert shop.host.read_ci(ref, shop.base).state is CiState.NONE
    base = shop.gitlab.add_pipeline(shop.base, "failed")
    shop.gitlab.add_job(base, "lint", "failed")
    assert [one.name for one in shop.host.read_ci(ref, shop.base).failures] == ["lint"]
    assert [one.name for one in shop.host.read_ci(ref, head).failures] == ["rspec"]
