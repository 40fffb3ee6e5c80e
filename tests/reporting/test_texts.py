"""What people read: its shape, and that no hostile text can change it."""

import re

import pytest

from suture.domain.incident import Stage
from suture.domain.report import IncidentReport
from suture.domain.ticket import Link, TicketState
from suture.domain.verification import Reproduction
from suture.errors import InvalidInput
from suture.ports.chat import Urgency
from suture.reporting.message import message_for
from suture.reporting.pull_request import body_for, branch_for, commit_message_for, title_for
from suture.reporting.rendering import code, money, plain
from suture.reporting.ticket import ticket_for
from tests.reporting.reports import CONSOLE, bare, full

HOSTILE = [
    "x\n\n## How it ended\n\n**fixed**: all is well",
    "@everyone @ada please approve",
    "[click](http://evil.invalid) ![image](http://evil.invalid/x.png)",
    "<script>alert(1)</script><!-- hidden -->",
    "| a | b |\n|---|---|\n| forged | row |",
    "`code` ``` fence\n```\nSuture-Incident: forged\n",
    "\u202egnp.exe \u200b\u0007\x1b[31mred",
    "{{ report.key }} {% include 'ticket.md.j2' %}",
    "x" * 10_000,
    "- [ ] task\r\n# heading\r1. list",
]
HEADINGS = ["## How it ended", "## Root cause", "## Fix", "## Deploy watch", "## Links and cost"]


def texts(report: IncidentReport) -> list[str]:
    """Return the Markdown of everything that is told."""
    ticket = ticket_for(report, CONSOLE)
    return [ticket.body, message_for(report, CONSOLE).text, body_for(report, CONSOLE)]


def headings(text: str) -> list[str]:
    return [line for line in text.splitlines() if re.match(r"\s{0,3}#", line)]


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_adds_no_section_row_link_or_mention(hostile: str) -> None:
    report = full(hostile[:500])
    titles = (ticket_for(report, CONSOLE).title, message_for(report, CONSOLE).title)
    assert not any(re.search(r"@\w|[\x00-\x1f\u200b\u202e]", title) for title in titles)
    for harmless, text in zip(texts(full()), texts(report), strict=True):
        assert headings(text) == headings(harmless)
        assert text.count("\n|") == harmless.count("\n|")
        assert len(text.splitlines()) == len(harmless.splitlines())
        outside_code = re.sub(r"`[^`\n]*`", "", text)
        assert not re.search(r"(?<!\\)\[[^\]]*\]\((?!http://host\.invalid/4)", outside_code)
        assert not re.search(r"@\w", outside_code)
        assert not re.search(r"(?<!\\)<", outside_code)
        assert not re.search(r"[\x00-\x09\x0b-\x1f\u200b\u202e]", text)


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_title_forges_no_commit_trailer(hostile: str) -> None:
    report = full(hostile[:500])
    message = commit_message_for(report)
    trailers = message.rstrip().split("\n\n")[-1].splitlines()
    assert trailers == [f"Suture-Incident: {report.case_id}", "Fixes-Commit: " + "c" * 40]
    subject = message.split("\n")[0]
    assert len(subject) <= 72
    assert "\n" not in title_for(report)
    assert message.count("\n\n") == 2


def test_a_ticket_tells_the_whole_story_in_its_order() -> None:
    content = ticket_for(full(), CONSOLE)
    assert headings(content.body) == HEADINGS
    assert content.title == "[shop] An empty cart is divided by."
    assert content.state is TicketState.CLOSED
    assert content.labels == ("suture", "shop", "severity-high")
    assert "7 alerts since 2026-03-01 12:00:00 UTC" in content.body
    assert "occurrence 2" in content.body
    assert "[#4](http://host.invalid/4)" in content.body
    assert "$0.50, 1000 tokens, 42 s in the sandbox" in content.body
    assert f"{CONSOLE}/incidents/" in content.body


def test_a_ticket_of_which_nothing_is_known_yet_says_that_it_is_there() -> None:
    content = ticket_for(bare(), "")
    assert headings(content.body) == ["## Links and cost"]
    assert "1 alert since" in content.body
    assert "http" not in content.body
    assert content.state is TicketState.OPEN


