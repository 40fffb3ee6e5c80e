"""What an incident asks of code: where is it defined, who calls it, which tests reach it.

Answers come from names, imports and the place of definitions, never from running anything: a
call through an object whose class nobody knows is told as possible, not as sure.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from suture.domain.value import CommitSha
from suture.index.meaning import Certainty, called_names, family, meaning
from suture.index.symbols import Call, Definition, FileSymbols
from suture.index.testing import is_test_file, is_test_function
from suture.ports.code_index import CodeIndex, Mention

MAX_FILES = 300
"""Read for one question, the nearest to where it is about first."""
MAX_ANSWERS = 100
MAX_DEPTH = 3
MAX_FRONT = 20
"""Functions whose callers are looked for together, in one step away from the start."""
MAX_CALLED_FILES = 60
MAX_SAME_NAMED = 3
MAX_POSSIBLE = 20
"""More calls of a name that only may be meant say nothing: the name is everybody's."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A definition in a file."""

    path: str
    definition: Definition


@dataclass(frozen=True, kw_only=True)
class Caller:
    """A place that calls a function."""

    path: str
    line: int
    function: Definition | None
    """What the call stands in; None at a file's own level."""
    sure: bool


@dataclass(frozen=True, kw_only=True)
class ReachingTest:
    """A test that calls a function, directly or through others."""

    path: str
    test: Definition
    through: tuple[Place, ...]
    """What stands between the test and the function, nearest to the test first."""
    sure: bool
    """Every call on the way is."""


@dataclass(frozen=True, kw_only=True)
class _Step:
    """A function on the way from the start to a test."""

    place: Place
    way: tuple[Place, ...]
    """What a caller of it goes through: this function and what stands after it, not the start."""
    sure: bool


