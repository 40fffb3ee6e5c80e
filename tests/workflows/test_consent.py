"""Consent is to exactly one head and diff, for a while. Silence is neither yes nor no."""

from suture.domain.approval import Actor, DecisionKind, Role
from suture.domain.incident import Stage
from suture.domain.resolution import ResolutionKind
from suture.errors import PermanentError
from suture.policy.model import Approval
from tests.builders.incident import Incident


async def test_a_push_is_verified_and_asked_about_anew(incident: Incident) -> None:
    async with incident.at_work():
        await incident.alert()
        first = await incident.until_asked()
        pushed = incident.push()
        report = await incident.until(
            lambda seen: seen.target is not None and seen.target.head_sha == pushed
        )
        assert report.verification is not None
        stale = incident.decision(DecisionKind.APPROVE, target=first)
        assert (await incident.send(stale)).accepted is False
        await incident.finish_fixed()
    events = incident.events()
    assert events.count("approval.requested") == 2
    assert "pull_request.changed" in events
    assert incident.refusals() == ["stale"]
    assert incident.findings() == []


async def test_an_approval_of_what_was_shown_before_a_push_merges_nothing(
    incident: Incident,
) -> None:
    incident.rule(approval=Approval(look_seconds=3_600))
    async with incident.at_work():
        await incident.alert()
        shown = await incident.until_asked()
        pushed = incident.push()
        stale = incident.decision(DecisionKind.APPROVE, target=shown)
        assert (await incident.send(stale)).accepted is False
        # Nobody waits for the next look: the refusal itself made Suture look.
        await incident.until(lambda seen: seen.target and seen.target.head_sha == pushed)
        await incident.finish_fixed()
    assert incident.refusals() == ["stale"]


async def test_two_people_approve_where_the_policy_asks_for_two(incident: Incident) -> None:
    incident.rule(approval=Approval(look_seconds=0.3, approvals=2))
    async with incident.at_work():
        await incident.alert()
        target = await incident.until_asked()
        assert (await incident.approve()).accepted
        report = await incident.until(lambda seen: seen.consents)
        assert report.waiting_for == "Approved by 1 of 2 people."
        assert report.consent is None
        again = incident.decision(DecisionKind.APPROVE, target=target)
        assert (await incident.send(again)).accepted is False
        second = incident.decision(
            DecisionKind.APPROVE,
            target=target,
            actor=Actor(id="grace", role=Role.ADMIN, via="test"),
        )
        assert (await incident.send(second)).accepted
        await incident.finish_after_merge()
    assert incident.refusals() == ["repeated"]
    assert incident.findings() == []


async def test_a_push_takes_back_every_approval(incident: Incident) -> None:
    incident.rule(approval=Approval(look_seconds=0.3, approvals=2))
    async with incident.at_work():
        await incident.alert()
        first = await incident.until_asked()
        await incident.approve()
        await incident.until(lambda seen: seen.consents)
        incident.push()
        await incident.until(lambda seen: seen.target not in {None, first})
        assert (await incident.report()).consents == ()
        assert (await incident.approve()).accepted
        await incident.handle.cancel()
        await incident.resolution()
    assert incident.findings() == []


async def test_a_push_that_fails_the_gate_cannot_be_approved(incident: Incident) -> None:
    incident.script.head_verified = False
    async with incident.at_work():
        await incident.alert()
        first = await incident.until_asked()
        incident.push()
        await incident.until(lambda seen: seen.target is None)
        again = incident.decision(DecisionKind.APPROVE, target=first)
        assert (await incident.send(again)).accepted is False
        chat = incident.parts.embedded.chat
        (thread,) = chat.list_threads()
        await incident.until(
            lambda _: any(
                "still_red. The head is still red." in reply.text
                for reply in chat.get_thread(thread.ref.thread_id).replies
            )
        )
        incident.script.head_verified = True
        incident.push(content="By hand, and better\n")
        await incident.finish_fixed()
    assert incident.findings() == []


