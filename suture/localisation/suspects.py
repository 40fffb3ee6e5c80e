"""Ranks the commits that may have caused an incident, each with its reasons.

Most crashes come from recent changes to the failing path, yet a line that was taken away has no
blame. So what counts is what a commit changed in meaning, not only who last wrote a line.
"""

import builtins
import re
from dataclasses import dataclass, field

from suture.domain.evidence import Location, Suspect
from suture.domain.value import CommitSha, Instant
from suture.localisation.commit_changes import CommitChanges, changes_of
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
TAKEN_AWAY = 0.4
"""A name that the error misses was taken away by this very commit."""
ADDED_FACTOR = 0.5
"""What a commit wrote new has run since; what it changed later is likelier broken by it."""
FIRST_COMMIT_FACTOR = 0.5
"""The commit that began the history wrote everything, which says nothing."""

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

    def add(self, points: float, reason: str) -> None:
        self.points += points
        self.reasons.append(reason[:500])


def rank_suspects(search: Search) -> tuple[Suspect, ...]:
    """Return the most suspicious commits first, at most ten."""
    repository = search.snapshot.repository
    blamed = _blamed_on_crash_line(search)
    commits = _candidates(search, blamed)
    since_good = _since_good(search)
    wanted = frozenset(search.related.files)
    cases = [
        _Case(commit=commit, changes=changes_of(commit, repository, wanted), rank=rank)
        for rank, commit in enumerate(commits)
    ]
    for case in cases:
        _judge(case, search, blamed, len(cases))
        if case.points and case.commit.sha in since_good:
            case.add(SINCE_GOOD, "It came after the last release that worked.")
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
    for unit in list(changes.units):
        if is_test_path(unit[0]) or not related.weight(unit):
            del changes.units[unit]
    return changes


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
    if case.commit.sha == blamed and search.crash is not None:
        points = CRASH_LINE * (ADDED_FACTOR if added else 1)
        case.add(points, f"It last changed the failing line {_place(search.crash)}.")
    if case.points:
        _judge_words(case, search)
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


def _judge_settings(case: _Case, search: Search) -> None:
    said = message_words(search.message)
    for path, words in sorted(case.changes.settings.items()):
        if words & said:
            case.add(SETTINGS, f"It changed {_some(set(words & said))} in {path}, which is named.")
            return


def _weight(unit: Unit, case: _Case, search: Search) -> float:
    weight = search.related.weight(unit) * (ADDED_FACTOR if unit in case.changes.added else 1)
    if not is_test_path(unit[0]):
        return weight
    return TEST_FACTOR * weight if search.by_tests else 0.0


def _judge_words(case: _Case, search: Search) -> None:
    said = message_words(search.message)
    known = [unit for unit in case.changes.units if search.related.weight(unit)]
    known = [unit for unit in known if not is_test_path(unit[0])]
    missed = {word for unit in known for word in case.changes.gone[unit] & said}
    changed = {word for unit in known for word in case.changes.units[unit]}
    if missed:
        case.add(TAKEN_AWAY, f"It took away {_some(missed)}, which the error message names.")
    elif changed & said:
        case.add(SAME_WORDS, f"It changed {_some(changed & said)}, which the error message names.")
    elif changed & (search.related.words - COMMON):
        near = changed & (search.related.words - COMMON)
        case.add(SAME_WORDS / 2, f"It changed {_some(near)}, which the failing line uses.")


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
        by_suture=TRAILER.search(commit.body) is not None,
    )


def _place(location: Location) -> str:
    return f"{location.path}:{location.line}"
