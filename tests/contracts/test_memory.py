import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from integrations.local.memory import LocalMemory
from suture.domain.diagnosis import Basis
from suture.domain.incident import IncidentKey
from suture.domain.resolution import ResolutionKind
from suture.domain.usage import Usage
from suture.memory.calibration import Claim, Outcome
from suture.policy.budgets import Grant, Overrun, Reservation, Spending
from suture.policy.model import Budget
from suture.ports.memory import FixInFlight, IncidentTraits, Memory, PastIncident
from tests.fakes.memory import FakeMemory

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
KEY = IncidentKey(service="shop", fingerprint="1" * 64)
OTHER = IncidentKey(service="till", fingerprint="1" * 64)
SPENT = Usage(
    attempts=1, model_calls=2, input_tokens=3, output_tokens=4, cost_usd=0.5, sandbox_seconds=6
)
BUDGET = Budget(repository_cost_usd_per_day=3.0, total_cost_usd_per_day=9.0)
CROWDED = Budget(repository_cost_usd_per_day=3.25, total_cost_usd_per_day=5.0)
CROWD = 20


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


def test_what_a_diagnosis_stated_is_held_against_how_its_incident_ended(memory: Memory) -> None:
    stated = Claim(incident_id=KEY.incident_id, at=NOON, basis=Basis.CRASH, stated=0.6)
    for _ in range(2):
        memory.note_claim(stated)
    assert memory.outcomes() == ()
    memory.remember(KEY, past(1))
    assert memory.outcomes() == (Outcome(basis=Basis.CRASH, stated=0.6, right=True),)


def test_a_run_is_remembered_once(memory: Memory) -> None:
    memory.remember(KEY, past(1))
    memory.remember(KEY, past(1, summary="Told again."))
    assert memory.recall(KEY) == (past(1),)


def ask(
    key: str, *, repository: str = "shop", at: datetime = NOON, usd: float = 2.0
) -> Reservation:
    return Reservation(entry_key=key, repository=repository, at=at, attempts=0, cost_usd=usd)


def test_what_is_reserved_counts_as_spent_until_it_is_settled(memory: Memory) -> None:
    grant = memory.reserve(ask("a"), BUDGET)
    assert grant == Grant(entry_key="a", cost_usd=2.0)
    held = Usage(attempts=1, cost_usd=2.0)
    assert memory.spent(NOON, "shop") == Spending(usage=held, reserved_usd=2.0)
    memory.settle("a", "shop", NOON + HOUR, SPENT)
    assert memory.spent(NOON, "shop") == Spending(usage=SPENT)


def test_a_reservation_and_its_settlement_are_made_once(memory: Memory) -> None:
    first = memory.reserve(ask("a"), BUDGET)
    assert memory.reserve(ask("a"), BUDGET) == first
    assert memory.spent(NOON).usage.attempts == 1
    memory.settle("a", "shop", NOON, SPENT)
    memory.settle("a", "shop", NOON + HOUR, SPENT + SPENT)
    assert memory.reserve(ask("a", usd=9.0), BUDGET) == first
    assert memory.spent(NOON) == Spending(usage=SPENT)


def test_what_was_never_reserved_is_booked_once_all_the_same(memory: Memory) -> None:
    for _ in range(2):
        memory.settle("a", "shop", NOON, SPENT)
    assert memory.spent(NOON) == Spending(usage=SPENT)


def test_more_than_was_reserved_is_booked_as_it_was(memory: Memory) -> None:
    memory.reserve(ask("a", usd=0.25), BUDGET)
    memory.settle("a", "shop", NOON, SPENT)
    assert memory.spent(NOON).usage.cost_usd == 0.5


def test_a_reservation_gets_what_the_day_has_left_and_then_nothing(memory: Memory) -> None:
    memory.reserve(ask("a"), BUDGET)
    narrow = memory.reserve(ask("b"), BUDGET)
    assert narrow == Grant(entry_key="b", cost_usd=1.0, limit="repository_cost_usd_per_day")
    refused = memory.reserve(ask("c"), BUDGET)
    assert refused.overrun == Overrun(
        limit="repository_cost_usd_per_day", used=3.0, allowed=3.0, reserved=3.0
    )
    memory.settle("a", "shop", NOON, Usage(attempts=1))
    assert memory.reserve(ask("c"), BUDGET).cost_usd == 2.0
    assert memory.reserve(ask("d", repository="till"), BUDGET).cost_usd == 2.0


def test_a_lost_reservation_counts_for_a_day(memory: Memory) -> None:
    memory.reserve(ask("lost", usd=3.0), BUDGET)
    later = NOON + timedelta(hours=24)
    assert memory.reserve(ask("a", at=later), BUDGET).overrun is not None
    assert memory.reserve(ask("a", at=later + timedelta(seconds=1)), BUDGET).cost_usd == 2.0


