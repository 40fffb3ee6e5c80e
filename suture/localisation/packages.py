"""What moved packages have to do with a failure: by its frames, its failing line and its words."""

import re
from dataclasses import dataclass

from suture.dependencies.moves import ManifestHistory, reader_of
from suture.dependencies.naming import is_of, lies_in
from suture.dependencies.pins import canonical
from suture.domain.alert import Alert, Frame
from suture.domain.evidence import DependencyMove, Location, PackageRole
from suture.domain.value import CommitSha
from suture.index.reading import read_symbols
from suture.localisation.snapshot import Snapshot
from suture.ports.source import Commit

MAX_SAID = 8_000
MAX_LINE = 2_000
SHORTEST_NAME = 3
ROLES = tuple(PackageRole)
WORDING = {
    PackageRole.RAISED: "the exception was raised inside it",
    PackageRole.USED: "the failing line uses it",
    PackageRole.NAMED: "the error names it",
    PackageRole.PASSED: "the failing path runs through it",
}


@dataclass(frozen=True, kw_only=True)
class Involvement:
    """The traces that packages left in a failure."""

    beyond: tuple[Frame, ...] = ()
    """Calls that the service's own last call led to."""
    passed: tuple[Frame, ...] = ()
    """Other calls that are not the service's own."""
    used: frozenset[str] = frozenset()
    """Modules of which the failing line uses a name."""
    said: str = ""


def involvement(
    alert: Alert, frames: tuple[Frame, ...], crash: Location | None, snapshot: Snapshot
) -> Involvement:
    """Return what of the deciding exception can lead to a package."""
    own = [number for number, frame in enumerate(frames) if frame.in_app]
    last = own[-1] if own else -1
    said = [f"{each.type}: {each.value}" for each in alert.exceptions]
    said += [alert.title, alert.message, *(test.message for test in alert.failed_tests)]
    return Involvement(
        beyond=frames[last + 1 :],
        passed=tuple(frame for frame in frames[: last + 1] if not frame.in_app),
        used=frozenset() if crash is None else _used(crash, snapshot),
        said="\n".join(said)[:MAX_SAID],
    )


def with_role(move: DependencyMove, seen: Involvement) -> DependencyMove:
    """Return a move with the most telling role that its package has in the failure."""
    role = _role(move, seen)
    return move if role is None else move.model_copy(update={"role": role})


def telling(moves: tuple[DependencyMove, ...]) -> DependencyMove | None:
    """Return the move whose package leaves the clearest trace; direct ones first."""
    named = [move for move in moves if move.role is not None]
    return min(
        named, key=lambda move: (ROLES.index(move.role or ROLES[-1]), not move.direct), default=None
    )


def reason_of(move: DependencyMove) -> str:
    """Tell a move and its role in a sentence."""
    asked = "direct" if move.direct else "transitive"
    role = f": {WORDING[move.role]}" if move.role is not None else ""
    return f"{move} ({asked}, {move.path}:{move.line}){role}."


def moves_of(
    commit: Commit, history: ManifestHistory, seen: Involvement
) -> tuple[DependencyMove, ...]:
    """Return the packages that one commit moved, with their roles."""
    if not commit.parents or not any(map(reader_of, commit.paths)):
        return ()
    moves = history.moves(commit.parents[0], commit.sha, commit.paths)
    return tuple(with_role(move, seen) for move in moves)


def moves_between(
    old: CommitSha | None, head: CommitSha, history: ManifestHistory, seen: Involvement
) -> tuple[DependencyMove, ...]:
    """Return the packages that moved since a commit, those with a role first."""
    if old is None:
        return ()
    commits = history.repository.log(head, since=old)
    paths = {path for commit in commits for path in commit.paths}
    moves = [with_role(move, seen) for move in history.moves(old, head, paths)]
    moves.sort(key=lambda move: ROLES.index(move.role) if move.role else len(ROLES))
    return tuple(moves)


def _role(move: DependencyMove, seen: Involvement) -> PackageRole | None:
    if any(lies_in(frame, move) for frame in seen.beyond):
        return PackageRole.RAISED
    if any(is_of(module, move) for module in seen.used):
        return PackageRole.USED
    if _is_named(move, seen.said):
        return PackageRole.NAMED
    return PackageRole.PASSED if any(lies_in(frame, move) for frame in seen.passed) else None


def _is_named(move: DependencyMove, said: str) -> bool:
    """Whether the error says a package's name as a word of its own."""
    short = move.name.rpartition(":")[2]
    if len(short) < SHORTEST_NAME:
        return False
    words = re.escape(canonical(short)).replace(r"\-", "[-_.]")
    return re.search(rf"(?<![\w@/-]){words}(?![\w-])", said, re.IGNORECASE) is not None


def _used(crash: Location, snapshot: Snapshot) -> frozenset[str]:
    """Return the modules that the failing line uses names of, as the file imports them."""
    file = snapshot.file(crash.path)
    line = file.line(crash.line)[:MAX_LINE]
    source = "\n".join(file.lines).encode("utf-8", "replace")
    words = set(re.findall(r"[A-Za-z_$][\w$]*", line))
    return frozenset(
        each.module for each in read_symbols(crash.path, source).imports if each.local in words
    )
