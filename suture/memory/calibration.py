"""Confidence held against outcomes: what diagnoses of a kind proved to be corrects the next one.

A diagnosis proved right if its fix was merged and the recovery verified, and wrong if people
rejected the fix or it did not help. Other ends say nothing of it. Of earlier diagnoses of the same
kind of evidence that stated about as much, those that proved right are counted, and the stated
confidence enters as a prior of `PRIOR` observations: with none it stays as it is, and no handful
turns it over. This is the mean of a Beta distribution, https://en.wikipedia.org/wiki/Beta_distribution.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from pydantic import Field

from suture.domain.diagnosis import Basis
from suture.domain.resolution import ResolutionKind
from suture.domain.value import Instant, Line, Value

PRIOR = 10.0
"""How many observations the stated confidence is worth."""
BOUNDS = (0.0, 0.5, 0.7, 0.85, 1.0)
"""Confidences within two neighbouring bounds count as about the same."""
RIGHT: Mapping[ResolutionKind, bool] = {
    ResolutionKind.FIXED: True,
    ResolutionKind.REJECTED: False,
    ResolutionKind.REGRESSED: False,
}


class Claim(Value):
    """What a diagnosis stated, before anything corrected it."""

    incident_id: str
    at: Instant
    basis: Basis
    stated: float = Field(ge=0, le=1)


class Outcome(Value):
    """What a claim proved to be."""

    basis: Basis
    stated: float = Field(ge=0, le=1)
    right: bool


class Corrected(Value):
    """A confidence, and what corrected it."""

    confidence: float = Field(ge=0, le=1)
    note: Line = ""
    """Empty where nothing did."""


class Bin(Value):
    """Claims that stated about the same."""

    least: float
    most: float
    claims: int
    stated: float
    """Their mean."""
    right: float
    """The share of them that proved right."""


class Reliability(Value):
    """How far stated confidences can be trusted."""

    claims: int
    brier_stated: float | None = None
    """Mean squared distance from what proved right: 0 is best, 0.25 is a coin's."""
    brier_corrected: float | None = None
    """The same of what each would have been corrected to by the outcomes known before it."""
    bins: tuple[Bin, ...] = ()


def outcomes_of(
    claims: Iterable[Claim], ends: Iterable[tuple[str, ResolutionKind, Instant]]
) -> tuple[Outcome, ...]:
    """Pair claims with how their incidents ended, in the order of the ends.

    `ends` are incident, kind and time. Of several claims before one end the last one counts.
    """
    by_incident: dict[str, list[Claim]] = {}
    for claim in sorted(claims, key=lambda each: each.at):
        by_incident.setdefault(claim.incident_id, []).append(claim)
    found = []
    for incident_id, kind, at in sorted(ends, key=lambda each: (each[2], each[0])):
        open_ = by_incident.get(incident_id, [])
        before = [claim for claim in open_ if claim.at <= at]
        by_incident[incident_id] = open_[len(before) :]
        if before and kind in RIGHT:
            last = before[-1]
            found.append(Outcome(basis=last.basis, stated=last.stated, right=RIGHT[kind]))
    return tuple(found)


def corrected(stated: float, basis: Basis, outcomes: Sequence[Outcome]) -> Corrected:
    """Return the confidence that earlier outcomes of the same kind leave of what is stated."""
    number = _bin_of(stated)
    alike = [each for each in outcomes if each.basis is basis and _bin_of(each.stated) == number]
    if not alike:
        return Corrected(confidence=stated)
    right = sum(each.right for each in alike)
    least, most = BOUNDS[number], BOUNDS[number + 1]
    note = (
        f"Stated {stated:.0%}; of {len(alike)} earlier ones by {basis} that stated "
        f"{least:.0%} to {most:.0%}, {right} proved right."
    )
    confidence = (PRIOR * stated + right) / (PRIOR + len(alike))
    return Corrected(confidence=round(confidence, 3), note=note)


def reliability(outcomes: Sequence[Outcome]) -> Reliability:
    """Return the figures of all outcomes, oldest first."""
    if not outcomes:
        return Reliability(claims=0)
    after = [
        corrected(each.stated, each.basis, outcomes[:number]).confidence
        for number, each in enumerate(outcomes)
    ]
    return Reliability(
        claims=len(outcomes),
        brier_stated=_brier((each.stated, each.right) for each in outcomes),
        brier_corrected=_brier(
            (confidence, each.right) for confidence, each in zip(after, outcomes, strict=True)
        ),
        bins=tuple(_bins(outcomes)),
    )


def _bins(outcomes: Sequence[Outcome]) -> Iterable[Bin]:
    for number, (least, most) in enumerate(pairwise(BOUNDS)):
        found = [each for each in outcomes if _bin_of(each.stated) == number]
        if found:
            yield Bin(
                least=least,
                most=most,
                claims=len(found),
                stated=round(sum(each.stated for each in found) / len(found), 3),
                right=round(sum(each.right for each in found) / len(found), 3),
            )


def _brier(pairs: Iterable[tuple[float, bool]]) -> float:
    terms = [(confidence - right) ** 2 for confidence, right in pairs]
    return round(sum(terms) / len(terms), 4)


def _bin_of(stated: float) -> int:
    """Return the number of the bin; a bound belongs to the bin above it, the last to its own."""
    return max(0, min(sum(stated >= bound for bound in BOUNDS), len(BOUNDS) - 1) - 1)
