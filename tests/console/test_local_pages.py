"""Tickets, messages, pull requests and the ledger, as the embedded adapters hold them."""

from pathlib import Path

import pytest
from sqlalchemy import text

from integrations.database import writing
from integrations.local.pull_requests import Review
from suture.domain.alert import Severity
from suture.domain.approval import DecisionKind
from suture.domain.ledger import LedgerDraft
from suture.domain.pull_request import Check, CheckConclusion
from suture.domain.ticket import Link, TicketContent
from suture.ports.chat import Message, Urgency
from tests.builders.code_host import NOON, Workshop
from tests.builders.reports import OPENED_AT, build_report
from tests.console.visiting import World

pytestmark = pytest.mark.asyncio(loop_scope="session")
HOSTILE = "<script>alert(1)</script>"


async def test_a_ticket_is_shown_with_its_comments(lonely_world: World) -> None:
    tracker = lonely_world.parts.embedded.tracker
    content = TicketContent(
        title=f"Cart fails {HOSTILE}",
        body=f"**37** alerts since *03:07* {HOSTILE}",
        severity=Severity.HIGH,
        labels=("shop", HOSTILE),
    )
    case = build_report().case_id
    ref = tracker.ensure_ticket("shop", case, content)
    tracker.ensure_comment(ref, "c1", f"`red` then green {HOSTILE}")
    tracker.close_by_human(ref.ticket_id, "anna")
    async with lonely_world.visitor("vera") as visitor:
        listed = await visitor.get("/tickets")
        page = await visitor.get(f"/tickets/{ref.ticket_id}")
    assert f"/console/tickets/{ref.ticket_id}" in listed.html
    assert "<strong>37</strong> alerts" in page.html
    assert "<code>red</code> then green" in page.html
    assert "closed by anna" in page.text
    assert f'href="/console/incidents/{case}"' in page.html
    assert "<script" not in listed.html + page.html


async def test_a_message_is_shown_with_its_replies(lonely_world: World) -> None:
    chat = lonely_world.parts.chat
    links = (Link(title="Page", url="https://ok.example/x"), Link(title="No", url="javascript:x"))
    message = Message(
        title=f"Approve? {HOSTILE}", text=f"Look {HOSTILE}", urgency=Urgency.ACTION, links=links
    )
    case = build_report().case_id
    ref = chat.ensure_thread(case, message)
    chat.ensure_reply(ref, "r1", f"Nobody has answered {HOSTILE}", Urgency.ESCALATION)
    async with lonely_world.visitor("vera") as visitor:
        listed = await visitor.get("/inbox")
        page = await visitor.get(f"/inbox/{ref.thread_id}")
    assert f"/console/inbox/{ref.thread_id}" in listed.html
    assert 'href="https://ok.example/x"' in page.html
    assert "javascript:" not in page.html
    assert "escalation" in page.text
    assert f'href="/console/incidents/{case}"' in page.html
    assert "Nobody has answered" in page.text
    assert "<script" not in listed.html + page.html


async def test_a_pull_request_is_shown_with_all_that_was_said(
    lonely_world: World, tmp_path: Path
) -> None:
    workshop = Workshop(tmp_path / "repositories", lonely_world.parts.engine)
    ref = workshop.open()
    seen = workshop.host.read_pull_request(ref)
    check = Check(name="red-green-red", conclusion=CheckConclusion.SUCCESS, summary="All seen")
    workshop.host.ensure_check(ref, seen.head_sha, check)
    workshop.host.ensure_comment(ref, "c1", f"Was asked {HOSTILE}")
    review = Review(
        key="d1", actor="anna", kind=DecisionKind.APPROVE, head_sha=seen.head_sha, text="Good",
        at=NOON,
    )  # fmt: skip
    workshop.host.ensure_review(ref, review)
    async with lonely_world.visitor("vera") as visitor:
        listed = await visitor.get("/pull-requests")
        page = await visitor.get(f"/pull-requests/{ref.url.rsplit('/', 1)[1]}")
    assert "Ask before dividing" in listed.text
    for told in (seen.head_sha, seen.patch_digest, "red-green-red success All seen", "anna"):
        assert told in page.text
    assert '<span class="added">+    return sum(a) / len(a) if a else 0' in page.html
    assert "<script" not in page.html


@pytest.mark.parametrize("path", ["/tickets/9", "/inbox/x", "/pull-requests/0", "/what/ever"])
async def test_what_is_not_there_is_a_page_that_says_so(lonely_world: World, path: str) -> None:
    async with lonely_world.visitor("vera") as visitor:
        page = await visitor.get(path)
    assert page.response.status_code == 404
    assert "Not found" in page.text


def note(world: World, case: str, event: str) -> None:
    draft = LedgerDraft(
        incident_id=case,
        key=event,
        event=event,
        actor="suture",
        at=OPENED_AT,
        data={"title": HOSTILE, "numbers": [1, HOSTILE]},
    )
    world.parts.ledger.append(draft)


async def test_the_ledger_says_whether_it_verifies(world: World) -> None:
    report = build_report(service="record")
    await world.start(report)
    path = f"/incidents/{report.case_id}/ledger"
    async with world.visitor("vera") as visitor:
        assert "Nothing is on record yet" in (await visitor.get(path)).text
        note(world, report.case_id, "incident.opened")
        note(world, report.case_id, "ticket.opened")
        good = await visitor.get(path)
        assert "The record verifies. 2 entries" in good.text
        assert "0. incident.opened by suture" in good.text
        assert "<script" not in good.html
        with writing(world.parts.engine) as connection:
            connection.execute(
                text("UPDATE ledger_entries SET entry = replace(entry, 'alert(1)', 'alert(2)')")
            )
        bad = await visitor.get(path)
        assert "The record does not verify." in bad.text
        assert "altered" in bad.text
        with writing(world.parts.engine) as connection:
            connection.execute(text("UPDATE ledger_entries SET entry = '{}'"))
        worse = await visitor.get(path)
        assert "cannot be read any more" in worse.text
