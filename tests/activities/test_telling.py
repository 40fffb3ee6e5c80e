"""Who is told what, and how loudly."""

from datetime import UTC, datetime

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.telling import Calling, Links, Notice, TellingActivities
from suture.domain.alert import Severity
from suture.domain.incident import Stage
from suture.domain.report import IncidentReport
from suture.domain.ticket import ThreadRef
from suture.errors import NotAuthorised, Unreachable
from suture.ports.chat import Urgency
from suture.quiet_hours import QuietHours
from tests.builders.reports import CONSOLE, DIFF, build_report
from tests.fakes.artifacts import FakeArtifacts
from tests.fakes.chat import FakeChat
from tests.fakes.pager import FakePager
from tests.fakes.tracker import FakeTracker

NIGHT = QuietHours.model_validate({"time_zone": "UTC", "begins": "22:00", "ends": "07:00"})
ASLEEP = datetime(2026, 11, 21, 3, tzinfo=UTC)


class Room:
    """Activities with everything that hears them."""

    def __init__(self, *, paged: bool = True) -> None:
        self.chat, self.pager, self.artifacts = FakeChat(), FakePager(), FakeArtifacts()
        calling = Calling(
            pager=self.pager if paged else None, quiet_hours=(NIGHT,), clock=lambda: ASLEEP
        )
        links = Links(console_url=CONSOLE)
        self.telling = TellingActivities(FakeTracker(), self.chat, links, self.artifacts, calling)

    def open(self, report: IncidentReport) -> ThreadRef:
        return ActivityEnvironment().run(self.telling.open_thread, report)

    def say(
        self, thread: ThreadRef | None, urgency: Urgency, severity: Severity = Severity.HIGH
    ) -> None:
        notice = Notice(
            thread=thread,
            case_id=REPORT.case_id,
            key=urgency,
            text="Look here.",
            urgency=urgency,
            severity=severity,
        )
        ActivityEnvironment().run(self.telling.notify, notice)

    def heard(self, thread: ThreadRef) -> list[tuple[str, Urgency]]:
        return list(self.chat.get(thread).replies.values())


REPORT = build_report()


def closed(thread: ThreadRef) -> IncidentReport:
    summary = REPORT.summary.model_copy(update={"stage": Stage.CLOSED})
    return REPORT.model_copy(update={"summary": summary, "thread": thread})


def test_the_message_shows_an_excerpt_of_the_fix() -> None:
    room = Room()
    thread = room.open(REPORT)
    assert room.chat.get(thread).message.diff == ""
    verification = REPORT.verification
    assert verification is not None
    digest = room.artifacts.put(DIFF.encode())
    patch = verification.patch.model_copy(update={"digest": digest})
    shown = REPORT.model_copy(
        update={"verification": verification.model_copy(update={"patch": patch}), "thread": thread}
    )
    ActivityEnvironment().run(room.telling.update_thread, shown)
    assert "-        return self.total()" in room.chat.get(thread).message.diff
    room.artifacts.contents[digest] = b"changed"
    ActivityEnvironment().run(room.telling.update_thread, shown)
    assert room.chat.get(thread).message.diff == ""


def test_at_night_only_what_cannot_wait_is_loud() -> None:
    room = Room()
    thread = room.open(REPORT)
    room.say(thread, Urgency.ACTION)
    room.say(thread, Urgency.INFO)
    room.say(thread, Urgency.ESCALATION, Severity.LOW)
    assert [urgency for _, urgency in room.heard(thread)] == [
        Urgency.LATER,
        Urgency.INFO,
        Urgency.ESCALATION,
    ]
    other = Room()
    thread = other.open(REPORT)
    other.say(thread, Urgency.ACTION, Severity.CRITICAL)
    assert other.heard(thread) == [("Look here.", Urgency.ACTION)]


def test_an_escalation_pages_once_and_the_page_ends_with_the_incident() -> None:
    room = Room()
    thread = room.open(REPORT)
    room.say(thread, Urgency.ACTION)
    assert room.pager.pages == {}
    for _ in range(2):
        room.say(thread, Urgency.ESCALATION, Severity.CRITICAL)
    [page] = room.pager.pages.values()
    assert (page.key, page.summary, page.severity) == (
        REPORT.case_id,
        "Look here.",
        Severity.CRITICAL,
    )
    assert [link.url for link in page.links] == [
        f"{CONSOLE}/incidents/{REPORT.case_id}",
        thread.url,
    ]
    ActivityEnvironment().run(
        room.telling.update_thread, REPORT.model_copy(update={"thread": thread})
    )
    assert room.pager.pages, "while the incident goes on, so does the page"
    ActivityEnvironment().run(room.telling.update_thread, closed(thread))
    assert room.pager.pages == {}


def test_a_chat_that_is_away_keeps_nobody_from_being_paged() -> None:
    room = Room()
    thread = room.open(REPORT)
    room.chat.threads.clear()
    with pytest.raises(ApplicationError) as failed:
        room.say(thread, Urgency.ESCALATION)
    assert failed.value.type == "NotFound"
    assert list(room.pager.pages) == [REPORT.case_id]
    with pytest.raises(ApplicationError):
        ActivityEnvironment().run(room.telling.update_thread, closed(thread))
    assert room.pager.pages == {}


def test_a_pager_that_is_away_keeps_nobody_from_being_told_and_is_tried_again() -> None:
    room = Room()
    thread = room.open(REPORT)
    room.pager.failure = Unreachable("away")
    room.chat.threads[REPORT.case_id].replies.clear()
    with pytest.raises(ApplicationError) as failed:
        room.say(thread, Urgency.ESCALATION)
    assert not failed.value.non_retryable
    assert room.heard(thread) == [("Look here.", Urgency.ESCALATION)]
    room.chat.threads.clear()
    with pytest.raises(ApplicationError) as failed:
        room.say(thread, Urgency.ESCALATION)
    assert failed.value.type == "Unreachable", "what may yet succeed decides"
    room.pager.failure = NotAuthorised("wrong key")
    with pytest.raises(ApplicationError) as failed:
        room.say(thread, Urgency.ESCALATION)
    assert failed.value.non_retryable


def test_without_a_message_somebody_is_paged_all_the_same() -> None:
    room = Room()
    room.say(None, Urgency.ACTION)
    assert room.pager.pages == {}
    room.say(None, Urgency.ESCALATION)
    [page] = room.pager.pages.values()
    assert [link.title for link in page.links] == ["Incident"]


def test_without_a_pager_nobody_is_paged() -> None:
    room = Room(paged=False)
    thread = room.open(REPORT)
    room.say(thread, Urgency.ESCALATION)
    ActivityEnvironment().run(room.telling.update_thread, closed(thread))
    assert room.pager.pages == {}
    unknown = REPORT.model_copy(update={"thread": None})
    with pytest.raises(ApplicationError):
        ActivityEnvironment().run(room.telling.update_thread, unknown)
