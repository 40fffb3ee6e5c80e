"""Runs every pattern over a scene and ranks what they suggest."""

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from suture.domain.patch import PatchNature
from suture.patterns.catalogue import PATTERNS
from suture.patterns.draft import Draft, FixScene
from suture.patterns.scene import Pattern, Scene, Suggestion
from suture.patterns.source import Edit, SourceFile, first_line, is_python, splice

__all__ = ["Draft", "FixScene", "propose"]

MAX_PER_PATTERN = 240
MAX_PER_FUNCTION = 80
"""Of one pattern: a long function must not crowd out the others under suspicion."""
MAX_PER_BROAD_PATTERN = 600
MAX_BROAD_PER_FUNCTION = 600
MAX_SEEN = 1_200
MAX_CANDIDATES = 4_000
LONG_FUNCTION = 40
SURE = 0.6
"""Part of the drafts that are the best by their scores alone."""
RARER = 0.99
"""What each further suggestion of one pattern in one function counts, where not all are kept."""
DECLARES = ("global ", "nonlocal ")
"""Only the whole function shows whether such a statement may stand there."""
MAX_TITLE = 200
MAX_RATIONALE = 2_000
HIDING_CEILING = 0.05


Ranked = tuple[float, Pattern, Suggestion]


def propose(scene: FixScene, limit: int) -> tuple[Draft, ...]:
    """Return at most `limit` candidate fixes, best first; each compiles and changes something.

    The same scene always gives the same drafts. What only hides the error comes last.
    """
    drafts: dict[tuple[str, str], Draft] = {}
    for score, pattern, suggestion in _varied(_ranked(Scene(scene)), limit):
        if len(drafts) >= limit:
            break
        file = suggestion.spot.file
        content = file.apply(suggestion.edits)
        key = (file.path, content)
        if content == file.mark + file.text or key in drafts or not _compiles(suggestion):
            continue
        drafts[key] = _draft(content, score, pattern, suggestion)
    return tuple(sorted(drafts.values(), key=lambda draft: -draft.score))


def _varied(found: list[Ranked], limit: int) -> list[Ranked]:
    """Keep the best, and give the rest of the room to what neither pattern nor function crowds."""
    sure = min(int(limit * SURE), MAX_CANDIDATES)
    count: Counter[tuple[str, ast.AST]] = Counter()
    worth: dict[int, float] = {}
    for number, (score, pattern, suggestion) in enumerate(found):
        key = (pattern.name, suggestion.spot.function or suggestion.spot.file.tree)
        worth[number] = score * RARER ** count[key]
        count[key] += 1
    rest = sorted(range(sure, len(found)), key=lambda number: (-worth[number], number))
    return (found[:sure] + [found[number] for number in rest])[:MAX_CANDIDATES]


def _ranked(scene: Scene) -> list[Ranked]:
    found: list[Ranked] = []
    for pattern in PATTERNS:
        fit = 1.0 if scene.complaint.shape in pattern.answers else pattern.otherwise
        if fit:
            for suggestion in _spread(pattern, scene):
                score = pattern.prior * fit * suggestion.fit * suggestion.spot.weight
                found.append((_placed(score, pattern, suggestion), pattern, suggestion))
    found.sort(key=lambda item: (-item[0], item[2].spot.file.path, item[2].edits, item[1].name))
    return found


def _spread(pattern: Pattern, scene: Scene) -> Iterator[Suggestion]:
    """Yield what a pattern suggests, up to its bounds in each function and altogether."""
    most = MAX_PER_BROAD_PATTERN if pattern.broad else MAX_PER_PATTERN
    each = MAX_BROAD_PER_FUNCTION if pattern.broad else MAX_PER_FUNCTION
    count: Counter[ast.AST] = Counter()
    kept = 0
    for suggestion in islice(pattern.suggest(scene), MAX_SEEN):
        place = suggestion.spot.function or suggestion.spot.file.tree
        count[place] += 1
        if count[place] <= each:
            kept += 1
            yield suggestion
        if kept >= most:
            return


def _placed(score: float, pattern: Pattern, suggestion: Suggestion) -> float:
    bounded = max(0.0, min(1.0, score))
    if (suggestion.nature or pattern.nature) is PatchNature.HIDES_ERROR:
        return round(HIDING_CEILING * 0.99 * bounded, 6)
    return round(HIDING_CEILING + (1 - HIDING_CEILING) * bounded, 6)


def _draft(content: str, score: float, pattern: Pattern, suggestion: Suggestion) -> Draft:
    file, statement = suggestion.spot.file, suggestion.spot.statement
    cited = f"{file.path}:{statement.lineno}: {suggestion.rationale}"
    return Draft(
        path=file.path,
        content=content,
        nature=suggestion.nature or pattern.nature,
        title=" ".join(suggestion.title.split())[:MAX_TITLE],
        rationale=cited[:MAX_RATIONALE],
        pattern=pattern.name,
        score=score,
    )


def _compiles(suggestion: Suggestion) -> bool:
    """Compile only what changed: a whole file each time would take too long."""
    file = suggestion.spot.file
    blocks = [_block(file, edit) for edit in suggestion.edits]
    if None in blocks:
        return is_python(file.apply(suggestion.edits).removeprefix(file.mark))
    for block in {block for block in blocks if block is not None}:
        start, end = file.whole_lines(block.first, block.last)
        pairs = zip(suggestion.edits, blocks, strict=True)
        inside = [edit for edit, other in pairs if other == block]
        if not is_python(block.header + splice(file.text[start:end], inside, start)):
            return False
    return True


@dataclass(frozen=True)
class _Block:
    """Lines that compile on their own after a header."""

    header: str
    first: int
    last: int


def _block(file: SourceFile, edit: Edit) -> _Block | None:
    """Return the function around an edit, or of a long function the statement in its body."""
    for node in file.functions.values():
        if file.function_of(node) is None and _holds(file, node, edit):
            first, last = first_line(node), node.end_lineno or node.lineno
            if last - first > LONG_FUNCTION and not edit.text.lstrip().startswith(DECLARES):
                word = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
                for inner in node.body:
                    if _holds(file, inner, edit):
                        end = inner.end_lineno or inner.lineno
                        return _Block(f"{word} _():\n", first_line(inner), end)
            return _Block("class _:\n" if node.col_offset else "", first, last)
    return None


def _holds(file: SourceFile, node: ast.stmt, edit: Edit) -> bool:
    start, end = file.whole_lines(first_line(node), node.end_lineno or node.lineno)
    return start <= edit.start and edit.end <= end
