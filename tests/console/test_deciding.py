"""Pressing buttons."""

import pytest

from suture.consent import verify_decision
from suture.domain.approval import ConsentTarget, DecisionKind, Refusal, Role
from tests.builders.reports import HEAD, TARGET, build_report
from tests.console.canned import DECISION_KEY, CannedIncident
from tests.console.visiting import World, decisions

pytestmark = pytest.mark.asyncio(loop_scope="session")
MOVED = ConsentTarget(head_sha="5" * 40, patch_digest="6" * 64)


@pytest.mark.parametrize("kind", list(DecisionKind))
async def test_a_button_sends_a_signed_decision_about_what_was_shown(
    world: World, kind: DecisionKind
) -> None:
    report = build_report(service=f"button-{kind.replace('_', '-')}")
    handle = await world.start(report)
    async with world.visitor("anna") as visitor:
        page = await visitor.get(f"/incidents/{report.case_id}")
        sent = await visitor.decide(page, kind, "Mind the <b>gap</b>\r\nplease")
        assert sent.response.status_code == 303
        seen = await visitor.get(sent.response.headers["location"].removeprefix("/console"))
    (decision,) = await decisions(handle)
    assert verify_decision(decision, DECISION_KEY)
    assert decision.kind is kind
    assert decision.target == TARGET
    assert (decision.actor.id, decision.actor.role) == ("anna", Role.APPROVER)
    assert decision.actor.via == "console"
    assert decision.comment == "Mind the <b>gap</b>\nplease"
    assert "Your decision counts. anna (approver) may decide this." in seen.text
    assert "<b>gap" not in seen.html


async def test_after_the_approval_the_page_says_who_consented_to_what(world: World) -> None:
    report = build_report(service="consented")
    await world.start(report)
    path = f"/incidents/{report.case_id}"
    async with world.visitor("anna") as visitor:
        await visitor.decide(await visitor.get(path), "approve")
        page = await visitor.get(path)
    assert f"anna (approver, console) consented to {HEAD[:12]}" in page.text
    # What was approved can be refused until it is merged.
    assert page.buttons == ["request_changes", "reject", "take_over"]


async def test_a_second_click_counts_for_nothing(world: World) -> None:
    report = build_report(service="double")
    handle = await world.start(report)
    async with world.visitor("anna") as visitor:
        page = await visitor.get(f"/incidents/{report.case_id}")
        first = await visitor.decide(page, "reject")
        second = await visitor.decide(page, "reject")
    assert first.response.headers["location"] == second.response.headers["location"]
    assert await handle.query(CannedIncident.show_signals) == 2
    assert len(await decisions(handle)) == 1


async def test_a_stale_page_cannot_approve_what_it_did_not_show(world: World) -> None:
    report = build_report(service="stale")
    handle = await world.start(report)
    async with world.visitor("anna") as visitor:
        page = await visitor.get(f"/incidents/{report.case_id}")
        await handle.signal(CannedIncident.replace, report.model_copy(update={"target": MOVED}))
        sent = await visitor.decide(page, "approve")
        seen = await visitor.get(sent.response.headers["location"].removeprefix("/console"))
    (decision,) = await decisions(handle)
    assert decision.target == TARGET
    judged = (await handle.query(CannedIncident.show_report)).judgements[0]
    assert (judged.accepted, judged.refusal) == (False, Refusal.STALE)
    assert "Your decision was refused" in seen.text
    assert "✗ refused:" in seen.text


async def test_a_viewer_who_forges_the_form_is_refused_on_record(world: World) -> None:
    report = build_report(service="forged")
    handle = await world.start(report)
    path = f"/incidents/{report.case_id}"
    async with world.visitor("vera") as viewer:
        own = (await viewer.get(path)).fields("/logout")
        forged = {**own, "decision_id": "d" * 32, "kind": "approve"}
        target = {"head_sha": TARGET.head_sha, "patch_digest": TARGET.patch_digest}
        await viewer.post(f"{path}/decisions", {**forged, **target})
    judged = (await handle.query(CannedIncident.show_report)).judgements[0]
    assert (judged.accepted, judged.refusal) == (False, Refusal.UNAUTHORISED)


async def test_a_form_of_another_session_is_refused(world: World) -> None:
    report = build_report(service="csrf")
    handle = await world.start(report)
    path = f"/incidents/{report.case_id}"
    async with world.visitor("anna") as anna, world.visitor("root") as root:
        stolen = await root.get(path)
        assert (await anna.decide(stolen, "approve")).response.status_code == 403
        own = (await anna.get(path)).fields("/decisions")
        del own["form_token"]
        without = await anna.post(f"{path}/decisions", {**own, "kind": "approve"})
        assert without.response.status_code == 403
    async with world.visitor() as nobody:
        answer = await nobody.post(f"{path}/decisions", {**own, "kind": "approve"})
        assert answer.response.status_code == 403
    assert await decisions(handle) == []


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"kind": "merge"}, "no decision that exists"),
        ({"decision_id": "1"}, "names no decision"),
        ({"head_sha": "HEAD"}, "no head and diff"),
        ({"head_sha": "", "patch_digest": ""}, "Nothing waits for an approval"),
        ({"kind": "request_changes", "comment": " \n"}, "Say in the comment"),
        ({"comment": "x" * 8_001}, "longer than 8,000"),
        ({"comment": "x" * 70_000}, "too large"),
        ({f"field-{number}": "x" for number in range(30)}, "cannot be read"),
    ],
)
async def test_a_form_that_makes_no_sense_changes_nothing(
    world: World, changed: dict[str, str], told: str
) -> None:
    report = build_report(service="nonsense")
    handle = await world.start(report)
    path = f"/incidents/{report.case_id}"
    async with world.visitor("anna") as visitor:
        fields = {**(await visitor.get(path)).fields("/decisions"), "kind": "approve", **changed}
        page = await visitor.post(f"{path}/decisions", fields)
        assert page.response.status_code == 400
        assert told in page.text
    assert await decisions(handle) == []
    await world.close()


async def test_a_body_that_is_no_form_is_refused(world: World) -> None:
    report = build_report(service="body")
    await world.start(report)
    path = f"/console/incidents/{report.case_id}/decisions"
    form = "application/x-www-form-urlencoded"
    async with world.visitor("anna") as visitor:
        for body, kind in ((b"{}", "application/json"), (b"a=\xff", form)):
            answer = await visitor.http.post(path, content=body, headers={"content-type": kind})
            assert answer.status_code == 400


async def test_a_decision_on_an_incident_that_is_over_comes_too_late(world: World) -> None:
    report = build_report(service="over")
    await world.start(report, ended=True)
    path = f"/incidents/{report.case_id}"
    async with world.visitor("anna") as visitor:
        page = await visitor.decide(await visitor.get(path), "approve")
    assert page.response.status_code == 409
    assert "The incident is over" in page.text
