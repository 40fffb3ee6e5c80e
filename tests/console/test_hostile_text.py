"""All text is hostile: it is shown, and never obeyed."""

import pytest

from apps.console.diffs import MAX_LINES, show_diff
from apps.console.showing import link, markdown, seconds
from suture.domain.approval import Actor, Decision, DecisionKind, Judgement, Role
from suture.domain.report import IncidentReport
from tests.builders.reports import OPENED_AT, build_report
from tests.console.visiting import World

ATTACK = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}\u202e\x1b[2J"


def attacked(report: IncidentReport, digest: str) -> IncidentReport:
    """Put the attack into every text that a vendor, a repository or a person can choose."""
    raw = report.model_dump(mode="json")

    def poison(value: object, name: str = "") -> object:
        if isinstance(value, dict):
            return {key: poison(one, key) for key, one in value.items()}
        if isinstance(value, list):
            return [poison(one, name) for one in value]
        free = {
            "title", "summary", "waiting_for", "explanation", "text", "quote", "path", "function",
            "author", "reasons", "next_steps", "reason", "rationale", "origin", "reasoned_by",
            "flaky", "comment", "event", "ticket_id", "environment", "run_id", "node_ids",
        }  # fmt: skip
        if name in free and isinstance(value, str) and value != "verified":
            return f"{value}{ATTACK}" if name != "event" or "." in value else value
        if name == "url":
            return "javascript:alert(1)"
        return value

    found = IncidentReport.model_validate(poison(raw))
    assert found.verification is not None
    verification = found.verification.model_copy(update={"full_diff": digest})
    assert found.target is not None
    target = found.target.model_copy(update={"patch_digest": digest})
    return found.model_copy(update={"verification": verification, "target": target})


@pytest.mark.asyncio(loop_scope="session")
async def test_no_text_of_an_incident_becomes_markup(world: World) -> None:
    diff = f"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-{ATTACK}\n+{ATTACK}\n"
    digest = world.parts.artifacts.put(diff.encode())
    report = build_report(service="hostile")
    actor = Actor(id="anna", role=Role.APPROVER, via=ATTACK)
    decision = Decision(
        decision_id="x", kind=DecisionKind.REJECT, actor=actor, comment=ATTACK, decided_at=OPENED_AT
    )
    judged = (Judgement(decision=decision, accepted=False, reason=ATTACK),)
    await world.start(attacked(report.model_copy(update={"judgements": judged}), digest))
    async with world.visitor("anna") as visitor:
        pages = [
            await visitor.get(path)
            for path in (f"/incidents/{report.case_id}", f"/incidents/{report.case_id}/ledger")
        ]
    for page in pages:
        assert page.response.status_code == 200
        assert "<script" not in page.html
        assert "<img" not in page.html
        assert "javascript:" not in page.html
        assert "\u202e" not in page.html
        assert "\x1b" not in page.html
        assert "&lt;script&gt;alert(1)" in page.html
        assert "{{ 7*7 }}" in page.html
    assert pages[0].html.count("&lt;script&gt;") > 20
    assert "[U+202E][U+001B]" in pages[0].html


def test_markdown_holds_neither_html_nor_images_nor_scripts() -> None:
    shown = markdown(
        "# Title\n\n<script>alert(1)</script>\n\n<b onclick=x>y</b> ![i](https://e.example/i.png)\n\n"
        "[a](javascript:alert(1)) [b](https://ok.example/) \u202eback @\u2060ada\n\n"
        "| a | b |\n|---|---|\n| 1 | 2 |\n"
    )
    assert "<script" not in shown
    assert "<b " not in shown
    assert "<img" not in shown
    assert 'href="javascript' not in shown
    assert '<a href="https://ok.example/">' in shown
    assert "[U+202E]back @ada" in shown
    assert "<table>" in shown


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "//e.example", "data:text/html,x", "https://a b", "", "/x"]
)
def test_a_link_that_is_no_web_address_leads_nowhere(url: str) -> None:
    assert link(url) == "#"


def test_lengths_of_time_are_told_in_two_units() -> None:
    assert [seconds(count) for count in (0, 59.9, 61, 3_700, 90_000)] == [
        "0 s",
        "59 s",
        "1 min 1 s",
        "1 h 1 min",
        "1 d 1 h",
    ]


def test_the_lines_of_a_diff_are_told_apart_by_place_and_not_by_looks() -> None:
    shown = show_diff(
        "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n--- comment\n+++ counter\n"
        " same\x0cline\n\\ No newline at end of file\n"
    )
    assert [line.kind for line in shown.lines] == [
        "file", "header", "header", "hunk", "removed", "added", "context", "note",
    ]  # fmt: skip


def test_an_endless_diff_is_cut_and_says_so() -> None:
    shown = show_diff("+\n" * (MAX_LINES + 7))
    assert (len(shown.lines), shown.cut) == (MAX_LINES, 7)
    assert show_diff("").lines == ()
