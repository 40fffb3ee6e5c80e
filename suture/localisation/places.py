"""Ranks the functions where a fault shown by a failing test may have been made.

Evidence: the stack trace, what the failing tests run and the passing ones do not, the functions
that the error names, and the words that the test shares with a function. Functions that only hand a
value on, and those that are there to help tests, count for less.
"""

import ast
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from suture.domain.alert import Alert
from suture.domain.evidence import Evidence, Location
from suture.localisation.cause import traced_path
from suture.localisation.flow import calls_in
from suture.localisation.related import Unit, relate, resolve_call
from suture.localisation.snapshot import Snapshot, is_test_path
from suture.localisation.spectrum import Spectrum

MAX_PLACES = 10
MAX_UNITS = 3_000
MAX_WORDS = 4_000
MAX_SAID = 4_000
MAX_FILES = 600
MANY_LINES = 100
WAITED = re.compile(r"[Tt]ime(d )?out|CancelledError|Expect")
"""Errors that tell that something did not come, and not where it was left out."""
HELPS_TESTS = re.compile(r"(?:^|[/_])testing(?=[/_.])")
NAMED = re.compile(r"\b((?:[A-Za-z_]\w{0,80}\.){0,5}[A-Za-z_]\w{0,80})\(\)")
WORD = re.compile(r"[A-Z]?[a-z]{2,40}|[A-Z]{2,40}(?![a-z])")
WEIGHTS: Mapping[str, float] = {
    "crash": 2.5,
    "named": 2.5,
    "ochiai": 1.5,
    "mean_ochiai": 1.0,
    "entered": 1.0,
    "callers": 1.0,
    "raised": 0.5,
    "related": 0.5,
    "name_words": 2.0,
    "test_words": 1.5,
    "said_words": 0.5,
    "size": 1.0,
    "trivial": -0.5,
    "testing": -0.5,
}
"""How much each sign, from 0 to 1, counts: fitted together on real bugs, and rounded."""


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """A function with its score; higher is more suspicious."""

    unit: Unit
    score: float
    location: Location


@dataclass
class _Suspicion:
    """What speaks for each function, by the names of `WEIGHTS`."""

    signs: dict[Unit, dict[str, float]] = field(default_factory=lambda: defaultdict(dict))

    def add(self, unit: Unit, sign: str, value: float) -> None:
        """Keep the strongest."""
        signs = self.signs[unit]
        signs[sign] = max(value, signs.get(sign, 0.0))

    def consider(self, unit: Unit) -> None:
        """Have a function among those that are weighed by their words."""
        self.signs.setdefault(unit, {})


def rank_functions(
    alert: Alert, evidence: Evidence, spectrum: Spectrum | None, snapshot: Snapshot
) -> tuple[Ranked, ...]:
    """Return the functions under suspicion, the most suspicious first; none that only test."""
    path = traced_path(evidence)
    found = _Suspicion()
    if spectrum is not None:
        _add_spectrum(found, spectrum, snapshot)
        _add_callers(found, spectrum, snapshot)
    _add_trace(found, alert, path, snapshot)
    _add_related(found, path, snapshot, known=spectrum is not None)
    _add_named(found, alert, evidence, snapshot)
    _add_test_calls(found, alert, snapshot)
    _add_words(found, alert, path, snapshot)
    ranked = [_ranked(unit, signs, spectrum, snapshot) for unit, signs in found.signs.items()]
    return tuple(sorted(ranked, key=lambda each: (-each.score, each.unit)))


def rank_places(
    alert: Alert, evidence: Evidence, spectrum: Spectrum | None, snapshot: Snapshot
) -> tuple[Location, ...]:
    """Return where the fault may have been made, the likeliest function first."""
    ranked = rank_functions(alert, evidence, spectrum, snapshot)
    return tuple(each.location for each in ranked[:MAX_PLACES])


