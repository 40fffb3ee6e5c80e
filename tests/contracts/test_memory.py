from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from integrations.local.memory import LocalMemory
from suture.domain.incident import IncidentKey
from suture.domain.resolution import ResolutionKind
from suture.domain.usage import Usage
from suture.ports.memory import Memory, PastIncident
from tests.fakes.memory import FakeMemory

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
KEY = IncidentKey(service="shop", fingerprint="1" * 64)
OTHER = IncidentKey(service="till", fingerprint="1" * 64)
SPENT = Usage(
    attempts=1, model_calls=2, input_tokens=3, output_tokens=4, cost_usd=0.5, sandbox_seconds=6
)


def past(number: int, summary: str = "Fixed.") -> PastIncident:
    return PastIncident(
        incident_id=KEY.incident_id,
        run_id=f"run-{number}",
        kind=ResolutionKind.FIXED,
        summary=summary,
        closed_at=NOON + number * HOUR,
        merge_sha=f"{number:040x}",
    )


@pytest.fixture
def memory(engine_or_fake: Engine | None) -> Memory:
    return FakeMemory() if engine_or_fake is None else LocalMemory(engine_or_fake)


def test_earlier_incidents_come_newest_first(memory: Memory) -> None:
    for number in (2, 3, 1):
        memory.remember(KEY, past(number))
    assert memory.recall(KEY, limit=2) == (past(3), past(2))
    assert memory.recall(OTHER) == ()


def test_a_run_is_remembered_once(memory: Memory) -> None:
    memory.remember(KEY, past(1))
    memory.remember(KEY, past(1, summary="Told again."))
    assert memory.recall(KEY) == (past(1),)


def test_an_entry_is_booked_once(memory: Memory) -> None:
    for _ in range(2):
        memory.spend("case-1/attempt-1", "shop", NOON, SPENT)
    assert memory.spent(NOON) == SPENT


def test_spending_adds_up_since_a_moment_for_one_repository_or_all(memory: Memory) -> None:
    memory.spend("a", "shop", NOON - HOUR, SPENT)
    memory.spend("b", "shop", NOON, SPENT)
    memory.spend("c", "till", NOON + HOUR, SPENT)
    assert memory.spent(NOON) == SPENT + SPENT
    assert memory.spent(NOON, "shop") == SPENT
    assert memory.spent(NOON + 2 * HOUR) == Usage()
