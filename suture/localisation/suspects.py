"""Ranks the commits that may have caused an incident, each with its reasons.

Most crashes come from recent changes to the failing path, yet a line that was taken away has no
blame. So what counts is what a commit changed in meaning, not only who last wrote a line.
"""

import builtins
import re
from dataclasses import dataclass, field

from suture.dependencies.moves import ManifestHistory, is_lock, reader_of
from suture.domain.evidence import DependencyMove, Location, PackageRole, Suspect
from suture.domain.value import CommitSha, Instant
from suture.localisation.commit_changes import CommitChanges, changes_of
from suture.localisation.packages import Involvement, moves_of, reason_of, telling
from suture.localisation.related import Related, Unit
from suture.localisation.snapshot import Snapshot, is_test_path
from suture.localisation.wording import KEYWORDS
from suture.ports.source import Commit, SourceRepository

MAX_SUSPECTS = 10
MAX_COMMITS = 50
MIN_SCORE = 0.08
TRAILER = re.compile(r"^Suture-Incident:", re.MULTILINE)
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{2,}")
COMMON = (
    frozenset(dir(builtins))
    | KEYWORDS
    | {"self", "cls", "args", "kwargs", "get", "the", "for", "not", "length", "Error", "runtime"}
    | {"Cannot", "read", "properties", "reading", "invalid", "address", "index", "value", "panic"}
)

RELEVANCE, CRASH_LINE, SAME_WORDS, SINCE_GOOD, RECENCY = 0.5, 0.15, 0.1, 0.1, 0.1
SETTINGS = 0.45
"""A setting or a pin of a package was changed, and the error names it."""
MOVED = {
    PackageRole.RAISED: 0.5,
    PackageRole.USED: 0.4,
    PackageRole.NAMED: 0.45,
    PackageRole.PASSED: 0.15,
}
"""A package was moved that has this role in the failure."""
TAKEN_AWAY = 0.4
"""A name that the error misses was taken away by this very commit."""
ADDED_FACTOR = 0.4
"""What a commit wrote new has run since; what it changed later is likelier broken by it."""
BEFORE_GOOD_FACTOR = 0.75
"""The last release that worked had the commit already."""
REWRITTEN_FACTOR = 0.75
"""A commit later changed what this one wrote new."""
FIRST_COMMIT_FACTOR = 0.5
"""The commit that began the history wrote everything, which says nothing."""

GIVES_VALUE = 0.6
"""Of a function that gives another value to what the path reads, wherever it stands."""
SHORTEST_NAME = 4

PASSED_BY_FACTOR = 0.5
"""A caller that was changed elsewhere than at its call."""

TEST_FACTOR = 0.4
"""A changed test is less often at fault than the code that it tests."""


@dataclass(frozen=True, kw_only=True)
class Search:
    """What the ranking works from."""

    snapshot: Snapshot
    """The files at the base, which crash and path refer to."""
    head: CommitSha
    """What the failing release was built from, or the base."""
    crash: Location | None
    related: Related
    message: str
    """What the exceptions said."""
    last_good: CommitSha | None
    until: Instant
    """When it failed: later commits had no part in it."""
    involved: Involvement = field(default_factory=Involvement)
    """What can lead to a package."""
    by_tests: bool = False
    """A test failed, so that a changed test may be the cause."""


@dataclass
class _Case:
    """One commit on trial."""

    commit: Commit
    changes: CommitChanges
    rank: int
    points: float = 0.0
    reasons: list[str] = field(default_factory=list)
    rewritten: set[Unit] = field(default_factory=set)
    """What it wrote new and a later commit changed."""
    calls: frozenset[Unit] = frozenset()
    """Functions on the path whose call towards the crash it last changed."""
    moves: tuple[DependencyMove, ...] = ()
    """Packages that it moved, and no later commit did."""
    overtaken: bool = False
    """It moved others, too."""
    blamed_move: DependencyMove | None = None
    """The one of them that it is suspected for."""

    def add(self, points: float, reason: str) -> None:
        self.points += points
        self.reasons.append(reason[:500])


