"""Follows calls outwards from the cause: what else breaks with it, and what tests it."""

from suture.domain.evidence import Location
from suture.domain.reach import MAX_NAMED, Reach
from suture.index.questions import MAX_ANSWERS, MAX_POSSIBLE, Caller, CodeQuestions, Place
from suture.index.testing import is_test_file

MAX_ASKED = 25
"""Functions whose callers are asked for."""


def reach_of(cause: Location, questions: CodeQuestions) -> Reach | None:
    """Return who leads to the function at fault; None where no function is."""
    start = questions.definition_at(cause.path, cause.line)
    if start is None:
        return None
    known = {_key(start): start}
    entries: dict[tuple[str, int], Location] = {}
    waiting, asked = [start], 0
    while waiting and asked < MAX_ASKED:
        place = waiting.pop(0)
        asked += 1
        callers = _believed(questions.callers(place))
        for caller in callers:
            if caller.function is None:
                entries[(caller.path, caller.line)] = Location(path=caller.path, line=caller.line)
                continue
            outer = Place(path=caller.path, definition=caller.function)
            if _key(outer) not in known:
                known[_key(outer)] = outer
                waiting.append(outer)
        if not callers:
            entries[(place.path, place.definition.first)] = _located(place)
    tests = questions.tests_reaching(start)
    tested = [_located(Place(path=each.path, definition=each.test)) for each in tests]
    return Reach(
        callers=len(known) - 1,
        entries=tuple(entries.values())[:MAX_NAMED],
        tests=len(tests),
        tested_by=tuple(tested)[:MAX_NAMED],
        whole=not waiting and len(tests) < MAX_ANSWERS,
    )


def _believed(callers: tuple[Caller, ...]) -> list[Caller]:
    """Return callers outside tests; where many only may be meant, the sure ones alone."""
    own = [caller for caller in callers if not is_test_file(caller.path)]
    sure = [caller for caller in own if caller.sure]
    return own if len(own) - len(sure) <= MAX_POSSIBLE else sure


def _key(place: Place) -> tuple[str, str]:
    return place.path, place.definition.name


def _located(place: Place) -> Location:
    span = place.definition
    return Location(path=place.path, line=span.first, function=span.name)
