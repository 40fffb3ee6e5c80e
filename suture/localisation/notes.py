"""Tells the evidence in sentences that cite where each is from."""

from collections.abc import Iterator

from suture.domain.alert import Alert
from suture.domain.evidence import Citation, CitationKind, Evidence, Location, Statement
from suture.localisation.citations import quote_code, quote_commit, quote_event
from suture.localisation.packages import reason_of
from suture.localisation.snapshot import Snapshot
from suture.ports.source import SourceRepository

MAX_SAID = 1_000
MAX_MOVES = 3


def describe(
    alert: Alert, found: Evidence, base: Snapshot, *, line_known: bool
) -> tuple[Statement, ...]:
    """Return what was seen: exception, place, releases and suspect."""
    return tuple(_statements(alert, found, base, line_known=line_known))


def _statements(
    alert: Alert, found: Evidence, base: Snapshot, *, line_known: bool
) -> Iterator[Statement]:
    repository = base.repository
    for each in alert.exceptions[-1:]:
        text = f"{each.type} reached the top: {each.value}"[:MAX_SAID]
        yield Statement(text=text, citations=(quote_event(each.value or each.type),))
    if found.crash is not None:
        yield _about_crash(found.crash, base, line_known=line_known)
    if found.deployed_sha is not None:
        yield _about_release(alert, found, found.deployed_sha, repository)
    if found.last_good_sha is not None:
        between = repository.log(found.deployed_sha or found.base_sha, since=found.last_good_sha)
        text = f"{found.last_good_sha[:12]} is the last commit believed to be good; "
        text += f"{len(between)} commits came after it."
        yield Statement(text=text, citations=(quote_commit(found.last_good_sha),))
    yield from _about_moves(found)
    for suspect in found.suspects[:1]:
        text = f"{suspect.commit[:12]} by {suspect.author} is suspected: {suspect.summary}"
        yield Statement(text=text, citations=(quote_commit(suspect.commit, suspect.summary),))


def _about_crash(crash: Location, base: Snapshot, *, line_known: bool) -> Statement:
    where = f"{crash.path}:{crash.line} in {crash.function or 'the module'}"
    text = f"It was raised at {where}."
    if not line_known:
        text = f"It was raised near {where}; that line reads differently on the base now."
    line = base.file(crash.path).line(crash.line)
    return Statement(text=text, citations=(quote_code(crash.path, crash.line, line),))


def _about_moves(found: Evidence) -> Iterator[Statement]:
    """Tell of packages that lead to the failure, or else of the few that the project asks for."""
    leading = [move for move in found.moves if move.role is not None]
    asked = [move for move in found.moves if move.direct]
    for move in (leading or asked)[:MAX_MOVES]:
        head = found.deployed_sha or found.base_sha
        cited = Citation(kind=CitationKind.CODE, path=move.path, line=move.line, commit=head)
        yield Statement(text=f"Since then {reason_of(move)}", citations=(cited,))


def _about_release(
    alert: Alert, found: Evidence, deployed: str, repository: SourceRepository
) -> Statement:
    behind = len(repository.log(found.base_sha, since=deployed))
    text = f"The failing release was built from {deployed[:12]}"
    text += f", {behind} commits behind the base." if behind else ", which is the base."
    released = (quote_event(alert.release),) if alert.release else ()
    return Statement(text=text, citations=(quote_commit(deployed), *released))