def _ranked(
    unit: Unit, signs: Mapping[str, float], spectrum: Spectrum | None, snapshot: Snapshot
) -> Ranked:
    score = sum(WEIGHTS[sign] * value for sign, value in signs.items())
    span = snapshot.file(unit[0]).span_of(unit[1])
    line = span.first if span else 1
    lines = spectrum.by_path.get(unit[0], {}) if spectrum and span else {}
    inside = {at: value for at, value in lines.items() if span and span.first <= at <= span.last}
    if inside:
        line = min(inside, key=lambda at: (-inside[at], at))
    return Ranked(
        unit=unit, score=score, location=Location(path=unit[0], line=line, function=unit[1])
    )


def _add_spectrum(found: _Suspicion, spectrum: Spectrum, snapshot: Snapshot) -> None:
    seen: dict[Unit, list[float]] = defaultdict(list)
    for ran in sorted(spectrum.lines, key=lambda ran: ran.line):
        unit = _unit(ran.path, ran.line, snapshot)
        if unit is not None:
            seen[unit].append(spectrum.ochiai(ran))
    for unit, values in seen.items():
        found.add(unit, "entered", values[0])
        found.add(unit, "ochiai", max(values))
        found.add(unit, "mean_ochiai", sum(values) / len(values))
        found.add(unit, "size", min(1.0, math.log1p(len(values)) / math.log(MANY_LINES)))
        if _hands_on(unit, snapshot):
            found.add(unit, "trivial", 1.0)
        if HELPS_TESTS.search(unit[0]):
            found.add(unit, "testing", 1.0)
    for ran in spectrum.raised:
        unit = _unit(ran.path, ran.line, snapshot)
        if unit is not None:
            found.add(unit, "raised", spectrum.ochiai(ran))


def _add_callers(found: _Suspicion, spectrum: Spectrum, snapshot: Snapshot) -> None:
    """Weigh what is called by functions that are the failing tests' own."""
    for call in spectrum.calls:
        unit = _unit(call.path, call.line, snapshot)
        caller = _unit(call.caller_path, call.caller_line, snapshot)
        if unit in found.signs and caller in found.signs and unit != caller:
            found.add(unit, "callers", found.signs[caller].get("ochiai", 0.0))


def _unit(path: str, line: int, snapshot: Snapshot) -> Unit | None:
    """Return the function of a line; None for tests, and outside of functions."""
    if is_test_path(path):
        return None
    span = snapshot.file(path).function_at(line)
    return (path, span.qualified_name) if span else None


def _hands_on(unit: Unit, snapshot: Snapshot) -> bool:
    """Whether a function is a single statement that returns or keeps a value as it is."""
    node = snapshot.file(unit[0]).node_of(unit[1])
    if node is None:
        return False
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    if len(body) != 1 or not isinstance(body[0], ast.Return | ast.Pass | ast.Assign):
        return False
    value = getattr(body[0], "value", None)
    return value is None or isinstance(value, ast.Name | ast.Attribute | ast.Constant)


def _add_trace(
    found: _Suspicion, alert: Alert, path: tuple[Location, ...], snapshot: Snapshot
) -> None:
    """Weigh where the exception was raised; an error of waiting tells nothing of its place."""
    if not path or is_test_path(path[-1].path):
        return
    unit = path[-1].path, path[-1].function or ""
    waited = any(WAITED.search(link.type) for link in alert.exceptions[-1:])
    if not waited and snapshot.file(unit[0]).span_of(unit[1]) is not None:
        found.add(unit, "crash", 1.0)


def _add_test_calls(found: _Suspicion, alert: Alert, snapshot: Snapshot) -> None:
    """Weigh what a failing test calls as it is written: it may have failed before the call."""
    for test in alert.failed_tests:
        path, _, inner = test.node_id.partition("[")[0].partition("::")
        name = inner.replace("::", ".")
        for call in calls_in(snapshot.file(path).node_of(name)):
            place = Location(path=path, line=call.lineno, function=name)
            for unit in resolve_call(call, place, snapshot):
                if not is_test_path(unit[0]) and snapshot.file(unit[0]).span_of(unit[1]):
                    found.consider(unit)


