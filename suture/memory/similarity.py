"""How alike two incidents are: by the calls that failed and by the words of the error."""

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import TypeVar

from suture.domain.alert import Alert
from suture.domain.evidence import Evidence
from suture.domain.incident import IncidentKey
from suture.domain.value import Instant
from suture.ports.memory import IncidentTraits, PastIncident, SimilarIncident

T = TypeVar("T")

MAX_FRAMES = 12
MAX_WORDS = 40
MAX_NAME = 300
WORD = re.compile(r"[A-Za-z_][A-Za-z_]{2,}")
FRAMES, WORDS, KIND = 0.6, 0.3, 0.1
ALIKE = 0.4
"""From here on two incidents are worth showing side by side."""
MAX_SIMILAR = 3
MAX_TEXT = 8_000


def traits_of(key: IncidentKey, at: Instant, alert: Alert, evidence: Evidence) -> IncidentTraits:
    """Return what an incident is known by: no numbers, no values, no line numbers."""
    frames = [f"{each.path}:{each.function or ''}"[:MAX_NAME] for each in evidence.path]
    decisive = alert.exceptions[-1] if alert.exceptions else None
    if evidence.exception is not None and evidence.exception < len(alert.exceptions):
        decisive = alert.exceptions[evidence.exception]
    said = [decisive.value] if decisive else [alert.title, alert.message]
    said += [test.message for test in alert.failed_tests]
    words = WORD.findall("\n".join(said)[:MAX_TEXT].lower())
    return IncidentTraits(
        incident_id=key.incident_id,
        service=key.service,
        at=at,
        kind=decisive.type[:MAX_NAME] if decisive else alert.kind.value,
        frames=tuple(dict.fromkeys(frames))[-MAX_FRAMES:],
        words=tuple(dict.fromkeys(words))[:MAX_WORDS],
    )


def likeness(one: IncidentTraits, other: IncidentTraits) -> float:
    """Return how alike two incidents are, from 0 to 1. The last frames count most."""
    parts = [(WORDS, _overlap(set(one.words), set(other.words)))]
    parts.append((KIND, float(one.kind == other.kind)))
    if one.frames or other.frames:
        parts.append((FRAMES, _overlap(_shingles(one.frames), _shingles(other.frames))))
    return round(sum(weight * value for weight, value in parts) / sum(each for each, _ in parts), 3)


def most_alike(
    traits: IncidentTraits, known: Iterable[tuple[IncidentTraits, PastIncident]]
) -> tuple[SimilarIncident, ...]:
    """Return the earlier incidents that are alike, the most alike and the newest first."""
    found = [
        SimilarIncident(likeness=likeness(traits, other), past=past)
        for other, past in known
        if other.incident_id != traits.incident_id
    ]
    kept = [each for each in found if each.likeness >= ALIKE]
    kept.sort(key=lambda each: each.past.closed_at, reverse=True)
    kept.sort(key=lambda each: each.likeness, reverse=True)
    return tuple(kept[:MAX_SIMILAR])


def _shingles(frames: tuple[str, ...]) -> set[tuple[str, ...]]:
    """Return each call, each call with the next, and the last ones once more by themselves."""
    pairs = set(pairwise(frames))
    singles = {(frame,) for frame in frames}
    return {*singles, *pairs, *(("last", frame) for frame in frames[-1:])}


def _overlap(one: set[T], other: set[T]) -> float:
    together = one | other
    return len(one & other) / len(together) if together else 0.0
