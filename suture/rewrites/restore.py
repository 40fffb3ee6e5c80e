"""Putting back what was changed since all was well, hunk by hunk, in any text."""

import difflib
from collections.abc import Iterator

from suture.domain.patch import PatchNature
from suture.rewrites.edits import Rewrite
from suture.rewrites.scene import SourceText

MAX_HUNKS = 40
MAX_SIZE = 80
"""Lines of a hunk above which undoing it undoes too much."""
SMALL = 12


def restored(file: SourceText, good: str) -> Iterator[Rewrite]:
    """Yield each hunk as it was, then each of its lines, then the whole file."""
    before = good.splitlines(keepends=True)
    matcher = difflib.SequenceMatcher(None, before, file.lines, autojunk=False)
    hunks = [code for code in matcher.get_opcodes() if code[0] != "equal"][:MAX_HUNKS]
    starts = offsets(file)
    for _, i1, i2, j1, j2 in hunks:
        if (i2 - i1) + (j2 - j1) > MAX_SIZE:
            continue
        size = (SMALL / max(SMALL, i2 - i1 + j2 - j1)) ** 0.5
        yield _put_back(starts, (j1, j2), "".join(before[i1:i2]), 1.0 * size)
        if i2 - i1 == j2 - j1 > 1:
            for old, new in zip(range(i1, i2), range(j1, j2), strict=True):
                yield _put_back(starts, (new, new + 1), before[old], 0.9)
    if len(hunks) > 1:
        whole = Rewrite(
            start=0,
            end=len(file.bytes),
            text=good,
            line=hunks[0][3] + 1,
            pattern="restore.file",
            title=f"Restore how {file.path} was before"[:200],
            prior=0.5,
            nature=PatchNature.RESTORE,
        )
        yield whole


def offsets(file: SourceText) -> list[int]:
    """Return where each line starts, in bytes, and where the last one ends."""
    starts = [0]
    for line in file.lines:
        starts.append(starts[-1] + len(line.encode("utf-8", "surrogatepass")))
    return starts


def _put_back(starts: list[int], lines: tuple[int, int], text: str, prior: float) -> Rewrite:
    first, last = lines
    return Rewrite(
        start=starts[first],
        end=starts[last],
        text=text,
        line=min(first + 1, len(starts)),
        pattern="restore.hunk",
        title=f"Restore what line {first + 1} was before",
        prior=prior,
        nature=PatchNature.RESTORE,
    )
