"""Which functions may have made the bad value, in languages that are read as symbols and words.

A line's values are followed back through assignments above it in the same function: bounded and
blind to branches, as `flow` is for Python.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from suture.domain.evidence import Location
from suture.index.meaning import Certainty, called_names, meaning
from suture.index.symbols import Call, Definition, SymbolKind
from suture.localisation.neighbours import files_seen_from
from suture.localisation.snapshot import CodeFile, Snapshot
from suture.localisation.wording import KEYWORDS, Token, WordedFile, reads_in, words_in

MAX_DEPTH = 3
MAX_LINES = 400
MAX_SAME_NAMED = 3
SHORTEST = 3

CLASS = SymbolKind.CLASS
Unit = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class LineFlow:
    """What a line works with."""

    words: frozenset[str] = frozenset()
    """Names and words of texts on the line and on those that feed it."""
    reads: frozenset[str] = frozenset()
    """Names of fields and keys that are read there."""
    parameters: frozenset[str] = frozenset()
    """Those that stand in the function's own head."""
    here: tuple[Call, ...] = ()
    """Calls on the line."""
    earlier: tuple[Call, ...] = ()
    """Calls whose results reach the line through names."""
    around: tuple[Call, ...] = ()
    """All calls of the function."""


NO_FLOW = LineFlow()


def flow_by_words(place: Location, file: CodeFile) -> LineFlow:
    """Read backwards from a line to the calls and words that feed it."""
    worded = file.worded
    if worded is None:
        return NO_FLOW
    span = file.span_of(place.function) if place.function else None
    first, last = (span.first, span.last) if span else (1, len(file.lines))
    own = _words(worded.tokens_on(place.line, place.line))
    feeding = _feeding_lines(worded, max(first, place.line - MAX_LINES), place.line, own)
    near = {place.line, *feeding}
    calls = [call for call in file.symbols.calls if first <= call.line <= last]
    words = own | {word for line in feeding for word in _words(worded.tokens_on(line, line))}
    head = _words(worded.tokens_on(first, first)) if span else frozenset()
    return LineFlow(
        words=frozenset(words),
        reads=frozenset(name for line in near for name in reads_in(worded.tokens_on(line, line))),
        parameters=frozenset(words & head),
        here=tuple(call for call in calls if call.line == place.line),
        earlier=tuple(call for call in calls if call.line in near and call.line != place.line),
        around=tuple(calls) if span else (),
    )


def resolve_by_words(call: Call, path: str, snapshot: Snapshot) -> tuple[Unit, ...]:
    """Return the repository's functions that a call may mean; many that only may say nothing."""
    symbols = snapshot.file(path).symbols
    judged = [
        (meaning(call, (path, symbols), where, each), (where, each.name))
        for where in (path, *files_seen_from(path, snapshot))
        for each in snapshot.file(where).symbols.definitions
        if symbols.name_of(call) in called_names(each, where)
    ]
    best = max((certainty for certainty, _ in judged), default=Certainty.NO)
    meant = [unit for certainty, unit in judged if certainty is best]
    if best is Certainty.NO or (best is Certainty.POSSIBLE and len(meant) > MAX_SAME_NAMED):
        return ()
    return tuple(dict.fromkeys(meant))


def keepers_by_words(
    place: Location, flow: LineFlow, snapshot: Snapshot
) -> Iterator[tuple[Unit, str]]:
    """Return functions that set what the line reads, and what holds its constants, with a role."""
    wanted = {word for word in flow.words if len(word) >= SHORTEST}
    for path in (place.path, *files_seen_from(place.path, snapshot)):
        worded = snapshot.file(path).worded
        if worded is None:
            continue
        for each in worded.symbols.functions:
            if _sets(worded, each) & wanted:
                yield (path, each.name), "it sets what the failing line reads"
        if _held(worded, None) & wanted:
            yield (path, ""), "it defines what the failing line reads"
    owner = (place.function or "").rpartition(".")[0]
    if owner:
        yield (place.path, owner), f"it is what {place.function} belongs to"


