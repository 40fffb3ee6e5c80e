"""Which causes compete: the one that is concluded, the code that crashed, and who called it.

Only where the evidence names more than one function is there anything to tell apart.
"""

from collections.abc import Sequence

from suture.domain.evidence import Evidence, Location
from suture.domain.hypothesis import Hypothesis

MAX_HYPOTHESES = 3
FROM_TESTS = "What failing tests run, and passing ones do not, leads here."
CRASHED = "The code that crashed does not take what it may be given."
CALLED = "This caller hands on what the code below it cannot take."


def compete(
    cause: Location | None, reason: str, evidence: Evidence, places: Sequence[Location] = ()
) -> tuple[Hypothesis, ...]:
    """Return the competing causes, the likeliest first; none where there is only one.

    `places` are those that runs of tests lead to, where a test and no crash shows the fault.
    """
    claims: dict[tuple[str, str | None], tuple[Location, str]] = {}

    def claim(place: Location | None, text: str) -> None:
        if place is not None and place.function is not None:
            claims.setdefault((place.path, place.function), (place, text))

    claim(cause, reason)
    claim(evidence.crash, CRASHED)
    for place in places:
        claim(place, FROM_TESTS)
    for place in reversed(_above_crash(evidence)):
        claim(place, CALLED)
    if len(claims) < 2:  # noqa: PLR2004 (it takes two to compete)
        return ()
    return tuple(
        Hypothesis(label=f"H{number}", place=place, claim=text[:500])
        for number, (place, text) in enumerate(list(claims.values())[:MAX_HYPOTHESES], 1)
    )


def _above_crash(evidence: Evidence) -> tuple[Location, ...]:
    if evidence.crash is None or evidence.crash not in evidence.path:
        return ()
    return evidence.path[: evidence.path.index(evidence.crash)]
