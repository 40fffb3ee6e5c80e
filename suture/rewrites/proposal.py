"""Ranks what restorations and small edits a scene allows, and makes drafts of them."""

from collections.abc import Iterator

from suture.domain.patch import PatchNature
from suture.patterns.draft import Draft
from suture.rewrites.edits import Rewrite, suggest
from suture.rewrites.restore import restored
from suture.rewrites.scene import RewriteScene, SourceText, Suspicion, parsed

MAX_PER_FILE = 4_000
MAX_CANDIDATES = 400
FILE_DECAY = 0.93
"""Each file of a scene is that much less likely at fault than the one before it."""
RESTORED_WEIGHT = 1.5
GUARD_FACTOR = 0.6
TOP = 2.6
"""More than any product of prior and weight; makes scores of them."""


def rewrite(scene: RewriteScene, limit: int) -> tuple[Draft, ...]:
    """Return at most `limit` candidate fixes, best first; each parses and changes something.

    The same scene always gives the same drafts.
    """
    drafts: dict[tuple[str, str], Draft] = {}
    for score, file, change in _ranked(Suspicion(scene)):
        if len(drafts) >= min(limit, MAX_CANDIDATES):
            break
        content = applied(file, change)
        if content is None or (file.path, content) in drafts:
            continue
        drafts[file.path, content] = Draft(
            path=file.path,
            content=content,
            nature=change.nature,
            title=change.title[:200],
            rationale=f"{file.path}:{change.line}: {_rationale(change)}",
            pattern=change.pattern,
            score=round(min(1.0, score / TOP), 6),
        )
    return tuple(drafts.values())


def _ranked(suspicion: Suspicion) -> list[tuple[float, SourceText, Rewrite]]:
    found = []
    for place, file in enumerate(suspicion.files):
        weights = suspicion.weights(file)
        decay = FILE_DECAY**place
        good = suspicion.scene.last_good.get(file.path)
        for change in _all(file, good):
            weight = weights[min(change.line, len(weights) - 1)] or min(filter(None, weights))
            if change.nature is PatchNature.RESTORE:
                weight = max(weight, RESTORED_WEIGHT)
            elif change.nature is PatchNature.GUARD:
                weight *= GUARD_FACTOR
            found.append((change.prior * weight * decay, file, change))
    found.sort(key=lambda item: (-item[0], item[1].path, item[2].start, item[2].text))
    return found


def _all(file: SourceText, good: str | None) -> Iterator[Rewrite]:
    if good is not None and good != file.text:
        yield from restored(file, good)
    for number, change in enumerate(suggest(file)):
        if number >= MAX_PER_FILE:
            return
        yield change


def applied(file: SourceText, change: Rewrite) -> str | None:
    """Return the file with the change; None if nothing changes, or it no longer parses."""
    put = change.text.encode("utf-8", "surrogatepass")
    content = file.bytes[: change.start] + put + file.bytes[change.end :]
    if content == file.bytes:
        return None
    tree = parsed(file.language, content)
    was_whole = file.tree is not None and not file.tree.root_node.has_error
    if tree is None or (tree.root_node.has_error and was_whole):
        return None
    return content.decode("utf-8", "surrogatepass")


def _rationale(change: Rewrite) -> str:
    if change.nature is PatchNature.RESTORE:
        return "This was changed since the last good state, and the test failed after that."
    if change.nature is PatchNature.GUARD:
        return "What is read here may be missing."
    return "A small slip here would explain what the test says."
