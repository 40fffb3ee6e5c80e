"""Confidence that is held against how incidents ended."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.cli.calibration import reliability_table, summary_of
from suture.domain.diagnosis import Basis
from suture.domain.resolution import ResolutionKind
from suture.memory.calibration import (
    Claim,
    Outcome,
    corrected,
    outcomes_of,
    reliability,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def claim(incident: str, hour: int, stated: float = 0.8) -> Claim:
    return Claim(incident_id=incident, at=NOON + hour * HOUR, basis=Basis.SUSPECT, stated=stated)


def outcomes(right: int, wrong: int, stated: float = 0.8) -> list[Outcome]:
    return [
        Outcome(basis=Basis.SUSPECT, stated=stated, right=number < right)
        for number in range(right + wrong)
    ]


def test_without_outcomes_of_its_kind_a_confidence_stays_as_it_is() -> None:
    for known in (
        [],
        [each.model_copy(update={"basis": Basis.CRASH}) for each in outcomes(0, 9)],
        outcomes(0, 9, stated=0.3),
    ):
        after = corrected(0.8, Basis.SUSPECT, known)
        assert (after.confidence, after.note) == (0.8, "")


def test_outcomes_move_it_towards_what_proved_right_and_say_so() -> None:
    after = corrected(0.8, Basis.SUSPECT, outcomes(2, 8))
    assert after.confidence == 0.5
    assert after.note == (
        "Stated 80%; of 10 earlier ones by suspect that stated 70% to 85%, 2 proved right."
    )
    assert corrected(0.8, Basis.SUSPECT, outcomes(0, 1)).confidence == pytest.approx(0.727)
    assert corrected(0.8, Basis.SUSPECT, outcomes(90, 0)).confidence == 0.98


@pytest.mark.parametrize("stated", [0.0, 0.5, 0.7, 0.85, 1.0])
def test_every_confidence_is_in_one_bin(stated: float) -> None:
    assert corrected(stated, Basis.SUSPECT, outcomes(1, 0, stated)).note
    assert sum(each.claims for each in reliability(outcomes(1, 0, stated)).bins) == 1


def test_a_claim_is_paired_with_the_next_end_of_its_incident() -> None:
    ends = [
        ("a", ResolutionKind.FIXED, NOON + 2 * HOUR),
        ("a", ResolutionKind.REJECTED, NOON + 5 * HOUR),
        ("b", ResolutionKind.REGRESSED, NOON + HOUR),
        ("c", ResolutionKind.TAKEN_OVER, NOON + 9 * HOUR),
        ("d", ResolutionKind.FIXED, NOON),
    ]
    claims = [
        claim("a", 4, 0.4),
        claim("a", 0, 0.1),
        claim("a", 1, 0.2),
        claim("b", 0, 0.3),
        claim("b", 2, 0.9),
        claim("c", 0),
    ]
    found = outcomes_of(claims, ends)
    assert [(each.stated, each.right) for each in found] == [
        (0.3, False),
        (0.2, True),
        (0.4, False),
    ]


def test_reliability_is_told_by_bins_and_by_what_was_known_before_each() -> None:
    known = [*outcomes(0, 10), *outcomes(1, 0, stated=0.9)]
    found = reliability(known)
    assert [(each.claims, each.stated, each.right) for each in found.bins] == [
        (10, 0.8, 0.0),
        (1, 0.9, 1.0),
    ]
    assert found.brier_stated is not None
    assert found.brier_corrected is not None
    assert found.brier_corrected < found.brier_stated
    assert "11 diagnoses" in summary_of(found)
    assert reliability_table(found).row_count == 2
    assert "none was merged" in summary_of(reliability([]))
