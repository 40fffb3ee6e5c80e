"""A few lines of a diff, for places that are too small for all of it."""

from suture.domain.report import IncidentReport
from suture.errors import LedgerCorrupt, NotFound
from suture.ports.artifacts import ArtifactStore
from suture.redaction import scrub_code
from suture.reporting.rendering import CONTROL

MAX_LINES = 24
MAX_CHARACTERS = 1_500
MAX_LINE = 160
NOISE = ("diff --git ", "index ", "new file mode ", "deleted file mode ", "similarity index ")


def diff_of(report: IncidentReport, artifacts: ArtifactStore) -> str:
    """Return the diff of the fix, or nothing: without it a message still says all that counts."""
    verification = report.verification
    if verification is None:
        return ""
    try:
        # Whole as it is proposed, which people may have changed; the patch alone is Suture's.
        digest = verification.full_diff or verification.patch.digest
        return artifacts.get(digest).decode(errors="replace")
    except (NotFound, LedgerCorrupt):
        return ""


def excerpt(diff: str) -> str:
    """Return the first lines of a unified diff without secrets, and say how many are missing."""
    lines = [line for line in diff.splitlines() if not line.startswith(NOISE)]
    kept: list[str] = []
    left = MAX_CHARACTERS
    for line in lines[:MAX_LINES]:
        shown = _shown(line)
        left -= len(shown) + 1
        if left < 0:
            break
        kept.append(shown)
    missing = len(lines) - len(kept)
    if missing:
        kept.append(f"… {missing} more line{'' if missing == 1 else 's'}")
    return "\n".join(kept)


def _shown(line: str) -> str:
    plain = CONTROL.sub(" ", scrub_code(line.expandtabs(4)))
    return plain if len(plain) <= MAX_LINE else plain[: MAX_LINE - 1] + "…"