async def test_each_verification_of_a_head_that_comes_back_is_on_record(
    incident: Incident,
) -> None:
    incident.script.head_verified = False
    async with incident.at_work():
        await incident.alert()
        await incident.until_asked()
        first = incident.push()
        await incident.until(lambda seen: _told(seen, "verification.made") == 2)
        incident.push(content="By hand, and no better\n")
        await incident.until(lambda seen: _told(seen, "verification.made") == 3)
        incident.git("update-ref", f"refs/heads/{incident.branches()[0]}", first)
        await incident.until(lambda seen: _told(seen, "verification.made") == 4)
        await incident.handle.cancel()
        await incident.resolution()
    keys = incident.keys()
    for event in ("verification.made/head", "pull_request.changed"):
        made = [key for key in keys if key.startswith(f"{event}/{first}/")]
        assert len(made) == 2
    assert incident.findings() == []


async def test_a_push_that_cannot_be_verified_cannot_be_approved(incident: Incident) -> None:
    incident.script.errors["verify_head"] = PermanentError("No room to test it.")
    async with incident.at_work():
        await incident.alert()
        await incident.until_asked()
        incident.push()
        report = await incident.until(
            lambda seen: any("No room to test it" in one.summary for one in seen.timeline)
        )
        assert report.target is None
        await incident.handle.terminate()


async def test_nobody_approves_their_own_push(incident: Incident) -> None:
    async with incident.at_work():
        await incident.alert()
        await incident.until_asked()
        pushed = incident.push(author="ada")
        await incident.until(lambda seen: seen.target and seen.target.head_sha == pushed)
        assert (await incident.approve()).accepted is False
        await incident.handle.cancel()
        assert (await incident.resolution()).kind is ResolutionKind.CANCELLED
    assert incident.refusals() == ["own_change"]
    # The branch holds a person's work: it is not Suture's to delete.
    assert len(incident.branches()) == 1


async def test_silence_is_reminded_escalated_and_asked_again(incident: Incident) -> None:
    # So far apart that a busy machine, too, looks between any two of them.
    incident.rule(
        approval=Approval(
            look_seconds=0.3, reminder_seconds=0.5, escalation_seconds=12.0, expiry_seconds=16.0
        )
    )
    async with incident.at_work():
        await incident.alert()
        report = await incident.until(lambda seen: _told(seen, "approval.requested") > 1)
        assert report.merge_sha is None
        assert report.summary.stage is Stage.APPROVAL
        await incident.approve_until(lambda seen: seen.merge_sha)
        await incident.finish_after_merge()
    events = incident.events()
    assert events.count("approval.reminded") >= 1
    assert events.count("approval.escalated") >= 1
    assert events.index("approval.reminded") < events.index("approval.escalated")
    assert incident.findings() == []


async def test_silence_for_ever_is_handed_to_a_human_without_a_merge(incident: Incident) -> None:
    incident.rule(approval=Approval(look_seconds=0.3, abandon_seconds=1.0))
    async with incident.at_work():
        await incident.alert()
        report = await incident.until_human()
        assert report.target is None
        assert report.merge_sha is None
        assert len(incident.branches()) == 1
        assert (await incident.close_ticket()).kind is ResolutionKind.NEEDS_HUMAN
    assert incident.findings() == []


async def test_a_branch_that_disappears_is_told_to_a_human(incident: Incident) -> None:
    async with incident.at_work():
        await incident.alert()
        await incident.until_asked()
        incident.git("branch", "-D", incident.branches()[0])
        report = await incident.until_human()
        assert report.resolution is not None
        assert report.resolution.kind in {ResolutionKind.NEEDS_HUMAN, ResolutionKind.REJECTED}
        await incident.close_ticket()
    assert incident.findings() == []


async def test_a_merge_that_the_host_refuses_is_told_to_a_human(incident: Incident) -> None:
    async with incident.at_work():
        await incident.alert()
        target = await incident.until_asked()
        incident.conflict_on_main()
        answer = await incident.send(incident.decision(DecisionKind.APPROVE, target=target))
        assert answer.accepted
        report = await incident.until_human()
        assert report.merge_sha is None
        assert (await incident.close_ticket()).kind is ResolutionKind.NEEDS_HUMAN
    assert incident.findings() == []


def _told(report: object, event: str) -> int:
    return sum(entry.event == event for entry in getattr(report, "timeline", ()))
