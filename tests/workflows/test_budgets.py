"""No runaway bill: not by incidents that start at once, nor by repairs that are lost."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from suture.domain.approval import DecisionKind
from suture.domain.incident import Stage
from suture.domain.report import IncidentReport
from suture.domain.resolution import ResolutionKind
from suture.domain.usage import Usage
from suture.policy.budgets import Spending
from suture.policy.model import Budget, Strategies
from tests.builders.incident import QUICK, Incident
from tests.builders.interceptors import Holding
from tests.builders.replay import histories_of, replay
from workflows.messages import RepairInput

PAID = Strategies(models=("openai/any",))
"""The scripted patterns find the fix, so that no model is asked; money is reserved all the same."""
FOR_ONE = Budget(cost_usd=2.0, repository_cost_usd_per_day=2.0)
FREE = Strategies()


def spending(incident: Incident) -> Spending:
    since = datetime.now(UTC) - timedelta(days=1)
    return incident.parts.memory.spent(since, str(incident.repository))


async def until_human_or_gone_on(incident: Incident) -> IncidentReport:
    return await incident.until(lambda seen: seen.summary.stage in {Stage.HUMAN, Stage.FIX})


async def test_of_two_incidents_at_once_only_one_gets_the_money_for_one(
    incident: Incident,
) -> None:
    incident.rule(strategies=PAID, budget=FOR_ONE)
    gate = incident.script.hold("prepare_environment")
    pair = (incident, incident.beside())
    async with incident.at_work():
        await asyncio.gather(*(one.alert() for one in pair))
        reports = await asyncio.gather(*(until_human_or_gone_on(one) for one in pair))
        stages = [report.summary.stage for report in reports]
        assert sorted(stages) == sorted([Stage.HUMAN, Stage.FIX])
        assert spending(incident).reserved_usd == 2.0
        repaired, refused = (pair[stages.index(stage)] for stage in (Stage.FIX, Stage.HUMAN))
        resolution = (await refused.report()).resolution
        assert resolution is not None
        assert resolution.kind is ResolutionKind.BUDGET_EXHAUSTED
        assert "repository_cost_usd_per_day is used up: 2 of 2" in resolution.summary
        assert "of which 2 is reserved" in resolution.summary
        assert "raise budget.repository_cost_usd_per_day" in resolution.explanation
        gate.set()
        await repaired.until_asked()
        assert spending(incident) == Spending(usage=Usage(attempts=1, sandbox_seconds=1.0))
        await repaired.send(repaired.decision(DecisionKind.REJECT))
        for one in pair:
            await one.close_ticket()
    assert [one.findings() for one in pair] == [[], []]
    assert await replay(await histories_of(pair[1].client, pair[1].key.incident_id)) == []


async def test_incidents_without_models_do_not_wait_for_each_other_s_money(
    incident: Incident,
) -> None:
    incident.rule(strategies=FREE, budget=Budget(repository_cost_usd_per_day=0.0))
    pair = (incident, incident.beside())
    async with incident.at_work():
        await asyncio.gather(*(one.alert() for one in pair))
        for one in pair:
            await one.until_asked()
            await one.handle.cancel()
            await one.resolution()
    assert spending(incident).usage.attempts == 2


async def test_a_repair_gets_no_more_than_the_day_has_left(incident: Incident) -> None:
    incident.rule(strategies=PAID, budget=Budget(cost_usd=2.0, repository_cost_usd_per_day=5.0))
    spent = Usage(attempts=1, cost_usd=4.5)
    incident.parts.memory.settle("another", str(incident.repository), datetime.now(UTC), spent)
    async with incident.at_work():
        await incident.alert()
        await incident.until_asked()
        report = await incident.report()
        await incident.handle.cancel()
        await incident.resolution()
    told = [entry.summary for entry in report.timeline if entry.event == "budget.reserved"]
    (reserved,) = told
    assert reserved.startswith("$0.50 reserved")
    assert "all that budget.repository_cost_usd_per_day has left" in reserved
    child = incident.client.get_workflow_handle(f"{report.case_id}-repair-1")
    first = (await child.fetch_history()).events[0]
    payloads = first.workflow_execution_started_event_attributes.input.payloads
    (given,) = await incident.client.data_converter.decode(payloads, [RepairInput])
    assert given.policy.budget.cost_usd == 0.5
    assert "$0.50 was left of budget.repository_cost_usd_per_day" in given.budget_note


@pytest.mark.parametrize(("strategies", "cost_usd"), [(PAID, 2.0), (FREE, 0.0)])
async def test_a_repair_that_is_lost_to_a_timeout_still_counts(
    incident: Incident, strategies: Strategies, cost_usd: float
) -> None:
    budget = FOR_ONE.model_copy(update={"repair_seconds": 0.5})
    timing = QUICK.timing.model_copy(update={"repair_slack_seconds": 0.5})
    incident.rule(strategies=strategies, budget=budget, timing=timing)
    gate = incident.script.hold("prepare_environment")
    async with incident.at_work():
        await incident.alert()
        report = await incident.until_human()
        assert report.resolution is not None
        assert report.resolution.kind is ResolutionKind.BUDGET_EXHAUSTED
        assert "budget.repair_seconds" in report.resolution.summary
        known = Usage(attempts=1, cost_usd=cost_usd)
        assert report.usage == known
        assert spending(incident) == Spending(usage=known, reserved_usd=cost_usd)
        assert ("count as spent" in report.resolution.explanation) is bool(cost_usd)
        gate.set()
        await incident.close_ticket()
    assert incident.events().count("budget.unsettled") == bool(cost_usd)
    assert incident.findings() == []


async def test_a_repair_that_is_stopped_from_outside_still_counts(incident: Incident) -> None:
    incident.rule(strategies=PAID, budget=FOR_ONE)
    gate = incident.script.hold("prepare_environment")
    async with incident.at_work():
        await incident.alert()
        await incident.until_called("prepare_environment")
        case = (await incident.report()).case_id
        await incident.client.get_workflow_handle(f"{case}-repair-1").terminate()
        report = await incident.until_human()
        assert report.resolution is not None
        assert report.resolution.kind is ResolutionKind.NEEDS_HUMAN
        assert "count as spent" in report.resolution.explanation
        gate.set()
        await incident.close_ticket()
    assert spending(incident).reserved_usd == 2.0
    assert incident.findings() == []


async def test_a_human_who_takes_over_gives_back_only_what_is_known_to_be_unspent(
    incident: Incident,
) -> None:
    incident.rule(strategies=PAID)
    gate = incident.script.hold("prepare_environment")
    async with incident.at_work():
        await incident.alert()
        await incident.until_called("prepare_environment")
        await incident.send(incident.decision(DecisionKind.TAKE_OVER))
        gate.set()
        await incident.until_human()
        await incident.close_ticket()
    assert "budget.unsettled" in incident.events()
    assert spending(incident).reserved_usd == 2.0
    assert incident.findings() == []


async def test_a_human_who_takes_over_before_the_repair_leaves_nothing_reserved(
    incident: Incident,
) -> None:
    incident.rule(strategies=PAID)
    holding = Holding("reserve_budget")
    async with incident.at_work([holding]):
        await incident.alert()
        await holding.reached.wait()
        assert spending(incident).reserved_usd == 2.0
        await incident.send(incident.decision(DecisionKind.TAKE_OVER))
        holding.released.set()
        await incident.until_human()
        await incident.close_ticket()
    assert spending(incident) == Spending()
    assert incident.script.calls["prepare_environment"] == 0
    assert incident.findings() == []
