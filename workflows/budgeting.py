"""Money for repairs: reserved before one starts, settled after it, and never given back by guess.

What is reserved counts as spent for every other incident at once. A repair that is lost, and took
the knowledge of its cost with it, is never settled: its reservation stays, and is told.
"""

import asyncio

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.opening import CaseActivities, ReservationRequest, SettlementRequest
    from suture.audit.events import LedgerEvent
    from suture.domain.resolution import Resolution, ResolutionKind
    from suture.domain.usage import Usage
    from suture.policy.budgets import Grant, Overrun, Reservation
    from suture.policy.model import Policy
    from workflows.calls import finish
    from workflows.endings import ended
    from workflows.state import IncidentState

ADVICE = "Mend it by hand, or raise budget.{} in the policy."
DAY_ADVICE = " A limit per day counts the last 24 hours, and what running repairs reserve."


async def reserve(state: IncidentState) -> Grant:
    """Reserve the next attempt, and the money that the incident has left for its models."""
    asking = asyncio.create_task(state.calls.vendor(CaseActivities.reserve_budget, _request(state)))
    try:
        grant = await finish(_answer(asking))
    except asyncio.CancelledError:
        # Nothing was started with it, and that is known for certain.
        await asyncio.create_task(_give_back(state, asking.result()))
        raise
    if grant.cost_usd:
        state.chronicle.tell("budget.reserved", _reserved(grant))
    return grant


async def settle(state: IncidentState, grant: Grant, usage: Usage) -> None:
    """Book what a repair really used in its reservation's place."""
    state.chronicle.change(usage=state.report.usage + usage)
    await _settle(state, grant, usage)


async def settle_lost(state: IncidentState, grant: Grant) -> str:
    """Book a repair that ended without telling its usage; return what there is to say of it."""
    if not grant.cost_usd:
        await settle(state, grant, Usage(attempts=1))
        return ""
    lost = Usage(attempts=1, cost_usd=grant.cost_usd)
    state.chronicle.change(usage=state.report.usage + lost)
    reason = (
        f"What its models cost is not known, so all ${grant.cost_usd:.2f} that were reserved"
        " for it count as spent."
    )
    state.chronicle.note(
        LedgerEvent.BUDGET_UNSETTLED,
        f"Repair attempt {state.attempts} was lost. {reason}",
        key=str(state.attempts),
        data={
            "attempt": state.attempts,
            "entry_key": grant.entry_key,
            "cost_usd": grant.cost_usd,
            "reason": reason,
        },
    )
    return reason


def exhausted(state: IncidentState, overrun: Overrun) -> Resolution:
    """End with the limit that forbids a repair, and with what to do about it."""
    state.chronicle.note(
        LedgerEvent.BUDGET_EXHAUSTED,
        str(overrun),
        data={
            "limit": overrun.limit,
            "used": overrun.used,
            "allowed": overrun.allowed,
            "reserved": overrun.reserved,
        },
    )
    advice = ADVICE.format(overrun.limit)
    if overrun.limit.endswith("_per_day"):
        advice += DAY_ADVICE
    return ended(state, ResolutionKind.BUDGET_EXHAUSTED, str(overrun), explanation=advice)


def narrowed(state: IncidentState, grant: Grant) -> Policy:
    """Return the policy with no more money than was granted."""
    if grant.limit is None:
        return state.policy
    allowed = state.report.usage.cost_usd + grant.cost_usd
    budget = state.policy.budget.model_copy(update={"cost_usd": allowed})
    return state.policy.model_copy(update={"budget": budget})


def narrowing(grant: Grant) -> str:
    """Say why there is less money than the policy gives an incident; empty when there is not."""
    if grant.limit is None:
        return ""
    return f"Only ${grant.cost_usd:.2f} was left of budget.{grant.limit} for this repair."


def _request(state: IncidentState) -> ReservationRequest:
    budget, report = state.policy.budget, state.report
    left = max(0.0, budget.cost_usd - report.usage.cost_usd)
    attempt = f"attempt-{state.attempts + 1}"
    reservation = Reservation(
        # A run that an operator resets spends anew, so it books anew.
        entry_key=f"{report.case_id}/{workflow.info().run_id}/{attempt}",
        repository=state.service.repository,
        at=workflow.now(),
        attempts=state.attempts,
        cost_usd=left if state.policy.strategies.models else 0.0,
    )
    return ReservationRequest(reservation=reservation, budget=budget)


async def _answer(asking: asyncio.Task[Grant]) -> Grant:
    return await asking


async def _give_back(state: IncidentState, grant: Grant) -> None:
    if grant.overrun is None:
        await _settle(state, grant, Usage())


async def _settle(state: IncidentState, grant: Grant, usage: Usage) -> None:
    request = SettlementRequest(
        entry_key=grant.entry_key,
        repository=state.service.repository,
        at=workflow.now(),
        usage=usage,
    )
    await state.calls.vendor(CaseActivities.settle_budget, request)


def _reserved(grant: Grant) -> str:
    said = f"${grant.cost_usd:.2f} reserved for the models of this repair"
    return f"{said}: all that budget.{grant.limit} has left" if grant.limit else said
