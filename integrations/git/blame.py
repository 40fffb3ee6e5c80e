"""Who last touched a line. Source: https://git-scm.com/docs/git-blame#_the_porcelain_format."""

import re
from pathlib import Path

import structlog

from integrations.git.command import GitRun, attempt_git
from integrations.git.trees import read_text
from suture.domain.value import CommitSha
from suture.errors import Unreachable
from suture.ports.source import BlameLine

log = structlog.get_logger()

HEADER = re.compile(r"([0-9a-f]{40,64}) \d+ (\d+)(?: \d+)?")
BLAME_SECONDS = 60.0
MAX_LINES = 20_000
MAX_TEXT = 2_000


def blame(
    mirror: Path,
    sha: CommitSha,
    path: str,
    lines: tuple[int, int | None],
    *,
    seconds: float = BLAME_SECONDS,
) -> tuple[BlameLine, ...]:
    """Blame from a first to a last line, bounded in number and time; nothing if it cannot be."""
    content = read_text(mirror, sha, path)
    count = 0 if content is None else content.count("\n") + (not content.endswith("\n"))
    start = max(lines[0], 1)
    end = min(lines[1] or count, count, start + MAX_LINES - 1)
    if not content or end < start:
        return ()
    run = GitRun(timeout_seconds=seconds)
    arguments = ("-w", "--porcelain", f"-L{start},{end}", sha, "--", path)
    try:
        outcome = attempt_git(mirror, "blame", *arguments, run=run)
    except Unreachable:
        log.warning("blame.abandoned", path=path, seconds=seconds)
        return ()
    return _parse(outcome.stdout.decode(errors="replace"))


def _parse(porcelain: str) -> tuple[BlameLine, ...]:
    found = []
    commit, line = "", 0
    for row in porcelain.split("\n"):
        header = HEADER.fullmatch(row)
        if header:
            commit, line = header[1], int(header[2])
        elif row.startswith("\t"):
            text = row[1:].rstrip("\r")[:MAX_TEXT]
            found.append(BlameLine(line=line, commit=commit, text=text))
    return tuple(found)
