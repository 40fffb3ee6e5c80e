"""Where the fault was made, which need not be where it crashed: follows the bad value back."""

import re

from suture.dependencies.moves import is_lock
from suture.domain.evidence import Evidence, Location, PackageRole, Suspect
from suture.domain.value import CommitSha, Value
from suture.localisation.commit_changes import CommitChanges, changes_of
from suture.localisation.packages import reason_of
from suture.localisation.related import CALLED_NEARBY, Related, Unit, relate
from suture.localisation.returns import none_line
from suture.localisation.snapshot import Snapshot, is_test_path
from suture.localisation.suspects import (
    changes_of_suspect,
    message_words,
    relate_givers,
)
from suture.localisation.uses import changed_call, forgotten_use

CLEAR_SUSPECT = 0.28
CLEAR_OF_TEST = 0.25
WRONG_CALL = re.compile(
    r"missing \d+ required|unexpected keyword argument|takes .*positional argument|"
    r"multiple values for argument"
)
RENAMED = re.compile(r"has no attribute|^KeyError", re.MULTILINE)
WRONG_TYPE = re.compile(r"has no attribute|unsupported operand|not supported between|must be")


class Cause(Value):
    """The likeliest place of the fault and why it is thought to be there."""

    location: Location
    reason: str


def find_cause(evidence: Evidence, message: str, snapshot: Snapshot) -> Cause | None:
    """Return what the suspect changed near the path, else what made the value, else the crash.

    None when nothing of the path was found in the repository.
    """
    traced = traced_path(evidence)
    if not traced:
        return None
    related = relate(traced, snapshot)
    return (
        cause_in_settings(evidence, message, snapshot)
        or _by_suspect(evidence, message, related, snapshot)
        or _by_none(message, related, snapshot)
        or _by_crash(evidence, related, snapshot)
        or _by_import(evidence)
    )


def cause_in_settings(evidence: Evidence, message: str, snapshot: Snapshot) -> Cause | None:
    """Return the setting or the pin that the suspect changed, if it changed no code on the path.

    The error must name it, or lead into the package that was moved.
    """
    if not evidence.suspects or evidence.suspects[0].score < CLEAR_SUSPECT:
        return None
    top = evidence.suspects[0]
    said = message_words(message)
    for commit in snapshot.repository.log(top.commit, limit=1):
        changes = changes_of(commit, snapshot.repository, frozenset())
        if not changes.units:
            return _by_move(top, snapshot) or _by_setting(changes, said, snapshot)
    return None


def _by_move(top: Suspect, snapshot: Snapshot) -> Cause | None:
    move = top.move
    if move is None or move.role is PackageRole.PASSED or move.path not in snapshot.paths:
        return None
    line = min(move.line, max(len(snapshot.file(move.path).lines), 1))
    return Cause(location=Location(path=move.path, line=line), reason=reason_of(move))


def _by_setting(changes: CommitChanges, said: frozenset[str], snapshot: Snapshot) -> Cause | None:
    for path, words in sorted(changes.settings.items()):
        if path in snapshot.paths and words & said and not is_lock(path):
            lines = enumerate(snapshot.file(path).lines, 1)
            line = next((number for number, text in lines if _names(text, words & said)), 1)
            reason = "The suspect changed it, and the error names it."
            return Cause(location=Location(path=path, line=line), reason=reason)
    return None


def _names(text: str, words: frozenset[str]) -> bool:
    return any(word in text for word in words)


def changed_by_suspect(
    evidence: Evidence, snapshot: Snapshot, least: float = CLEAR_SUSPECT
) -> CommitChanges:
    """Return what the top suspect changed around the failing path; nothing if it is not clear."""
    traced = traced_path(evidence)
    if traced and is_test_path(traced[-1].path):
        # Where only a test speaks, less can be said for anybody.
        least = min(least, CLEAR_OF_TEST)
    if not traced or not evidence.suspects or evidence.suspects[0].score < least:
        return CommitChanges()
    related = relate(traced, snapshot)
    return changes_of_suspect(evidence.suspects[0].commit, related, snapshot.repository)


def traced_path(evidence: Evidence) -> tuple[Location, ...]:
    """Return the frames of the path; what follows the crash is what a test seems to test."""
    if evidence.crash is None or evidence.crash not in evidence.path:
        return ()
    return evidence.path[: evidence.path.index(evidence.crash) + 1]


