"""Decisions on their way through a real Temporal."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from temporalio import workflow
from temporalio.client import Client
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.worker import Worker

from apps.cli.incidents import find_incident, list_incidents
from apps.decisions import Intent, send_decision
from suture.consent import verify_decision
from suture.domain.approval import Actor, Decision, DecisionKind, Role
from suture.errors import InvalidInput, NotFound
from suture.settings import TemporalSettings
from tests.builders.temporal import temporal_address
from tests.cli.reports import KEY, make_report
from workers.connecting import connect
from workflows.chronicle import SERVICE
from workflows.messages import PendingDecision

QUEUE = "deciding"
SECRET = b"a key of the tests, long enough"
ANA = Actor(id="ana", role=Role.APPROVER, via="cli")
APPROVAL = Intent(actor=ANA, kind=DecisionKind.APPROVE, decision_id="click-1")


@workflow.defn(name="incident", sandboxed=False)
class Judge:
    """Accepts whom it knows; stands for the incident."""

    def __init__(self) -> None:
        self.decisions: list[Decision] = []

    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: False)

    @workflow.signal(name="decision")
    def take(self, decision: Decision) -> None:
        self.decisions.append(decision)

    @workflow.query(name="decision")
    def answer(self, decision_id: str) -> PendingDecision:
        for decision in self.decisions:
            if decision.decision_id == decision_id:
                proven = verify_decision(decision, SECRET)
                return PendingDecision(known=True, accepted=proven, reason="judged")
        return PendingDecision(known=False)


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    with temporal_address() as address:
        yield await connect(TemporalSettings(address=address))


async def start(client: Client) -> None:
    await client.start_workflow(
        Judge.run,
        id=KEY.incident_id,
        task_queue=QUEUE,
        search_attributes=TypedSearchAttributes([SearchAttributePair(SERVICE, "shop")]),
    )


async def test_the_verdict_comes_back_to_the_person(client: Client) -> None:
    await start(client)
    async with Worker(client, task_queue=QUEUE, workflows=[Judge]):
        verdict = await send_decision(client, SECRET, make_report(waits=True), APPROVAL)
        forged = APPROVAL.model_copy(update={"decision_id": "click-2"})
        other = b"another key, long enough as well"
        refused = await send_decision(client, other, make_report(waits=True), forged)
    assert (verdict.accepted, refused.accepted) == (True, False)


async def test_without_a_worker_the_decision_is_recorded_and_waits(client: Client) -> None:
    await start(client)
    verdict = await send_decision(client, SECRET, make_report(waits=True), APPROVAL, 0.1)
    assert verdict == PendingDecision(known=True)


async def test_an_incident_that_is_over_takes_no_decision(client: Client) -> None:
    with pytest.raises(NotFound, match="over"):
        await send_decision(client, SECRET, make_report(waits=True), APPROVAL)


async def test_incidents_are_found_by_the_start_of_their_name(client: Client) -> None:
    await start(client)
    # Visibility follows the start by a moment.
    while not await list_incidents(client, service="shop", only_open=True):  # noqa: ASYNC110 -- no event
        await asyncio.sleep(0.05)
    for name in (KEY.incident_id, "incident-v1-sh", "shop-abab", f"{KEY.incident_id}-1"):
        assert (await find_incident(client, name)).id == KEY.incident_id
    with pytest.raises(NotFound):
        await find_incident(client, "incident-v1-till")
    with pytest.raises(InvalidInput):
        await find_incident(client, "x' OR 'a'='a")
