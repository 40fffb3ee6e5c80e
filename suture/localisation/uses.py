"""What a commit did to uses: forgot one when it changed what is used, or changed a call itself."""

import re

from suture.domain.evidence import Location
from suture.domain.value import CommitSha
from suture.localisation.commit_changes import CommitChanges
from suture.localisation.related import Related, Unit
from suture.localisation.snapshot import Snapshot, is_test_path

SHORTEST_NAME = 4


def forgotten_use(
    path: tuple[Location, ...], changes: CommitChanges, related: Related, snapshot: Snapshot
) -> Location | None:
    """Return the place on the path that still uses what the commit changed elsewhere."""
    return _old_name(path, changes, snapshot) or _old_shape(path, changes, related, snapshot)


def changed_call(related: Related, crash: Location, sha: CommitSha, snapshot: Snapshot) -> bool:
    """Whether a commit changed how the function that failed is called: not merely its line."""
    if not related.calls:
        return False
    place = related.calls[-1]
    callee = (crash.function or "").rpartition(".")[2]
    line = snapshot.file(place.path).line(place.line)
    if not callee or callee not in line:
        return False
    call = line[line.index(callee) :]
    blamed = snapshot.repository.blame(snapshot.sha, place.path, place.line, place.line)
    if not any(each.commit == sha for each in blamed):
        return False
    parents = [each for commit in snapshot.repository.log(sha, limit=1) for each in commit.parents]
    before = snapshot.repository.read_file(parents[0], place.path) if parents else None
    return call not in (before or "")


def _old_name(
    path: tuple[Location, ...], changes: CommitChanges, snapshot: Snapshot
) -> Location | None:
    """A field or key has another name where it is given its value, and is read by the old one."""
    names = {name for found in changes.renamed.values() for name in found}
    names = {name for name in names if len(name) >= SHORTEST_NAME}
    for place in reversed(path):
        line = snapshot.file(place.path).line(place.line)
        if _unit(place) not in changes.units and names & set(re.findall(r"\w+", line)):
            return place
    return None


def _old_shape(
    path: tuple[Location, ...], changes: CommitChanges, related: Related, snapshot: Snapshot
) -> Location | None:
    """A function gives something else; one of its users was adapted, and this one was not."""
    crash = path[-1]
    if _unit(crash) in changes.units or is_test_path(crash.path):
        return None
    line = snapshot.file(crash.path).line(crash.line)
    changed = changes.units.keys() - changes.added
    for maker in sorted(changed & related.makers):
        name = maker[1].rpartition(".")[2]
        users = (unit for unit in sorted(changed) if unit != maker)
        if _calls(line, name) and any(_uses(unit, name, snapshot) for unit in users):
            return crash
    return None


def _uses(unit: Unit, name: str, snapshot: Snapshot) -> bool:
    file = snapshot.file(unit[0])
    span = file.span_of(unit[1]) if unit[1] else None
    lines = file.lines[span.first - 1 : span.last] if span else []
    return not is_test_path(unit[0]) and any(_calls(line, name) for line in lines)


def _calls(line: str, name: str) -> bool:
    return bool(name) and re.search(rf"\b{re.escape(name)}\(", line) is not None


def _unit(place: Location) -> Unit:
    return place.path, place.function or ""