def test_spending_adds_up_since_a_moment_for_one_repository_or_all(memory: Memory) -> None:
    memory.settle("a", "shop", NOON - HOUR, SPENT)
    memory.settle("b", "shop", NOON, SPENT)
    memory.settle("c", "till", NOON + HOUR, SPENT)
    assert memory.spent(NOON).usage == SPENT + SPENT
    assert memory.spent(NOON, "shop").usage == SPENT
    assert memory.spent(NOON + 2 * HOUR) == Spending()


def test_a_crowd_that_reserves_at_once_never_gets_more_than_the_limit(memory: Memory) -> None:
    together = threading.Barrier(CROWD)

    def reserve(number: int) -> Grant:
        together.wait()
        repository = ("shop", "till")[number % 2]
        return memory.reserve(ask(f"{number}", repository=repository, usd=0.75), CROWDED)

    with ThreadPoolExecutor(CROWD) as pool:
        grants = list(pool.map(reserve, range(CROWD)))
    # Four whole grants and a narrow one for each repository, and the rest of the total.
    assert sum(grant.cost_usd for grant in grants) == CROWDED.total_cost_usd_per_day
    assert sum(grant.overrun is None for grant in grants) == memory.spent(NOON).usage.attempts
    for name in ("shop", "till"):
        cost_usd = memory.spent(NOON, name).usage.cost_usd
        assert cost_usd <= CROWDED.repository_cost_usd_per_day


def test_two_that_reserve_under_one_key_get_the_same(memory: Memory) -> None:
    together = threading.Barrier(CROWD)

    def reserve(_number: int) -> Grant:
        together.wait()
        return memory.reserve(ask("one"), BUDGET)

    with ThreadPoolExecutor(CROWD) as pool:
        grants = set(pool.map(lambda number: reserve(number).model_dump_json(), range(CROWD)))
    assert len(grants) == 1
    assert memory.spent(NOON).usage == Usage(attempts=1, cost_usd=2.0)


def traits(incident_id: str, *frames: str, words: tuple[str, ...] = ("empty",)) -> IncidentTraits:
    return IncidentTraits(
        incident_id=incident_id,
        service="shop",
        at=NOON,
        kind="ZeroDivisionError",
        frames=frames,
        words=words,
    )


def test_ended_incidents_that_were_alike_are_told_by_their_last_end(memory: Memory) -> None:
    own = traits(KEY.incident_id, "shop/desk.py:ask", "shop/cart.py:mean")
    memory.note_traits(own)
    memory.note_traits(own)
    new = traits("incident-new", "shop/job.py:run", "shop/desk.py:ask", "shop/cart.py:mean")
    assert memory.similar(new) == ()
    memory.remember(KEY, past(1))
    memory.remember(KEY, past(2, summary="Fixed again."))
    [found] = memory.similar(new)
    assert found.past == past(2, summary="Fixed again.")
    assert 0.5 < found.likeness < 1
    assert memory.similar(own) == ()
    assert memory.similar(traits("incident-other", "till/a.py:b", words=("quite",))) == ()
    assert memory.ending_of(KEY.incident_id) == past(2, summary="Fixed again.")
    assert memory.ending_of("incident-unknown") is None


def flight(incident_id: str, *, hours: int = 1, cause: str = "c" * 64) -> FixInFlight:
    return FixInFlight(cause=cause, incident_id=incident_id, until=NOON + hours * HOUR)


def test_a_cause_is_held_until_its_repair_must_have_ended(memory: Memory) -> None:
    first, second = flight("incident-1"), flight("incident-2", hours=3)
    assert memory.claim_fix(first, NOON) == first
    assert memory.claim_fix(second, NOON) == first
    assert memory.claim_fix(first, NOON) == first
    assert memory.holder_of("c" * 64, NOON) == first
    assert memory.holder_of("c" * 64, NOON + HOUR) is None
    assert memory.holder_of("d" * 64, NOON) is None
    assert memory.claim_fix(second, NOON + HOUR) == second


def test_a_proposed_fix_holds_its_cause_until_its_incident_ends(memory: Memory) -> None:
    first, second = flight(KEY.incident_id), flight("incident-2", hours=90)
    memory.claim_fix(first, NOON)
    memory.propose_fix(KEY.incident_id, "https://example.org/1", NOON + 50 * HOUR)
    memory.propose_fix("incident-unknown", "https://example.org/2", NOON)
    held = memory.claim_fix(second, NOON + 2 * HOUR)
    assert (held.incident_id, held.pull_request) == (KEY.incident_id, "https://example.org/1")
    memory.remember(KEY, past(1))
    assert memory.claim_fix(second, NOON + 2 * HOUR) == second


def test_of_many_who_ask_for_a_cause_at_once_one_gets_it(memory: Memory) -> None:
    with ThreadPoolExecutor(4) as pool:
        asked = [flight(f"incident-{number}") for number in range(8)]
        holders = list(pool.map(lambda fix: memory.claim_fix(fix, NOON).incident_id, asked))
    assert len(set(holders)) == 1