def builders_by_words(place: Location, snapshot: Snapshot) -> Iterator[tuple[Unit, str]]:
    """Return functions that build what the failing function belongs to."""
    owner = (place.function or "").rpartition(".")[0].rpartition(".")[2]
    for path in (place.path, *files_seen_from(place.path, snapshot)) if owner else ():
        file = snapshot.file(path)
        for call in file.symbols.calls:
            around = file.symbols.function_at(call.line) if call.name == owner else None
            if around is not None:
                yield (path, around.name), f"it makes the {owner} that failed"


def givers_by_words(
    place: Location, flow: LineFlow, snapshot: Snapshot
) -> Iterator[tuple[Unit, str]]:
    """Return functions that answer with a type that the failing function is given."""
    if not flow.parameters:
        return
    file = snapshot.file(place.path)
    span = file.span_of(place.function) if place.function else None
    head = (
        set(_words(file.worded.tokens_on(span.first, span.first))) if span and file.worded else ()
    )
    seen = (place.path, *files_seen_from(place.path, snapshot))
    for path in seen:
        worded = snapshot.file(path).worded
        if worded is None:
            continue
        types = {each.simple for each in worded.symbols.definitions if each.kind is CLASS}
        for each in worded.symbols.functions:
            for name in types & set(head) & _answers(worded, each):
                yield (path, each.name), f"it makes the {name} that the failing line is given"


def _answers(worded: WordedFile, definition: Definition) -> set[str]:
    """Return the words of a function's head that stand outside of its parameters."""
    tokens = worded.tokens_on(definition.first, definition.first)
    texts = [token.text for token in tokens]
    if definition.simple not in texts:
        return set()
    at = texts.index(definition.simple)
    depth, end = 0, at + 1
    for end in range(at + 1, len(texts)):
        depth += (texts[end] == "(") - (texts[end] == ")")
        if depth == 0:
            break
    receiver = texts[0] == "func" and at > 1
    before = [] if receiver else texts[:at]
    return {*before, *texts[end + 1 :]}


def _feeding_lines(worded: WordedFile, first: int, line: int, own: frozenset[str]) -> list[int]:
    """Return the lines above that assign what reaches this one, nearest first."""
    waiting, found = set(own), list[int]()
    for _ in range(MAX_DEPTH):
        more: set[str] = set()
        for number in range(line - 1, first - 1, -1):
            bound, given = _assignment(worded.tokens_on(number, number))
            if number not in found and bound & waiting:
                found.append(number)
                more |= given
        if not more - waiting:
            break
        waiting |= more
    return found


def _assignment(tokens: tuple[Token, ...]) -> tuple[set[str], set[str]]:
    """Return what a line binds and what it binds it to, as far as one line tells."""
    for at, token in enumerate(tokens):
        after = tokens[at + 1].text if at + 1 < len(tokens) else ""
        before = tokens[at - 1].text if at else ""
        plain = token.text == "=" and after not in {"=", ">"} and before not in set("=!<>+-*/")
        if at and (plain or token.text in {"of", "in"}):
            return set(_words(tokens[:at])), set(_words(tokens[at + 1 :]))
    return set(), set()


def _sets(worded: WordedFile, definition: Definition) -> set[str]:
    """Return the names that a function gives a value as an attribute or a field."""
    tokens = worded.own_tokens(definition)
    found = set()
    for before, token, after in zip(
        ("", *_texts(tokens)), tokens, _texts(tokens)[1:], strict=False
    ):
        as_attribute = before == "." and after == "="
        if token.text.isidentifier() and (as_attribute or (after == ":" and before in {"{", ","})):
            found.add(token.text)
    return found


def _held(worded: WordedFile, definition: Definition | None) -> set[str]:
    """Return the names that a file's own level binds."""
    by_line: dict[int, list[Token]] = {}
    for token in worded.own_tokens(definition):
        by_line.setdefault(token.line, []).append(token)
    return {word for tokens in by_line.values() for word in _assignment(tuple(tokens))[0]}


def _texts(tokens: tuple[Token, ...]) -> tuple[str, ...]:
    return tuple(token.text for token in tokens)


def _words(tokens: tuple[Token, ...]) -> frozenset[str]:
    return frozenset(word for word in words_in(tokens) if word not in KEYWORDS)