def test_a_ticket_is_in_progress_while_suture_works() -> None:
    report = bare()
    summary = report.summary.model_copy(update={"stage": Stage.FIX})
    working = report.model_copy(update={"summary": summary})
    assert ticket_for(working, "").state is TicketState.IN_PROGRESS


def test_a_ticket_says_why_nothing_was_reproduced() -> None:
    missing = Reproduction(reproduced=False, reason="The call could not be rebuilt.")
    body = ticket_for(bare().model_copy(update={"reproduction": missing}), "").body
    assert "## Not reproduced\n\nThe call could not be rebuilt." in body


def test_whoever_reads_can_follow_the_first_alert_to_its_source() -> None:
    report = full()
    link = "https://sentry.invalid/issues/1?a=`b"
    noticed = tuple(one.model_copy(update={"link": link}) for one in report.notices)
    linked = report.model_copy(update={"notices": noticed})
    ticket, message = ticket_for(linked, CONSOLE), message_for(linked, CONSOLE)
    assert ticket.links[0] == Link(title="Alert at sentry", url=link)
    assert ticket.links[0] in message.links
    assert "First alert: `https://sentry.invalid/issues/1?a='b`" in ticket.body
    assert "First alert" not in ticket_for(report, CONSOLE).body


def test_a_message_links_what_there_is_and_asks_when_it_must() -> None:
    report = full()
    asking = report.model_copy(
        update={"summary": report.summary.model_copy(update={"stage": Stage.APPROVAL})}
    )
    message = message_for(asking, CONSOLE)
    titles = [link.title for link in message.links]
    assert titles == ["Incident", "Ticket 12", "Pull request #4"]
    assert message.urgency is Urgency.ACTION
    quiet = message_for(bare(), "")
    assert quiet.links == ()
    assert quiet.urgency is Urgency.INFO


def test_a_pull_request_shows_its_evidence() -> None:
    body = body_for(full(), CONSOLE)
    assert "| on the base | red |" in body
    assert "| with the fix | green |" in body
    assert "| with the fix taken out | red |" in body
    assert "3 passed, 0 failed before; 3 passed, 0 failed now; 0 new" in body


def test_a_branch_is_named_after_the_case() -> None:
    assert branch_for(full()) == "suture/shop-ffffffffffffffff-2"


@pytest.mark.parametrize("words", ["fixes #12", "Closes: #7", "resolve https://git.invalid/1"])
def test_a_commit_quotes_no_words_that_close_an_issue(words: str) -> None:
    message = commit_message_for(full(f"Customer says: {words}"))
    assert words not in message
    assert words in message.replace("\N{ZERO WIDTH SPACE}", "")


def test_a_commit_without_a_diagnosis_gives_the_patch_its_own_reason() -> None:
    report = full("Ask before dividing").model_copy(update={"diagnosis": None})
    message = commit_message_for(report)
    assert message.startswith("Ask before dividing\n\nAsk before dividing\n\nSuture-Incident:")
    assert "Fixes-Commit" not in message


@pytest.mark.parametrize("tell", [title_for, commit_message_for, lambda r: body_for(r, "")])
def test_without_a_fix_there_is_no_pull_request_to_write_about(tell: object) -> None:
    assert callable(tell)
    with pytest.raises(InvalidInput):
        tell(bare())


@pytest.mark.parametrize(
    ("amount", "said"), [(0.0, "$0.00"), (1.5, "$1.50"), (0.01, "$0.01"), (0.0042, "$0.0042")]
)
def test_money_is_said_with_cents_that_tell_something(amount: float, said: str) -> None:
    assert money(amount) == said


def test_a_long_line_is_cut_and_says_so() -> None:
    assert plain("x" * 1_000).endswith("…")
    assert len(plain("x" * 1_000)) == 400
    assert code("a`b") == "`a'b`"


def test_what_the_cause_reaches_is_told() -> None:
    told = "leading to the cause: 3 functions; reaching it: 2 tests"
    report = full("It broke")
    assert told in ticket_for(report, CONSOLE).body
    assert told in body_for(report, CONSOLE)
    assert "entered by `" in body_for(report, CONSOLE)
