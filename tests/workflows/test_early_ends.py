"""Incidents that end without a pull request say so early, with a good ticket."""

from datetime import UTC, datetime, timedelta

import pytest

from suture.domain.diagnosis import Category, Fixability
from suture.domain.evidence import Suspect
from suture.domain.incident import Stage
from suture.domain.report import IncidentReport
from suture.domain.resolution import ResolutionKind
from suture.domain.usage import Usage
from suture.errors import PermanentError
from suture.policy.model import Attention, Autonomy, AutonomyRule, Budget, Strategies
from suture.ports.memory import PastIncident
from tests.builders.incident import Incident
from tests.fakes.fixing import CODE_DEFECT

NO_REPAIR = ("run_base_suite", "propose_patterns", "try_candidates", "push_branch")


async def left_to_a_human(incident: Incident, kind: ResolutionKind) -> IncidentReport:
    """Run to the point where a human must look, close the ticket, and audit."""
    async with incident.at_work():
        await incident.alert()
        report = await incident.until_human()
        assert report.resolution is not None
        assert report.resolution.kind is kind
        assert report.pull_request is None
        assert incident.branches() == []
        closed = await incident.close_ticket()
    assert closed.kind is kind
    assert closed.ticket_closed
    assert incident.findings() == []
    return report


async def test_what_is_not_code_gets_a_ticket_and_no_fix(incident: Incident) -> None:
    incident.script.diagnosis = CODE_DEFECT.model_copy(
        update={
            "category": Category.OUT_OF_MEMORY,
            "fixability": Fixability.NOT_CODE,
            "next_steps": ("Give it more memory.",),
        }
    )
    report = await left_to_a_human(incident, ResolutionKind.NOT_CODE)
    assert report.resolution is not None
    assert report.resolution.follow_ups == ("Give it more memory.",)
    (ticket,) = incident.parts.embedded.tracker.list_tickets()
    assert "Give it more memory" in ticket.content.body
    assert incident.script.calls["prepare_environment"] == 0


async def test_what_a_human_must_look_at_is_not_guessed_at(incident: Incident) -> None:
    incident.script.diagnosis = CODE_DEFECT.model_copy(
        update={"fixability": Fixability.NEEDS_HUMAN}
    )
    await left_to_a_human(incident, ResolutionKind.NEEDS_HUMAN)


async def test_what_cannot_be_reproduced_is_not_fixed(incident: Incident) -> None:
    incident.script.reproduced = False
    await left_to_a_human(incident, ResolutionKind.NOT_REPRODUCED)
    assert incident.script.calls["try_candidates"] == 0


async def test_no_verified_patch_is_no_pull_request(incident: Incident) -> None:
    incident.script.verified = False
    report = await left_to_a_human(incident, ResolutionKind.NO_FIX_FOUND)
    assert report.verification is not None
    assert not report.verification.verified


async def test_without_an_allowed_strategy_there_is_no_fix(incident: Incident) -> None:
    incident.rule(strategies=Strategies(patterns=False))
    await left_to_a_human(incident, ResolutionKind.NO_FIX_FOUND)
    calls = incident.script.calls
    assert (calls["reproduce"], calls["run_base_suite"], calls["propose_patterns"]) == (1, 0, 0)


async def test_an_incident_that_may_only_be_observed_is_diagnosed(incident: Incident) -> None:
    rule = AutonomyRule(services=("shop",), autonomy=Autonomy.OBSERVE)
    incident.rule(autonomy_rules=(rule,))
    report = await left_to_a_human(incident, ResolutionKind.POLICY_FORBIDS)
    assert report.diagnosis is not None
    assert report.reproduction is not None
    assert report.reproduction.reproduced
    assert all("Repair attempt" not in entry.summary for entry in report.timeline)
    calls = incident.script.calls
    assert [calls[name] for name in NO_REPAIR] == [0] * len(NO_REPAIR)


async def test_what_cannot_be_tested_may_be_observed_as_well(incident: Incident) -> None:
    incident.rule(autonomy=Autonomy.OBSERVE)
    incident.script.errors["prepare_environment"] = PermanentError("No such package.")
    report = await left_to_a_human(incident, ResolutionKind.POLICY_FORBIDS)
    assert report.resolution is not None
    assert "No such package." in report.resolution.explanation


