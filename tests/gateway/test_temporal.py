import dataclasses
from datetime import timedelta

import pytest
from temporalio.client import Client, Interceptor, OutboundInterceptor, SignalWorkflowInput
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError, RPCStatusCode

from apps.gateway.app import create_gateway
from apps.gateway.parts import GatewayParts, now_utc
from apps.gateway.server import running
from apps.gateway.temporal import TemporalStarter
from benchmarks.envelopes import AUTH, NOW, event_envelope
from benchmarks.wire import post_all
from suture.domain.alert import AlertBatch, AlertNotice, AlertSource, Severity
from suture.domain.incident import IncidentKey
from suture.domain.rollout import Deployment
from suture.errors import PermanentError, RateLimited, Unreachable
from tests.gateway.conftest import SERVICE, TICKET
from tests.gateway.counting import TASK_QUEUE, CountingIncident, counts
from tests.gateway.harness import World, client_of
from workflows.messages import IncidentInput

PATH = "/api/7/envelope/"
NOBODY = "127.0.0.1:9"
"""The discard port: nothing listens there."""
KEY = IncidentKey(service="shop", fingerprint="ab" * 32)


DEPLOYMENT = Deployment(deployment_id="d1", service="shop", commit="a" * 40, at=NOW)


async def open_incident(client: Client, service: str) -> None:
    """Start an incident that can be found by its service."""
    key = IncidentKey(service=service, fingerprint=KEY.fingerprint)
    notice = batch().notices[0]
    await client.start_workflow(
        "incident",
        IncidentInput(key=key, title="t", severity=Severity.HIGH, opened_by=notice),
        id=key.incident_id,
        task_queue=TASK_QUEUE,
        search_attributes=TypedSearchAttributes(
            [SearchAttributePair(SERVICE, service), SearchAttributePair(TICKET, f"OPS/{service}")]
        ),
    )


def starter(client: Client, timeout_seconds: float = 60.0) -> TemporalStarter:
    return TemporalStarter(client, task_queue=TASK_QUEUE, timeout_seconds=timeout_seconds)


def parts(client: Client) -> GatewayParts:
    made = World().parts(commit_timeout_seconds=60.0)
    return dataclasses.replace(made, starter=starter(client))


def batch(batch_id: str = "b1", *severities: Severity) -> AlertBatch:
    notices = tuple(
        AlertNotice(
            alert_id=str(number),
            source=AlertSource.SENTRY,
            severity=severity,
            occurred_at=NOW,
            event="cd" * 32,
        )
        for number, severity in enumerate(severities or (Severity.HIGH,))
    )
    return AlertBatch(batch_id=batch_id, count=len(notices), notices=notices)


async def test_a_thousand_duplicates_in_a_burst_are_one_incident_and_all_counted(
    temporal: Client,
) -> None:
    gateway = parts(temporal)
    bodies = [event_envelope(number) for number in range(1_000)]
    async with running(create_gateway(gateway), gateway.settings) as url:
        answers = await post_all(url, PATH, bodies, AUTH, connections=200)
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body for answer in answers}) == 1_000
    assert list((await counts(temporal)).values()) == [1_000]


async def test_an_incident_is_opened_with_what_the_alert_says(temporal: Client) -> None:
    await starter(temporal).commit(
        KEY, "x" * 500, batch("b1", Severity.LOW, Severity.CRITICAL), environment="live"
    )
    handle = temporal.get_workflow_handle(KEY.incident_id)
    opened = await handle.query(CountingIncident.opened_as)
    assert (opened.key, opened.severity, opened.environment) == (KEY, Severity.CRITICAL, "live")
    assert opened.opened_by.alert_id == "0"
    assert (await handle.describe()).workflow_type == "incident"


async def test_a_batch_that_is_committed_twice_counts_once(temporal: Client) -> None:
    for _ in range(2):
        await starter(temporal).commit(KEY, "title", batch("b1"), environment="live")
    await starter(temporal).commit(KEY, "title", batch("b2"), environment="live")
    assert await counts(temporal) == {KEY.incident_id: 2}


async def test_a_closed_incident_that_recurs_is_opened_again(temporal: Client) -> None:
    await starter(temporal).commit(KEY, "title", batch("b1"), environment="live")
    handle = temporal.get_workflow_handle(KEY.incident_id)
    first = await handle.describe()
    await handle.terminate()
    await starter(temporal).commit(KEY, "title", batch("b2"), environment="live")
    assert (await handle.describe()).run_id != first.run_id
    assert await handle.query(CountingIncident.count) == 1