def _add_related(
    found: _Suspicion, path: tuple[Location, ...], snapshot: Snapshot, *, known: bool
) -> None:
    """Weigh what feeds the failing line; where tests were traced, only what they ran."""
    if not path:
        return
    for unit, weight in list(relate(path, snapshot).weights.items()):
        if not unit[1] or is_test_path(unit[0]) or (known and unit not in found.signs):
            continue
        if snapshot.file(unit[0]).span_of(unit[1]) is not None:
            found.add(unit, "related", weight)


def _add_named(found: _Suspicion, alert: Alert, evidence: Evidence, snapshot: Snapshot) -> None:
    """Weigh the functions that the error itself names, as `Cart.total() takes ...` does."""
    said = " ".join(link.value for link in alert.exceptions[-1:])[:MAX_SAID]
    names = set(NAMED.findall(said))
    if not names:
        return
    near = sorted({unit[0] for unit in found.signs} | {place.path for place in evidence.path})
    every = sorted(path for path in snapshot.paths if path.endswith(".py"))
    for path in list(dict.fromkeys([*near, *every]))[:MAX_FILES]:
        for span in snapshot.file(path).spans:
            name = span.qualified_name
            if not is_test_path(path) and any(name == n or name.endswith(f".{n}") for n in names):
                found.add((path, name), "named", 1.0)


def _add_words(
    found: _Suspicion, alert: Alert, path: tuple[Location, ...], snapshot: Snapshot
) -> None:
    """Weigh the words that the failed tests and their error share with a function."""
    texts = {
        unit: Counter(_words(_source(unit, snapshot))) for unit in list(found.signs)[:MAX_UNITS]
    }
    relevance = _Relevance(texts)
    tests = [test.node_id.partition("::")[2] for test in alert.failed_tests]
    named = {word for test in tests for word in _words(test)} - {"test", "tests"}
    said = {word for link in alert.exceptions for word in _words(f"{link.type} {link.value}")}
    inside = [
        _source((place.path, place.function), snapshot)
        for place in path
        if place.function and is_test_path(place.path)
    ]
    tested = {word for text in inside for word in _words(text)}
    for sign, words in (
        ("name_words", named),
        ("said_words", said),
        ("test_words", tested),
    ):
        for unit, value in relevance.of(words).items():
            found.add(unit, sign, value)


class _Relevance:
    """How well words fit to texts: Okapi BM25, as a share of the best fit."""

    def __init__(self, texts: Mapping[Unit, Counter[str]]) -> None:
        self._texts = texts
        self._holding = Counter(word for text in texts.values() for word in text)
        lengths = [sum(text.values()) for text in texts.values()]
        self._average = sum(lengths) / len(lengths) if lengths and any(lengths) else 1.0

    def of(self, words: Iterable[str]) -> dict[Unit, float]:
        """Return the fit of each text."""
        wanted = frozenset(words)
        found = {unit: self._fit(wanted, text) for unit, text in self._texts.items()}
        best = max(found.values(), default=0.0)
        return {unit: fit / best for unit, fit in found.items()} if best > 0 else {}

    def _fit(self, words: frozenset[str], text: Counter[str]) -> float:
        length = 0.5 + 0.5 * sum(text.values()) / self._average
        fit = 0.0
        for word in words & text.keys():
            rare = math.log(
                1 + (len(self._texts) - self._holding[word] + 0.5) / (self._holding[word] + 0.5)
            )
            fit += rare * text[word] * 2.2 / (text[word] + 1.2 * length)
        return fit


def _source(unit: Unit, snapshot: Snapshot) -> str:
    """Return a function's own lines: those of a function inside it are that one's."""
    file = snapshot.file(unit[0])
    span = file.span_of(unit[1])
    if span is None:
        return ""
    inside = [each for each in file.spans if each.qualified_name.startswith(f"{unit[1]}.")]
    inner = {at for each in inside for at in range(each.first, each.last + 1)}
    own = range(span.first, min(span.last, len(file.lines)) + 1)
    return "\n".join(file.lines[at - 1] for at in own if at not in inner)


def _words(text: str) -> list[str]:
    return [word.lower() for word in WORD.findall(text)[:MAX_WORDS] if len(word) > 2]  # noqa: PLR2004
