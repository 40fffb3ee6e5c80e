"""RESTORE: put back what was changed since all was well, in pieces, the smallest first.

What changed and how functions are matched is in `suture.patterns.history`.
"""

from collections.abc import Iterator
from itertools import combinations

from suture.domain.patch import PatchNature
from suture.patterns.complaint import Shape
from suture.patterns.history import Hunk, by_function
from suture.patterns.parsed import Spot
from suture.patterns.scene import Pattern, Scene, Suggestion
from suture.patterns.source import Edit

MAX_LINES = 40
MAX_PAIRED = 8


def restored_line(scene: Scene) -> Iterator[Suggestion]:
    """Put a single changed line back.

    Good:
        def label(name, count):
            text = name.strip()
            return text + str(count)
    Before:
        def label(name, count):
            text = name.strip().lower()
            return text + count
        >>> label("bolt", 3)
    After:
        def label(name, count):
            text = name.strip().lower()
            return text + str(count)
    """
    for hunk in scene.hunks:
        if len(hunk.lines) == hunk.last - hunk.first + 1 > 1:
            for offset, line in enumerate(hunk.lines):
                number = hunk.first + offset
                single = Hunk(hunk.file, hunk.unit, number, number, (line,))
                yield _restored(scene, (single,), 0.85)


def restored_hunk(scene: Scene) -> Iterator[Suggestion]:
    """Put one changed place back.

    Good:
        def mean(values):
            if not values:
                return 0
            return sum(values) / len(values)
    Before:
        def mean(values):
            return sum(values) / len(values)
        >>> mean([])
    After:
        def mean(values):
            if not values:
                return 0
            return sum(values) / len(values)
    """
    for hunk in scene.hunks:
        yield _restored(scene, (hunk,), 1.0)


def restored_function(scene: Scene) -> Iterator[Suggestion]:
    """Put a whole function back, all of its changes together.

    Good:
        def mean(values):
            count = len(values) or 1
            total = sum(values)
            return total / count
    Before:
        def mean(values):
            size = len(values)
            total = sum(values)
            return total / size
        >>> mean([])
    After:
        def mean(values):
            count = len(values) or 1
            total = sum(values)
            return total / count
    """
    for hunks in by_function(scene.hunks).values():
        if len(hunks) > 1:
            yield _restored(scene, hunks, 0.9)


def restored_pair(scene: Scene) -> Iterator[Suggestion]:
    """Put two changed places of one file back together.

    Good:
        LIMIT = 3
        def first(values):
            return values[:LIMIT]
    Before:
        BOUND = "3"
        def first(values):
            return values[:BOUND]
        >>> first([1, 2])
    After:
        LIMIT = 3
        def first(values):
            return values[:LIMIT]
    """
    ranked = sorted(scene.hunks, key=lambda hunk: -_weight(scene, hunk).weight)
    for pair in combinations(ranked[:MAX_PAIRED], 2):
        if pair[0].file is pair[1].file:
            yield _restored(scene, pair, 0.7)


def _weight(scene: Scene, hunk: Hunk) -> Spot:
    """Return the most suspicious statement that a hunk touches."""
    lines = range(hunk.first, max(hunk.first, hunk.last) + 1)
    touched = [scene.by_line.get((hunk.file.path, line)) for line in lines]
    near = [spot for spot in touched if spot] or [
        spot for spot in scene.spots if spot.file is hunk.file and spot.where == hunk.unit
    ]
    if near:
        return max(near, key=lambda spot: spot.weight)
    return Spot(hunk.file, hunk.file.tree.body[0], None, 0.3)


def _restored(scene: Scene, hunks: tuple[Hunk, ...], fit: float) -> Suggestion:
    spots = [_weight(scene, hunk) for hunk in hunks]
    spot = max(spots, key=lambda candidate: candidate.weight)
    size = sum(len(hunk.lines) + hunk.last - hunk.first + 1 for hunk in hunks)
    names = " and ".join(dict.fromkeys(hunk.unit or hunk.file.path for hunk in hunks))
    lines = ", ".join(str(hunk.first) for hunk in hunks[:5])
    return Suggestion(
        spot,
        tuple(_edit(hunk) for hunk in hunks),
        f"Restore how {names} worked before",
        f"This was changed since the last good state (line {lines}), and it failed after that.",
        fit * min(1.0, (MAX_LINES / max(size, 1)) ** 0.5) * (0.98 ** min(size, MAX_LINES)),
    )


def _edit(hunk: Hunk) -> Edit:
    file = hunk.file
    first = min(hunk.first, len(file.lines) + 1)
    start, end = file.whole_lines(first, max(hunk.last, first - 1))
    text = "".join(line + file.newline for line in hunk.lines)
    if end == len(file.text) and not file.text.endswith(("\n", "\r")):
        text = text.removesuffix(file.newline)
        text = file.newline + text if start == end else text
    return Edit(start, end, text)


ANY = frozenset(Shape)

PATTERNS = tuple(
    Pattern(name, suggest, prior, ANY, nature=PatchNature.RESTORE)
    for name, suggest, prior in (
        ("restore.hunk", restored_hunk, 1.0),
        ("restore.line", restored_line, 0.95),
        ("restore.function", restored_function, 0.95),
        ("restore.pair", restored_pair, 0.9),
    )
)