async def test_open_incidents_of_the_service_are_told_of_a_deployment(temporal: Client) -> None:
    for service in ("shop", "till"):
        await open_incident(temporal, service)
    told = 0
    while not told:
        # Visibility is eventually consistent, on a development server as well.
        told = await starter(temporal).announce(DEPLOYMENT)
    assert told == 1
    shop = temporal.get_workflow_handle(KEY.incident_id)
    till = temporal.get_workflow_handle(KEY.incident_id.replace("shop", "till"))
    assert "d1" in await shop.query(CountingIncident.deployed)
    assert await till.query(CountingIncident.deployed) == []


async def test_an_open_incident_is_told_to_look_and_a_closed_one_needs_no_telling(
    temporal: Client,
) -> None:
    await open_incident(temporal, "shop")
    handle = temporal.get_workflow_handle(KEY.incident_id)
    assert await starter(temporal).nudge(KEY.incident_id) == 1
    assert await handle.query(CountingIncident.hinted) == 1
    await handle.terminate()
    assert await starter(temporal).nudge(KEY.incident_id) == 0


async def test_open_incidents_are_found_by_their_ticket(temporal: Client) -> None:
    for service in ("shop", "till"):
        await open_incident(temporal, service)
    told = 0
    while not told:
        # Visibility is eventually consistent, on a development server as well.
        told = await starter(temporal).nudge_ticket("OPS/shop")
    assert told == 1
    shop = temporal.get_workflow_handle(KEY.incident_id)
    assert await shop.query(CountingIncident.hinted) == 1


async def test_a_ticket_s_name_cannot_change_the_question(temporal: Client) -> None:
    await open_incident(temporal, "shop")
    assert await starter(temporal).nudge_ticket("x' OR SutureService = 'shop") == 0


async def test_a_reachable_server_is_healthy(temporal: Client) -> None:
    await starter(temporal).check()


async def test_a_server_that_is_not_there_is_unreachable_and_nothing_is_acknowledged() -> None:
    client = await Client.connect(NOBODY, lazy=True, data_converter=pydantic_data_converter)
    down = starter(client, timeout_seconds=0.2)
    with pytest.raises(Unreachable):
        await down.check()
    with pytest.raises(Unreachable):
        await down.announce(DEPLOYMENT)
    gateway = dataclasses.replace(World().parts(commit_timeout_seconds=0.5), starter=down)
    async with client_of(create_gateway(gateway)) as http:
        answer = await http.post(PATH, content=event_envelope(), headers=AUTH)
        ready = await http.get("/readyz")
    assert (answer.status_code, answer.json()["error"]) == (503, "unavailable")
    assert NOBODY not in answer.text
    assert ready.status_code == 503


async def test_a_namespace_that_does_not_exist_is_refused_for_good(temporal: Client) -> None:
    config = temporal.config()
    config["namespace"] = "no-such-namespace"
    with pytest.raises(PermanentError, match="NOT_FOUND"):
        await starter(Client(**config)).commit(KEY, "title", batch(), environment="live")


async def test_a_call_that_takes_too_long_is_unreachable(temporal: Client) -> None:
    hasty = starter(temporal, timeout_seconds=timedelta(microseconds=1).total_seconds())
    with pytest.raises(Unreachable):
        await hasty.commit(KEY, "title", batch(), environment="live")


class Refusing(Interceptor):
    """Lets the server refuse every signal."""

    def __init__(self, status: RPCStatusCode) -> None:
        self.status = status

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:  # noqa: A002
        return RefusingSignals(next, self.status)


class RefusingSignals(OutboundInterceptor):
    def __init__(self, following: OutboundInterceptor, status: RPCStatusCode) -> None:
        super().__init__(following)
        self.status = status

    async def signal_workflow(self, input: SignalWorkflowInput) -> None:  # noqa: A002
        del input
        raise RPCError("refused", self.status, b"")


@pytest.mark.parametrize(
    ("status", "error"),
    [(RPCStatusCode.NOT_FOUND, None), (RPCStatusCode.RESOURCE_EXHAUSTED, RateLimited)],
)
async def test_only_a_closed_incident_may_miss_its_deployment(
    temporal: Client, status: RPCStatusCode, error: type[Exception] | None
) -> None:
    await open_incident(temporal, "shop")
    config = temporal.config()
    config["interceptors"] = [Refusing(status)]
    refusing = starter(Client(**config))
    visible = 0
    while not visible:
        visible = await starter(temporal).announce(DEPLOYMENT)
    if error is None:
        assert await refusing.announce(DEPLOYMENT) == 0
    else:
        with pytest.raises(error):
            await refusing.announce(DEPLOYMENT)


def test_the_default_clock_knows_its_time_zone() -> None:
    assert now_utc().utcoffset() == timedelta(0)
