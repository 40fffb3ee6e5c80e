"""What happens on the code host while Suture asks: remarks, CI, drafts, queues, human merges."""

from dataclasses import replace

import pytest

from suture.domain.approval import ConsentTarget, DecisionKind
from suture.domain.incident import Stage
from suture.domain.pull_request import CiFailure, CiReport, CiState, PullRequestRef, RemarkKind
from suture.domain.report import IncidentReport
from suture.domain.resolution import ResolutionKind
from suture.policy.model import Approval, Budget, MergedBy, PullRequests
from suture.settings import CodeHostKind, UserSettings
from tests.builders.incident import Incident
from tests.fakes.talkative_host import TalkativeHost
from workflows.incident import IncidentWorkflow

RED = CiReport(
    state=CiState.FAILED,
    failures=(
        CiFailure(name="unit (3.12)", log="password=hunter2hunter2\nAssertionError: 1 != 2"),
    ),
)
RUNNING, PASSED = CiReport(state=CiState.RUNNING), CiReport(state=CiState.PASSED)
TOKEN = "0" * 64
BRIEF = Approval(look_seconds=0.3, expiry_seconds=6.0)
"""Long enough for a busy machine to see what was approved wait."""


@pytest.fixture
def host(incident: Incident) -> TalkativeHost:
    """A code host on which people talk; ada and grace are known there."""
    parts = incident.parts
    host = TalkativeHost(parts.engine, parts.console_url)
    users = {
        "ada": UserSettings(role="approver", token_sha256=TOKEN, code_host_login="Ada-Host"),
        "grace": UserSettings(role="approver", token_sha256=TOKEN, code_host_login="grace-host"),
        "eve": UserSettings(role="viewer", token_sha256=TOKEN, code_host_login="eve"),
    }
    settings = parts.settings.model_copy(update={"users": users, "code_host": CodeHostKind.GITHUB})
    incident.parts = replace(parts, code_host=host, settings=settings)
    return host


def rule(incident: Incident, **changed: object) -> None:
    incident.rule(pull_requests=PullRequests().model_copy(update=changed))


def pull_request(report: IncidentReport) -> PullRequestRef:
    assert report.pull_request is not None
    return report.pull_request


async def opened(incident: Incident) -> PullRequestRef:
    await incident.alert()
    return pull_request(await incident.until(lambda seen: seen.pull_request))


async def look(incident: Incident) -> None:
    await incident.handle.signal(IncidentWorkflow.receive_hint)


async def test_a_comment_that_names_the_head_approves_it(
    incident: Incident, host: TalkativeHost
) -> None:
    async with incident.at_work():
        await incident.alert()
        target = await incident.until_asked()
        host.say("ada-host", f"/suture approve {target.head_sha[:12]}")
        await look(incident)
        report = await incident.until(lambda seen: seen.merge_sha)
        await incident.finish_after_merge()
    approvals = [one for one in report.judgements if one.accepted]
    assert [(one.decision.actor.id, one.decision.actor.via) for one in approvals] == [
        ("ada", "github")
    ]
    assert incident.findings() == []


async def test_a_refused_comment_is_answered_once_where_it_was_made(
    incident: Incident, host: TalkativeHost
) -> None:
    async with incident.at_work():
        await incident.alert()
        target = await incident.until_asked()
        host.say("Ada-Host", "/suture approve")
        host.say("eve", f"/suture approve {target.head_sha}")
        host.say("mallory", f"/suture approve {target.head_sha}")
        await look(incident)
        # One look hears them all, or the next one what was said during the first.
        report = await incident.until(lambda seen: len(seen.judgements) == 2 and _ignored(seen))
        await incident.finish_fixed()
    assert incident.refusals() == ["stale", "unauthorised"]
    page = host.get_page(host.list_pull_requests()[0].pull_request_id)
    said = page.conversation.comments
    assert [one.key for one in said] == ["github/remark/1", "github/remark/2"]
    assert _ignored(report) == ["mallory of the code host is no user of Suture"]


async def test_an_approving_review_of_the_head_counts_where_the_policy_says_so(
    incident: Incident, host: TalkativeHost
) -> None:
    rule(incident, reviews=True)
    async with incident.at_work():
        await incident.alert()
        target = await incident.until_asked()
        host.say("ada-host", kind=RemarkKind.APPROVAL, head_sha="e" * 40)
        host.say("ada-host", kind=RemarkKind.APPROVAL, head_sha=target.head_sha)
        await incident.finish_after_merge()
    assert incident.refusals() == ["stale"]
    assert incident.findings() == []


