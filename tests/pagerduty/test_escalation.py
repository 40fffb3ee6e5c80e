"""One page for each escalated incident, whatever happens to the answers, and no circles."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from apps.cli.readiness import pager_needs
from integrations.pagerduty.check import examine
from integrations.pagerduty.escalation import PagerDuty, _patience, _refuse
from integrations.pagerduty.webhook import PagerDutyWebhook
from suture.domain.alert import Severity
from suture.domain.ticket import Link
from suture.errors import (
    NotAuthorised,
    NotFound,
    PermanentError,
    RateLimited,
    TransientError,
    Unreachable,
)
from suture.pagerduty_settings import PagerDutySettings
from suture.ports.pager import Page
from suture.settings import Settings
from tests.builders.reports import build_report
from tests.fakes.pagerduty_server import ROUTING_KEY, Fault, PagerDutyServer, running_pagerduty
from tests.vendors.deliveries import read
from tests.vendors.pagerduty_samples import event, incident
from workers.choosing import choose_pager

CASE = build_report().case_id
PAGE = Page(
    key=CASE,
    summary="Still waiting for an approval after 120 minutes.",
    severity=Severity.HIGH,
    links=(Link(title="Incident", url="https://suture.example/console/incidents/1"),),
)


@pytest.fixture
def server() -> Iterator[PagerDutyServer]:
    with running_pagerduty() as running:
        yield running


def settings(server: PagerDutyServer, **changes: object) -> PagerDutySettings:
    given = {"routing_key": ROUTING_KEY, "events_url": server.url, "timeout_seconds": 60.0}
    return PagerDutySettings.model_validate({**given, **changes})


def test_what_is_paged_twice_is_one_alert_until_it_ends(server: PagerDutyServer) -> None:
    pager = PagerDuty(settings(server))
    for _ in range(2):
        pager.page(PAGE)
    [alert] = server.account.open()
    assert (alert.dedup_key, alert.triggers) == (CASE, 2)
    assert alert.payload["severity"] == "error"
    assert alert.event["client_url"] == "https://suture.example/console/incidents/1"
    for _ in range(2):
        pager.stand_down(CASE)
    assert server.account.open() == []
    assert len(server.account.alerts) == 1


def test_a_page_needs_no_links(server: PagerDutyServer) -> None:
    PagerDuty(settings(server)).page(PAGE.model_copy(update={"links": ()}))
    assert "client_url" not in server.account.open()[0].event


@pytest.mark.parametrize("fault", list(Fault))
def test_whatever_happens_to_the_answer_it_is_one_alert(
    server: PagerDutyServer, fault: Fault
) -> None:
    pager = PagerDuty(settings(server))
    waits_for_ever = fault in {Fault.SLOW, Fault.DRIPPING}
    failing = PagerDuty(settings(server, timeout_seconds=1.0)) if waits_for_ever else pager
    steps: tuple[Callable[[PagerDuty], None], ...] = (
        lambda by: by.page(PAGE),
        lambda by: by.stand_down(CASE),
    )
    for step in steps:
        server.faults.append(fault)
        with pytest.raises(TransientError) as failed:
            step(failing)
        assert ROUTING_KEY not in str(failed.value)
        assert failed.value.__cause__ is None
        # Whoever does not wait for an answer may be quicker than PagerDuty.
        server.await_taken()
        step(pager)
    assert [alert.resolved for alert in server.account.alerts] == [True]


def test_an_answer_without_end_is_not_read(server: PagerDutyServer) -> None:
    server.is_endless = True
    PagerDuty(settings(server, timeout_seconds=60)).page(PAGE)
    assert len(server.account.open()) == 1


async def test_a_page_may_be_sent_where_a_loop_runs(server: PagerDutyServer) -> None:
    PagerDuty(settings(server)).page(PAGE)
    assert len(server.account.open()) == 1


def test_the_patience_that_is_asked_for_is_passed_on(server: PagerDutyServer) -> None:
    server.faults.append(Fault.LIMITED)
    with pytest.raises(RateLimited) as limited:
        PagerDuty(settings(server)).page(PAGE)
    assert limited.value.retry_after_seconds == 120


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, NotAuthorised), (403, NotAuthorised), (404, NotFound), (408, Unreachable)],
)
def test_a_refusal_says_what_to_check(status: int, kind: type[Exception]) -> None:
    with pytest.raises(kind, match=str(status)):
        _refuse(httpx.Response(status))


def test_nobody_there_is_unreachable_and_no_address_is_refused(server: PagerDutyServer) -> None:
    with pytest.raises(Unreachable):
        PagerDuty(settings(server, events_url="http://127.0.0.1:1")).page(PAGE)
    with pytest.raises(NotFound, match="events_url"):
        PagerDuty(settings(server, events_url=f"{server.url}/api")).page(PAGE)
    with pytest.raises(PermanentError):
        PagerDuty(settings(server, events_url="http://[::1")).page(PAGE)


@pytest.mark.parametrize("told", ["", "soon", "nan", "-1", "0"])
def test_a_limit_that_makes_no_sense_is_a_minute(told: str) -> None:
    assert _patience(told) == 60
    assert _patience("1e9") == 3_600


def test_the_check_wakes_nobody(server: PagerDutyServer) -> None:
    assert examine(settings(server)).ok
    assert server.account.alerts == []
    wrong = examine(settings(server, routing_key="x" * 32))
    assert not wrong.ok
    assert "x" * 32 not in wrong.detail
    assert "integration key" in wrong.mend
    assert list(pager_needs(Settings())) == []
    [need] = pager_needs(Settings(pagerduty=settings(server)))
    assert (need.name, need.ok) == ("PagerDuty", True)


def test_the_settings_choose(server: PagerDutyServer) -> None:
    assert choose_pager(Settings()) is None
    chosen = choose_pager(Settings(pagerduty=settings(server)))
    assert chosen is not None
    chosen.page(PAGE)
    assert len(server.account.open()) == 1


@pytest.mark.parametrize("summary", ["Look.", "x" * 500])
def test_a_page_of_our_own_that_pagerduty_sends_back_is_no_alert(
    server: PagerDutyServer, summary: str
) -> None:
    PagerDuty(settings(server)).page(PAGE.model_copy(update={"summary": summary}))
    [alert] = server.account.open()
    webhook = PagerDutyWebhook()
    for kind in ("incident.triggered", "incident.reopened", "incident.resolved"):
        by_key = incident(incident_key=alert.dedup_key, title="Renamed by somebody")
        by_title = incident(incident_key="0f1e2d", title=alert.payload["summary"])
        assert read(webhook, event(kind, data=by_key)) == ()
        assert read(webhook, event(kind, data=by_title)) == ()


@pytest.mark.parametrize(
    "like",
    [
        {"incident_key": f"{CASE} and more"},
        {"incident_key": "checkout/errors", "title": f"[{CASE}] fails"},
        {"incident_key": "incident-v1-shop", "title": "Suture: nobody decided"},
    ],
)
def test_what_only_looks_like_one_of_ours_is_an_alert(like: dict[str, str]) -> None:
    assert len(read(PagerDutyWebhook(), event(data=incident(**like)))) == 1