async def test_a_suspect_of_suture_itself_is_left_to_a_human(incident: Incident) -> None:
    suspect = Suspect(
        commit="a" * 40,
        author="suture",
        committed_at=datetime.now(UTC),
        summary="Ask before dividing",
        score=0.9,
        reasons=("It touched the line.",),
        by_suture=True,
    )
    incident.script.diagnosis = CODE_DEFECT.model_copy(update={"suspect": suspect})
    await left_to_a_human(incident, ResolutionKind.LOOP_GUARD)


async def test_what_was_healed_too_often_is_left_to_a_human(incident: Incident) -> None:
    incident.rule(budget=Budget(heals_per_week=2))
    for number in range(2):
        incident.parts.memory.remember(
            incident.key,
            PastIncident(
                incident_id=incident.key.incident_id,
                run_id=f"earlier-{number}",
                kind=ResolutionKind.FIXED,
                summary="Fixed.",
                closed_at=datetime.now(UTC) - timedelta(days=number + 1),
            ),
        )
    async with incident.at_work():
        await incident.alert()
        report = await incident.until_human()
        assert report.occurrence == 3
        assert report.summary.regression_of == "earlier-0"
        assert (await incident.close_ticket()).kind is ResolutionKind.LOOP_GUARD
    assert incident.findings(case=3) == []


@pytest.mark.parametrize(
    ("budget", "limit"),
    [
        (Budget(attempts=0), "attempts"),
        (Budget(repository_attempts_per_day=1), "repository_attempts_per_day"),
        (Budget(total_cost_usd_per_day=5.0), "total_cost_usd_per_day"),
        (Budget(repository_cost_usd_per_day=5.0), "repository_cost_usd_per_day"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_budget_that_is_used_up_says_which(
    incident: Incident, budget: Budget, limit: str
) -> None:
    incident.rule(budget=budget, strategies=Strategies(models=("openai/any",)))
    spent = Usage(attempts=1, cost_usd=6.0)
    repository = str(incident.repository)
    incident.parts.memory.settle("another/attempt-1", repository, datetime.now(UTC), spent)
    report = await left_to_a_human(incident, ResolutionKind.BUDGET_EXHAUSTED)
    assert report.resolution is not None
    assert f"budget.{limit}" in report.resolution.summary
    assert "budget.exhausted" in incident.events()


@pytest.mark.parametrize("name", ["collect_evidence", "diagnose", "reproduce", "propose_patterns"])
async def test_a_stage_that_fails_for_good_is_told_to_a_human(
    incident: Incident, name: str
) -> None:
    incident.script.errors[name] = PermanentError("The disk is on fire.")
    kind = ResolutionKind.NEEDS_HUMAN
    if name == "propose_patterns":
        kind = ResolutionKind.NO_FIX_FOUND
    await left_to_a_human(incident, kind)


async def test_an_incident_that_goes_quiet_ends_with_its_ticket_open(incident: Incident) -> None:
    incident.rule(attention=Attention(look_seconds=0.2, quiet_seconds=1.0))
    incident.script.reproduced = False
    async with incident.at_work():
        await incident.alert()
        resolution = await incident.resolution()
    assert resolution.kind is ResolutionKind.NOT_REPRODUCED
    assert not resolution.ticket_closed
    assert incident.findings() == []


async def test_an_unknown_service_is_waited_for_with_the_way_to_mend_it(
    incident: Incident,
) -> None:
    known = dict(incident.parts.catalogue)
    incident.script.reproduced = False
    incident.parts.catalogue.clear()
    async with incident.at_work():
        await incident.alert()
        report = await incident.until(lambda seen: seen.waiting_for)
        assert "suture.toml" in report.waiting_for
        incident.parts.catalogue.update(known)
        await incident.until_human()
        await incident.close_ticket()
    assert incident.findings() == []


async def test_stages_are_told_in_their_order(incident: Incident) -> None:
    incident.script.reproduced = False
    async with incident.at_work():
        await incident.alert()
        report = await incident.until_human()
        await incident.close_ticket()
    stages = [entry.stage for entry in report.timeline]
    assert stages == sorted(stages, key=list(Stage).index)