async def test_a_review_that_asks_for_changes_brings_another_fix(
    incident: Incident, host: TalkativeHost
) -> None:
    rule(incident, reviews=True)
    async with incident.at_work():
        await incident.alert()
        first = await incident.until_asked()
        host.say("ada-host", "Round up.", kind=RemarkKind.CHANGES, head_sha=first.head_sha)
        await incident.until(lambda seen: seen.target not in {None, first})
        await incident.finish_fixed()
    assert incident.findings() == []


async def test_nobody_approves_their_own_push_under_their_other_name(
    incident: Incident, host: TalkativeHost
) -> None:
    async with incident.at_work():
        await incident.alert()
        first = await incident.until_asked()
        head = incident.push("grace-host")
        await incident.until(lambda seen: seen.target not in {None, first})
        host.say("grace-host", f"/suture approve {head}")
        await look(incident)
        await incident.until(lambda seen: seen.judgements)
        host.say("ada-host", f"/suture approve {head}")
        await look(incident)
        await incident.finish_after_merge()
    assert incident.refusals() == ["own_change"]
    assert incident.findings() == []


async def test_a_draft_waits_for_ci_and_is_ready_once_that_is_green(
    incident: Incident, host: TalkativeHost
) -> None:
    host.ci_otherwise = RUNNING
    async with incident.at_work():
        ref = await opened(incident)
        waiting = await incident.until(lambda seen: "CI" in seen.waiting_for)
        assert waiting.target is None
        assert host.read_pull_request(ref).draft
        host.ci_otherwise = PASSED
        await look(incident)
        await incident.until_asked()
        assert not host.read_pull_request(ref).draft
        await incident.finish_fixed()
    assert incident.events().count("ci.judged") == 1
    assert incident.findings() == []


@pytest.mark.parametrize("state", [CiState.NONE, CiState.RUNNING])
async def test_a_ci_that_never_ends_keeps_nobody_from_deciding(
    incident: Incident, host: TalkativeHost, state: CiState
) -> None:
    rule(incident, ci_settle_seconds=0.2, ci_wait_seconds=0.2)
    host.ci_otherwise = CiReport(state=state)
    async with incident.at_work():
        await incident.alert()
        await incident.finish_fixed()
    assert incident.findings() == []


async def test_a_failing_ci_sends_the_fix_back_into_repair(
    incident: Incident, host: TalkativeHost
) -> None:
    host.ci_otherwise = RUNNING
    async with incident.at_work():
        ref = await opened(incident)
        await incident.until(lambda seen: "CI" in seen.waiting_for)
        first = host.read_pull_request(ref).head_sha
        host.ci, host.ci_otherwise = {first: RED}, CiReport()
        await look(incident)
        report = await incident.until(lambda seen: seen.target)
        assert report.usage.attempts == 2
        assert report.pull_request == ref
        await incident.finish_fixed()
    judged = [
        entry.draft.data["failures"]
        for entry in incident.parts.ledger.read(f"{incident.key.incident_id}-1")
        if entry.draft.event == "ci.judged"
    ]
    assert judged == [["unit (3.12)"]]
    assert incident.findings() == []


async def test_without_another_fix_humans_decide_about_the_one_that_ci_does_not_like(
    incident: Incident, host: TalkativeHost
) -> None:
    incident.rule(budget=Budget(attempts=1))
    host.ci_otherwise = RUNNING
    async with incident.at_work():
        ref = await opened(incident)
        first = host.read_pull_request(ref).head_sha
        host.ci = {first: RED}
        await look(incident)
        assert (await incident.until_asked()).head_sha == first
        await incident.finish_fixed()
    chat = incident.parts.embedded.chat
    thread = chat.get_thread(chat.list_threads()[0].ref.thread_id)
    assert any("fails: unit (3.12)" in reply.text for reply in thread.replies)
    assert incident.findings() == []


async def test_what_fails_on_the_base_too_is_not_held_against_the_fix(
    incident: Incident, host: TalkativeHost
) -> None:
    host.ci_otherwise = RED
    async with incident.at_work():
        await incident.alert()
        await incident.until_asked()
        assert (await incident.report()).usage.attempts == 1
        await incident.finish_fixed()
    assert incident.findings() == []


async def test_a_queue_merges_when_its_turn_comes(incident: Incident, host: TalkativeHost) -> None:
    host.queue = []
    async with incident.at_work():
        await incident.alert()
        await incident.approve()
        report = await incident.until(lambda seen: "queue" in seen.waiting_for)
        host.merge_queued(pull_request(report))
        await look(incident)
        await incident.finish_after_merge()
    assert "pull_request.merged" in incident.events()
    assert incident.findings() == []