def _by_suspect(
    evidence: Evidence, message: str, related: Related, snapshot: Snapshot
) -> Cause | None:
    changes = changed_by_suspect(evidence, snapshot)
    relate_givers(changes, related)
    stale = _left_behind(evidence, changes, message) if changes.units else None
    stale = stale or forgotten_use(traced_path(evidence), changes, related, snapshot)
    if stale is not None:
        return Cause(location=stale, reason="The suspect changed what is used here.")
    said = message_words(message)
    callers = {_unit(place) for place in traced_path(evidence)[:-1]}
    crash, suspect = evidence.crash, evidence.suspects[:1]
    if crash and suspect and changed_call(related, crash, suspect[0].commit, snapshot):
        callers -= {_unit(place) for place in related.calls[-1:]}
    makers = related.makers | {_unit(place) for place in traced_path(evidence)[-1:]}
    weighed = [
        (related.weight(unit), bool(words & said), unit)
        for unit, words in changes.units.items()
        # A changed caller, or something new on the side, is at fault only if the error says so.
        if words & said or unit in makers or unit not in callers | changes.added
    ]
    if not weighed or max(weighed)[0] < CALLED_NEARBY / 2:
        return None
    unit = max(weighed)[2]
    if crash is not None and unit == _unit(crash):
        return Cause(location=crash, reason="The suspect changed the function that failed.")
    line = _changed_line(unit, evidence.suspects[0].commit, snapshot)
    role = related.roles.get(unit, "it is near the failing path")
    return Cause(
        location=Location(path=unit[0], line=line, function=unit[1] or None),
        reason=f"The suspect changed it, and {role}.",
    )


def _left_behind(evidence: Evidence, changes: CommitChanges, message: str) -> Location | None:
    """Return the use that the suspect forgot when it renamed or reordered what is used."""
    traced = traced_path(evidence)
    crash, unit = traced[-1], _unit(traced[-1])
    callers = [place for place in traced if _unit(place) != unit]
    if unit not in changes.units:
        gone = {word for other in changes.units for word in changes.gone[other]}
        renamed = RENAMED.search(message) and gone & message_words(message)
        return crash if renamed or WRONG_CALL.search(message) else None
    if not callers or unit not in changes.resigned or not WRONG_TYPE.search(message):
        return None
    return callers[-1]


def _unit(place: Location) -> Unit:
    return place.path, place.function or ""


def _by_none(message: str, related: Related, snapshot: Snapshot) -> Cause | None:
    if "NoneType" not in message:
        return None
    makers = [
        unit
        for unit, weight in sorted(related.weights.items(), key=lambda item: -item[1])
        if weight >= CALLED_NEARBY and unit in related.makers and not is_test_path(unit[0])
    ]
    for path, name in makers:
        node = snapshot.file(path).node_of(name)
        line = none_line(node) if node is not None else None
        if line is not None:
            return Cause(
                location=Location(path=path, line=line, function=name),
                reason="It can return None, and its result reaches the failing line.",
            )
    return None


def _by_crash(evidence: Evidence, related: Related, snapshot: Snapshot) -> Cause | None:
    crash = evidence.crash
    if crash is not None and not is_test_path(crash.path):
        return Cause(location=crash, reason="The exception was raised here.")
    ranked = sorted(related.weights.items(), key=lambda item: -item[1])
    for (path, name), _ in ranked:
        span = snapshot.file(path).span_of(name)
        if span is not None and not is_test_path(path):
            place = Location(path=path, line=span.first, function=name)
            return Cause(location=place, reason="The failed test gets its value from here.")
    return None


def _by_import(evidence: Evidence) -> Cause | None:
    """Where nothing else is known of a failed test, the code that it imports; a run tells more."""
    for place in evidence.path:
        if not is_test_path(place.path):
            return Cause(location=place, reason="The failed test imports it.")
    return None


def _changed_line(unit: Unit, suspect: CommitSha, snapshot: Snapshot) -> int:
    """Return the first line of a function that the suspect wrote, else where it begins."""
    path, name = unit
    span = snapshot.file(path).span_of(name) if name else None
    first, last = (span.first, span.last) if span else (1, None)
    blamed = snapshot.repository.blame(snapshot.sha, path, first, last)
    written = [each.line for each in blamed if each.commit == suspect and each.text.strip()]
    file = snapshot.file(path)
    own = [line for line in written if name or file.function_at(line) is None]
    return next(iter(own or written), first)