def rank_suspects(search: Search) -> tuple[Suspect, ...]:
    """Return the most suspicious commits first, at most ten."""
    repository = search.snapshot.repository
    blamed = _blamed_on_crash_line(search)
    commits = _candidates(search, blamed)
    since_good = _since_good(search)
    wanted = frozenset(search.related.files) | {unit[0] for unit in search.related.weights}
    callers = blamed_calls(search.related, search.snapshot)
    history = ManifestHistory(repository)
    cases = [
        _Case(
            commit=commit,
            changes=changes_of(commit, repository, wanted, search.related.reads),
            rank=rank,
            calls=callers.get(commit.sha, frozenset()),
            moves=moves_of(commit, history, search.involved),
        )
        for rank, commit in enumerate(commits)
    ]
    changed: set[Unit] = set()
    _keep_latest(cases)
    for case in cases:
        case.rewritten = case.changes.added & changed
        changed |= case.changes.units.keys()
        relate_givers(case.changes, search.related)
        _judge(case, search, blamed, len(cases))
        if case.points and case.commit.sha in since_good:
            case.add(SINCE_GOOD, "It came after the last release that worked.")
        elif since_good:
            case.points *= BEFORE_GOOD_FACTOR
        if not case.commit.parents:
            case.points *= FIRST_COMMIT_FACTOR
    kept = [case for case in cases if case.points >= MIN_SCORE]
    kept.sort(key=lambda case: (-case.points, case.rank))
    return tuple(_suspect(case) for case in kept[:MAX_SUSPECTS])


def changes_of_suspect(
    suspect: CommitSha, related: Related, repository: SourceRepository
) -> CommitChanges:
    """Return what a commit changed of the related functions, tests aside."""
    changes = CommitChanges()
    for commit in repository.log(suspect, limit=1):
        changes = changes_of(commit, repository, frozenset(related.files))
    relate_givers(changes, related)
    for unit in list(changes.units):
        if is_test_path(unit[0]) or not related.weight(unit):
            del changes.units[unit]
    return changes


def blamed_calls(related: Related, snapshot: Snapshot) -> dict[CommitSha, frozenset[Unit]]:
    """Return who last changed the calls on the path, with the functions that they stand in."""
    found: dict[CommitSha, frozenset[Unit]] = {}
    for place in related.calls:
        unit = (place.path, place.function or "")
        for each in snapshot.repository.blame(snapshot.sha, place.path, place.line, place.line):
            found[each.commit] = found.get(each.commit, frozenset()) | {unit}
    return found


def relate_givers(changes: CommitChanges, related: Related) -> None:
    """Relate functions that now give another value, or none, to what the path reads."""
    for unit, names in changes.given.items():
        read = {name for name in names & related.reads if len(name) >= SHORTEST_NAME} - COMMON
        if read and unit not in changes.added and not is_test_path(unit[0]):
            role = f"it gives {_some(read)} another value, which the failing path reads"
            related.add(unit, GIVES_VALUE, role)


def message_words(message: str) -> frozenset[str]:
    """Return the identifiers that an exception's message names."""
    return frozenset(WORD.findall(message)) - COMMON


def _candidates(search: Search, blamed: CommitSha | None) -> list[Commit]:
    """Commits on the path's files and their imports since the last good release, or the last ones.

    Older ones are asked too when the recent ones did not touch the path at all.
    """
    repository = search.snapshot.repository
    head = search.head
    files = tuple(sorted(search.related.files))
    found = list(repository.log(head, since=search.last_good, limit=MAX_COMMITS))
    if files:
        found += repository.log(head, paths=files, limit=MAX_COMMITS)
    if blamed is not None and repository.is_ancestor(blamed, head):
        found += repository.log(blamed, limit=1)
    unique = {commit.sha: commit for commit in found}
    timely = [commit for commit in unique.values() if commit.committed_at <= search.until]
    kept = timely or list(unique.values())
    return sorted(kept, key=lambda commit: commit.committed_at, reverse=True)[: 2 * MAX_COMMITS]


def _since_good(search: Search) -> frozenset[CommitSha]:
    if search.last_good is None:
        return frozenset()
    commits = search.snapshot.repository.log(search.head, since=search.last_good)
    return frozenset(commit.sha for commit in commits)


def _blamed_on_crash_line(search: Search) -> CommitSha | None:
    if search.crash is None:
        return None
    line = search.crash.line
    blamed = search.snapshot.repository.blame(search.snapshot.sha, search.crash.path, line, line)
    return blamed[0].commit if blamed else None