async def test_what_is_queued_can_still_be_refused(incident: Incident, host: TalkativeHost) -> None:
    host.queue = []
    async with incident.at_work():
        await incident.alert()
        await incident.approve()
        await incident.until(lambda seen: "queue" in seen.waiting_for)
        no = incident.decision(DecisionKind.REJECT)
        assert (await incident.send(no)).accepted
        await incident.until_human()
        resolution = await incident.close_ticket()
    assert resolution.kind is ResolutionKind.REJECTED
    assert incident.findings() == []


async def test_what_is_queued_leaves_the_queue_when_changes_are_requested(
    incident: Incident, host: TalkativeHost
) -> None:
    host.queue = []
    async with incident.at_work():
        await incident.alert()
        first = await incident.until_asked()
        await incident.approve()
        await incident.until(lambda seen: "queue" in seen.waiting_for)
        changes = incident.decision(DecisionKind.REQUEST_CHANGES, comment="Round up.")
        assert (await incident.send(changes)).accepted
        await incident.until(lambda seen: seen.target not in {None, first})
        assert host.queue == []
        host.queue = None
        await incident.finish_fixed()
    assert "pull_request.merged_outside" not in incident.events()
    assert incident.findings() == []


async def test_what_was_merged_before_it_could_leave_the_queue_is_on_record_as_approved(
    incident: Incident, host: TalkativeHost
) -> None:
    # After the look at what came of queueing it, nobody looks before the rejection comes.
    rarely = incident.parts.policy.approval.model_copy(update={"look_seconds": 3_600.0})
    incident.rule(approval=rarely)
    host.queue = []
    async with incident.at_work():
        await incident.alert()
        await incident.approve()
        report = await incident.until(lambda seen: host.seen_queued and "queue" in seen.waiting_for)
        host.merge_queued(pull_request(report))
        assert (await incident.send(incident.decision(DecisionKind.REJECT))).accepted
        await incident.finish_after_merge()
    assert "pull_request.merged" in incident.events()
    assert "consent.staled" not in incident.events()
    assert incident.findings() == []


async def test_a_takeover_takes_it_out_of_the_queue(
    incident: Incident, host: TalkativeHost
) -> None:
    host.queue = []
    async with incident.at_work():
        await incident.alert()
        await incident.approve()
        await incident.until(lambda seen: "queue" in seen.waiting_for)
        over = incident.decision(DecisionKind.TAKE_OVER)
        assert (await incident.send(over)).accepted
        report = await incident.until_human()
        assert host.queue == []
        assert (report.consent, report.consents) == (None, ())
        await incident.close_ticket()
    assert "consent.staled" in incident.events()
    assert incident.findings() == []


async def test_an_approval_that_expires_in_the_queue_leaves_it(
    incident: Incident, host: TalkativeHost
) -> None:
    incident.rule(approval=BRIEF)
    host.queue = []
    async with incident.at_work():
        await incident.alert()
        await incident.approve_until(lambda _: host.queue)
        await incident.until(lambda seen: seen.consent is None and not host.queue and seen.target)
        await incident.handle.cancel()
        await incident.resolution()
    assert "consent.staled" in incident.events()
    assert incident.findings() == []


async def test_a_merge_can_be_left_to_a_human(incident: Incident, host: TalkativeHost) -> None:
    rule(incident, merged_by=MergedBy.HUMAN)
    async with incident.at_work():
        await incident.alert()
        await incident.approve()
        report = await incident.until(lambda seen: "waiting for a human" in seen.waiting_for)
        await look(incident)
        assert report.merge_sha is None
        host.merge_queued(pull_request(report))
        await look(incident)
        await incident.finish_after_merge()
    assert "pull_request.merged" in incident.events()
    assert incident.findings() == []


@pytest.mark.usefixtures("host")
async def test_an_approval_that_no_human_follows_expires(incident: Incident) -> None:
    rule(incident, merged_by=MergedBy.HUMAN)
    incident.rule(approval=BRIEF)
    async with incident.at_work():
        await incident.alert()
        await incident.approve_until(lambda seen: "waiting for a human" in seen.waiting_for)
        await incident.until(lambda seen: seen.consent is None and _asked(seen.target))
        assert (await incident.report()).summary.stage is Stage.APPROVAL
        await incident.handle.cancel()
        await incident.resolution()
    assert "consent.staled" in incident.events()
    assert incident.findings() == []


def _ignored(report: IncidentReport) -> list[str]:
    return [entry.summary for entry in report.timeline if entry.event == "remark.ignored"]


def _asked(target: ConsentTarget | None) -> bool:
    return target is not None