class CodeQuestions:
    """Asks about one commit. Bounded: what is left out is far from where it is asked about."""

    def __init__(self, index: CodeIndex, sha: CommitSha) -> None:
        self._index = index
        self._sha = sha

    def definitions(self, name: str, near: str = "") -> tuple[Place, ...]:
        """Return what has this name, nearest to a path first.

        `total` finds functions and methods of that name, `Cart.total` only those of a `Cart`.
        """
        simple = name.rpartition(".")[2]
        found = [
            Place(path=path, definition=each)
            for path, symbols in self._files((simple,), Mention.DEFINES, near)
            for each in symbols.definitions
            if f".{each.name}".endswith(f".{name}")
        ]
        return tuple(found[:MAX_ANSWERS])

    def definition_at(self, path: str, line: int) -> Place | None:
        """Return the innermost function that holds a line."""
        symbols = self._index.symbols(self._sha, (path,)).get(path)
        found = symbols.function_at(line) if symbols else None
        return Place(path=path, definition=found) if found else None

    def callers(self, place: Place) -> tuple[Caller, ...]:
        """Return the places that call a definition, the sure and near ones first."""
        return tuple(caller for _, caller in self._callers((place,)))[:MAX_ANSWERS]

    def callees(self, place: Place) -> tuple[Place, ...]:
        """Return the repository's definitions that a function calls, in the order of its lines."""
        symbols = self._index.symbols(self._sha, (place.path,)).get(place.path)
        if symbols is None:
            return ()
        span = place.definition
        calls = [call for call in symbols.calls if span.first <= call.line <= span.last]
        names = {symbols.name_of(call) for call in calls}
        candidates = [
            Place(path=path, definition=each)
            for path, known in self._files(names, Mention.DEFINES, place.path, MAX_CALLED_FILES)
            for each in known.definitions
            if each.simple in names
        ]
        found: dict[Place, None] = {}
        for call in calls:
            found |= dict.fromkeys(self._meant(call, place, symbols, candidates))
        found.pop(place, None)
        return tuple(found)[:MAX_ANSWERS]

    def tests_reaching(self, place: Place, depth: int = MAX_DEPTH) -> tuple[ReachingTest, ...]:
        """Return tests that call a definition within so many calls, nearest first."""
        front = [_Step(place=place, way=(), sure=True)]
        known = {(place.path, place.definition.name)}
        found: list[ReachingTest] = []
        for _ in range(depth):
            front = [step for step in self._step_out(front, known) if not _take(step, found)]
            front = sorted(front, key=lambda step: not step.sure)[:MAX_FRONT]
            if not front or len(found) >= MAX_ANSWERS:
                break
        return tuple(found[:MAX_ANSWERS])

    def _step_out(self, front: list[_Step], known: set[tuple[str, str]]) -> Iterator[_Step]:
        steps = {step.place: step for step in front}
        pairs = self._callers(tuple(steps))
        unsure = Counter(target for target, caller in pairs if not caller.sure)
        for target, caller in pairs:
            if not caller.sure and unsure[target] > MAX_POSSIBLE:
                continue
            step, function = steps[target], caller.function
            if function is None or (caller.path, function.name) in known:
                continue
            known.add((caller.path, function.name))
            own = Place(path=caller.path, definition=function)
            sure = step.sure and caller.sure
            yield _Step(place=own, way=(own, *step.way), sure=sure)

    def _callers(self, places: tuple[Place, ...]) -> list[tuple[Place, Caller]]:
        """Return who calls any of these, each with what it calls."""
        wanted: dict[str, list[Place]] = {}
        for place in places:
            for name in called_names(place.definition, place.path):
                wanted.setdefault(name, []).append(place)
        found: list[tuple[Place, Caller]] = []
        for path, symbols in self._files(wanted, Mention.NAMES, places[0].path):
            for call in symbols.calls:
                found += _asked(call, (path, symbols), wanted.get(symbols.name_of(call), ()))
        found.sort(key=lambda pair: not pair[1].sure)
        return found

    def _meant(
        self, call: Call, place: Place, symbols: FileSymbols, candidates: Iterable[Place]
    ) -> list[Place]:
        """Return what a call means: all that is sure, or else what few are possible."""
        judged = [
            (meaning(call, (place.path, symbols), each.path, each.definition), each)
            for each in candidates
        ]
        best = max((certainty for certainty, _ in judged), default=Certainty.NO)
        meant = [each for certainty, each in judged if certainty is best]
        said = best is Certainty.SURE or len(meant) <= MAX_SAME_NAMED
        return meant if said and best is not Certainty.NO else []

    def _files(
        self, names: Collection[str], mention: Mention, near: str, limit: int = MAX_FILES
    ) -> Iterator[tuple[str, FileSymbols]]:
        paths = self._index.mentioning(self._sha, names, mention)
        if near:
            paths = tuple(path for path in paths if family(path) == family(near))
        nearest = sorted(paths, key=lambda path: (-_shared(path, near), path))[:limit]
        found: Mapping[str, FileSymbols] = self._index.symbols(self._sha, nearest)
        yield from ((path, found[path]) for path in nearest if path in found)


def _asked(
    call: Call, caller: tuple[str, FileSymbols], places: Iterable[Place]
) -> Iterator[tuple[Place, Caller]]:
    path, symbols = caller
    for place in places:
        certainty = meaning(call, caller, place.path, place.definition)
        if certainty is not Certainty.NO:
            function = symbols.function_at(call.line)
            sure = certainty is Certainty.SURE
            yield place, Caller(path=path, line=call.line, function=function, sure=sure)


def _take(step: _Step, found: list[ReachingTest]) -> bool:
    """Keep a step that is a test; whether it was one."""
    place = step.place
    if not is_test_file(place.path) or not is_test_function(place.path, place.definition):
        return False
    found.append(
        ReachingTest(path=place.path, test=place.definition, through=step.way[1:], sure=step.sure)
    )
    return True


def _shared(path: str, near: str) -> int:
    """Return how many folders two paths share from the top."""
    count = 0
    for one, other in zip(path.split("/")[:-1], near.split("/")[:-1], strict=False):
        if one != other:
            break
        count += 1
    return count