def _judge(case: _Case, search: Search, blamed: CommitSha | None, total: int) -> None:
    added = _judge_changes(case, search)
    _judge_settings(case, search)
    share = ADDED_FACTOR if added else 1.0
    if case.commit.sha == blamed and search.crash is not None:
        case.add(CRASH_LINE * share, f"It last changed the failing line {_place(search.crash)}.")
    if case.points:
        _judge_words(case, search, share)
        case.points += RECENCY * (1 - case.rank / max(total, 1))


def _judge_changes(case: _Case, search: Search) -> bool:
    """Score what changed; return whether the strongest of it was written new."""
    related, changes = search.related, case.changes
    weighed = sorted(((_weight(unit, case, search), unit) for unit in changes.units), reverse=True)
    if weighed and weighed[0][0] > 0:
        weight, unit = weighed[0]
        added = unit in changes.added
        role = related.roles.get(unit, "its file is on the failing path or imported by it")
        verb = "wrote" if added else "changed"
        what = f"{unit[1] or 'the top level'} of {unit[0]}"
        case.add(RELEVANCE * weight, f"It {verb} {what}: {role}.")
        return added
    if changes.other_files & related.files.keys():
        touched = min(changes.other_files & related.files.keys())
        case.add(RELEVANCE / 2, f"It changed {touched}, which is on the failing path.")
    return False


def _keep_latest(cases: list[_Case]) -> None:
    """Leave each package to the last commit that moved it: what was before has run."""
    moved: set[str] = set()
    for case in cases:
        latest = tuple(move for move in case.moves if move.name not in moved)
        case.overtaken = len(latest) < len(case.moves)
        case.moves = latest
        moved |= {move.name for move in case.moves}


def _judge_settings(case: _Case, search: Search) -> None:
    move = telling(case.moves)
    if move is not None and move.role is not None:
        case.blamed_move = move
        case.add(MOVED[move.role], reason_of(move))
        return
    said = message_words(search.message)
    for path, words in sorted(case.changes.settings.items()):
        told = is_lock(path) or (case.overtaken and reader_of(path) is not None)
        if words & said and not told:
            case.add(SETTINGS, f"It changed {_some(set(words & said))} in {path}, which is named.")
            return


def _weight(unit: Unit, case: _Case, search: Search) -> float:
    weight = search.related.weight(unit) * (ADDED_FACTOR if unit in case.changes.added else 1)
    if unit in case.rewritten:
        weight *= REWRITTEN_FACTOR
    at_call = search.related.callers.get(unit)
    if at_call is not None and unit not in case.calls and not _touches(case, unit, at_call):
        weight *= PASSED_BY_FACTOR
    if not is_test_path(unit[0]):
        return weight
    return TEST_FACTOR * weight if search.by_tests else 0.0


def _touches(case: _Case, unit: Unit, words: frozenset[str]) -> bool:
    return bool(case.changes.units[unit] & words)


def _judge_words(case: _Case, search: Search, share: float) -> None:
    said = message_words(search.message)
    known = [unit for unit in case.changes.units if search.related.weight(unit)]
    known = [unit for unit in known if not is_test_path(unit[0])]
    missed = {word for unit in known for word in case.changes.gone[unit] & said}
    changed = {word for unit in known for word in case.changes.units[unit]}
    if missed:
        case.add(TAKEN_AWAY, f"It took away {_some(missed)}, which the error message names.")
    elif changed & said:
        case.add(
            SAME_WORDS * share,
            f"It changed {_some(changed & said)}, which the error message names.",
        )
    elif changed & (search.related.words - COMMON):
        near = changed & (search.related.words - COMMON)
        case.add(SAME_WORDS * share / 2, f"It changed {_some(near)}, which the failing line uses.")


def _some(words: set[str]) -> str:
    return ", ".join(sorted(words)[:3])


def _suspect(case: _Case) -> Suspect:
    commit = case.commit
    return Suspect(
        commit=commit.sha,
        author=commit.author,
        committed_at=commit.committed_at,
        summary=commit.summary,
        score=round(min(case.points, 1.0), 3),
        reasons=tuple(case.reasons),
        move=case.blamed_move,
        by_suture=TRAILER.search(commit.body) is not None,
    )


def _place(location: Location) -> str:
    return f"{location.path}:{location.line}"
