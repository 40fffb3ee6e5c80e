"""What the project's own linters and type checkers say of a patch, and did not say before."""

import posixpath
import secrets
import time
from collections.abc import Mapping, Sequence

from activities.bench import Stand
from suture.domain.service import ToolchainName
from suture.toolchain.checkers import (
    Checker,
    CheckerRun,
    chosen_checkers,
    new_findings,
    read_runs,
    script_for,
)
from suture.toolchain.golang import OFFLINE

SHORTEST_SECONDS = 1.0


def new_objections(files: Mapping[str, str], stand: Stand, until: float) -> tuple[str, ...]:
    """Run them on the base and with these files, and return what is new, a line each.

    `until` is on the monotonic clock; nothing is said of what did not come to its end.
    """
    project = stand.toolchain.project
    root = stand.bench.service.root or "."
    relative = (posixpath.relpath(path, root) for path in sorted(files))
    changed = [path for path in relative if not path.startswith("../")]
    known = frozenset(project.files)
    checkers = chosen_checkers(changed, known, project.manifests)
    if not checkers or time.monotonic() > until:
        return ()
    present = [path for path in changed if path in known]
    base = _runs(checkers, present, {}, stand, until)
    return new_findings(base, _runs(checkers, changed, files, stand, until), known | set(changed))


def _runs(
    checkers: Sequence[Checker],
    changed: Sequence[str],
    files: Mapping[str, str],
    stand: Stand,
    until: float,
) -> tuple[CheckerRun, ...]:
    nonce = secrets.token_hex(16)
    start = OFFLINE if stand.toolchain.name is ToolchainName.GO else ""
    seconds = max(SHORTEST_SECONDS, until - time.monotonic())
    said = stand.run_shell(script_for(checkers, changed, nonce, start), files, seconds)
    return read_runs(said, checkers, nonce)
