"""What Sentry's webhooks did not tell is fetched from its API, and taken in as they are."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from apps.gateway.app import create_gateway
from apps.gateway.backfilling import Backfill, Backfilled, Outcome
from apps.gateway.gate import build_gate
from apps.gateway.parts import GatewayParts
from benchmarks.envelopes import NOW
from integrations.inbound import hmac_hex
from integrations.sentry.backfill import QUERY, SentryBackfill
from suture.domain.alert import Alert, AlertKind, AlertSource
from suture.domain.incident import IncidentKey
from suture.errors import Unreachable
from suture.ports.problems import Problem
from suture.sentry_settings import SentrySettings
from suture.settings import WebhookSettings
from tests.fakes.sentry_server import TOKEN, FakeSentry, Issue
from tests.fakes.vendor_server import Fault, serving
from tests.gateway.harness import World, client_of
from tests.vendors.deliveries import SECRET
from tests.vendors.sentry_exported import exported_event
from tests.vendors.sentry_samples import ISSUE, body, issue, stored_event

HOUR = timedelta(hours=1)


class FakeIncidents:
    """Implements `apps.gateway.backfilling.Incidents`."""

    def __init__(self) -> None:
        self.open: set[str] = set()

    async def covers(self, key: IncidentKey, at: datetime) -> bool:
        del at
        return key.incident_id in self.open


@pytest.fixture
def sentry() -> Iterator[FakeSentry]:
    server = FakeSentry()
    server.issues[ISSUE] = Issue(ISSUE, events=[exported_event()])
    with serving(server):
        yield server


@pytest.fixture
def world() -> World:
    return World(webhooks={"sentry": WebhookSettings(secrets=(SecretStr(SECRET),))})


def api(server: FakeSentry, **more: object) -> SentryBackfill:
    given = {"url": server.url, "auth_token": TOKEN, "organisation": "acme", **more}
    return SentryBackfill(SentrySettings.model_validate(given))


class Run:
    """One run of the backfill."""

    def __init__(self, world: World, sentry: FakeSentry) -> None:
        self.world = world
        self.sentry = sentry
        self.incidents = FakeIncidents()

    async def take(self, *, only_look: bool = False) -> list[Backfilled]:
        gate = build_gate(self.world.parts())
        backfill = Backfill(gate, self.incidents, only_look=only_look)
        found = api(self.sentry).missed(QUERY, NOW - HOUR, NOW + HOUR)
        return [await backfill.take(one) for one in found]


@pytest.fixture
def run(world: World, sentry: FakeSentry) -> Run:
    return Run(world, sentry)


def alerts_in(world: World) -> list[Alert]:
    return [
        Alert.model_validate_json(world.artifacts.get(notice.event))
        for _, batch in world.starter.batches
        for notice in batch.notices
    ]


def with_completion(world: World, sentry: FakeSentry, seconds: float = 60.0) -> GatewayParts:
    return replace(
        world.parts(),
        completions={"sentry": api(sentry, timeout_seconds=60).complete},
        completion_seconds=seconds,
    )


async def send(parts: GatewayParts, payload: dict[str, Any], resource: str) -> dict[str, int]:
    content = json.dumps(payload).encode()
    headers = {
        "Sentry-Hook-Resource": resource,
        "Sentry-Hook-Signature": hmac_hex(SECRET, content),
    }
    async with client_of(create_gateway(parts)) as client:
        answer = await client.post("/webhooks/sentry", content=content, headers=headers)
    assert answer.status_code == 200, answer.text
    told: dict[str, int] = answer.json()
    return told


async def test_a_missed_alert_is_the_incident_that_its_webhook_would_have_made(
    run: Run, world: World
) -> None:
    [taken] = await run.take()
    assert (taken.outcome, taken.service, taken.issue) == (Outcome.DELIVERED, "shop", ISSUE)
    [alert] = alerts_in(world)
    assert (alert.kind, alert.environment, alert.release) == (
        AlertKind.EXCEPTION,
        "live",
        "shop@1.4.2",
    )
    assert alert.group == f"issue/{ISSUE}"
    assert alert.link == f"https://sentry.io/organizations/acme/issues/{ISSUE}/"
    other = World(webhooks=world.webhooks)
    await send(other.parts(), body("triggered", event=stored_event()), "event_alert")
    [(told, _)], [(key, _)] = other.starter.batches, world.starter.batches
    assert key == told
    assert alerts_in(other)[0].alert_id == alert.alert_id
    assert taken.incident == key.incident_id


async def test_an_alert_is_delivered_once_however_often_one_asks(run: Run, world: World) -> None:
    [first] = await run.take()
    assert first.incident is not None
    run.incidents.open.add(first.incident)
    [again] = await run.take()
    assert again.outcome is Outcome.KNOWN
    assert len(world.starter.batches) == 1


async def test_two_backfills_at_once_are_one_alert(run: Run, world: World) -> None:
    taken = [*await run.take(), *await run.take()]
    assert [one.outcome for one in taken] == [Outcome.DELIVERED, Outcome.DELIVERED]
    assert len({batch.batch_id for _, batch in world.starter.batches}) == 1
    assert list(world.starter.alerts.values()) == [1]


async def test_an_issue_s_incident_without_frames_knows_of_it(run: Run, world: World) -> None:
    await send(world.parts(), body("created", issue=issue()), "issue")
    [(key, _)] = world.starter.batches
    run.incidents.open.add(key.incident_id)
    [taken] = await run.take()
    assert taken.outcome is Outcome.KNOWN


async def test_an_incident_that_the_issue_made_before_knows_of_it(run: Run, world: World) -> None:
    problem = Problem(service="shop", source=AlertSource.SENTRY, group=f"issue/{ISSUE}")
    world.problems.remember(problem, "e" * 64, NOW)
    key = IncidentKey(service="shop", fingerprint="e" * 64)
    run.incidents.open.add(key.incident_id)
    [taken] = await run.take()
    assert taken.outcome is Outcome.KNOWN


async def test_looking_delivers_nothing(run: Run, world: World) -> None:
    [taken] = await run.take(only_look=True)
    assert taken.outcome is Outcome.MISSED
    assert world.untouched


async def test_what_nobody_takes_is_said(run: Run, sentry: FakeSentry, world: World) -> None:
    sentry.issues[ISSUE].project = "unknown"
    sentry.issues["5"] = Issue("5", events=[exported_event(type="transaction")])
    sentry.issues["6"] = Issue("6", events=[exported_event(entries=5)])
    outcomes = {one.issue: one.outcome for one in await run.take()}
    assert outcomes == {
        ISSUE: Outcome.UNROUTED,
        "5": Outcome.UNREADABLE,
        "6": Outcome.UNREADABLE,
    }
    assert world.untouched


async def test_an_issue_without_a_project_is_nobody_s(run: Run, sentry: FakeSentry) -> None:
    shown = {**sentry.issues[ISSUE].shown(), "project": None, "permalink": None}
    sentry.faults = [Fault(body=json.dumps([shown]).encode())]
    [taken] = await run.take()
    assert taken.outcome is Outcome.UNROUTED


async def test_only_what_is_open_and_recent_is_taken(run: Run, sentry: FakeSentry) -> None:
    sentry.issues[ISSUE].status = "resolved"
    old = (NOW - 3 * HOUR).isoformat()
    sentry.issues["5"] = Issue("5", events=[exported_event(dateCreated=old)])
    assert await run.take() == []


async def test_an_issue_whose_events_are_gone_is_passed_over(run: Run, sentry: FakeSentry) -> None:
    sentry.faults = []
    listed = json.dumps([sentry.issues[ISSUE].shown()]).encode()
    sentry.faults = [Fault(body=listed), Fault(status=404)]
    assert await run.take() == []


async def test_an_outage_in_between_loses_nothing(run: Run, world: World) -> None:
    world.starter.failures.append(Unreachable("Temporal does not answer."))
    with pytest.raises(Unreachable):
        await run.take()
    world.starter.batches.clear()
    [taken] = await run.take()
    assert taken.outcome is Outcome.DELIVERED


async def test_an_issue_s_webhook_gets_the_frames_of_its_latest_event(
    world: World, sentry: FakeSentry
) -> None:
    answer = await send(with_completion(world, sentry), body("created", issue=issue()), "issue")
    assert answer["raised"] == 1
    [alert] = alerts_in(world)
    assert alert.exceptions[-1].frames
    assert alert.alert_id == stored_event()["event_id"]


@pytest.mark.parametrize("fault", [Fault(status=500), Fault(reset=True), Fault(status=401)])
async def test_without_an_answer_the_webhook_counts_as_it_is(
    world: World, sentry: FakeSentry, fault: Fault
) -> None:
    sentry.faults = [fault]
    await send(with_completion(world, sentry), body("created", issue=issue()), "issue")
    [alert] = alerts_in(world)
    assert alert.kind is AlertKind.SIGNAL


@pytest.mark.parametrize(
    "entries", [[], [{"type": "message"}], [{"type": "exception", "data": {"values": [{}]}}]]
)
async def test_an_issue_without_frames_goes_by_its_own_name(
    world: World, sentry: FakeSentry, entries: list[Any]
) -> None:
    sentry.issues[ISSUE].events = [exported_event(entries=entries)]
    await send(with_completion(world, sentry), body("created", issue=issue()), "issue")
    [alert] = alerts_in(world)
    assert (alert.kind, alert.group) == (AlertKind.SIGNAL, f"issue/{ISSUE}")


@pytest.mark.parametrize(
    ("payload", "resource"),
    [
        (body("resolved", issue=issue()), "issue"),
        (body("triggered", event=stored_event()), "event_alert"),
    ],
)
async def test_nothing_is_fetched_for_other_deliveries(
    world: World, sentry: FakeSentry, payload: dict[str, Any], resource: str
) -> None:
    await send(with_completion(world, sentry), payload, resource)
    assert sentry.requests == []


async def test_a_delivery_without_an_issue_is_refused_as_ever(
    world: World, sentry: FakeSentry
) -> None:
    content = json.dumps({"action": "created", "data": {}}).encode()
    headers = {
        "Sentry-Hook-Resource": "issue",
        "Sentry-Hook-Signature": hmac_hex(SECRET, content),
    }
    async with client_of(create_gateway(with_completion(world, sentry))) as client:
        answer = await client.post("/webhooks/sentry", content=content, headers=headers)
    assert answer.status_code == 422


async def test_a_sentry_that_is_slow_does_not_keep_the_webhook_waiting(
    world: World, sentry: FakeSentry
) -> None:
    sentry.faults = [Fault(silent=True)]
    await send(with_completion(world, sentry, seconds=0.2), body("created", issue=issue()), "issue")
    sentry.ended.set()
    [alert] = alerts_in(world)
    assert alert.kind is AlertKind.SIGNAL
