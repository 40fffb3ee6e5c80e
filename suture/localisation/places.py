"""Ranks the functions where a fault shown by a failing test may have been made.

Evidence: the stack trace, what the failing tests run and the passing ones do not, the functions
that the error names, and the words that the test shares with a function. What the test runs itself
and functions that only hand a value on count for little.
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
from suture.localisation.related import Unit, relate
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
PER_FRAME = 0.7
"""What is left of a frame's weight one call further from the crash."""
NAMED = re.compile(r"\b((?:[A-Za-z_]\w{0,80}\.){0,5}[A-Za-z_]\w{0,80})\(\)")
WORD = re.compile(r"[A-Z]?[a-z]{2,40}|[A-Z]{2,40}(?![a-z])")
WEIGHTS: Mapping[str, float] = {
    "crash": 0.6,
    "trace": 0.5,
    "named": 0.8,
    "ochiai": 0.4,
    "mean_ochiai": 0.55,
    "raised": 0.2,
    "related": 0.1,
    "test_words": 0.6,
    "name_words": 0.4,
    "said_words": 0.25,
    "same_name": 0.2,
    "file_words": 0.2,
    "size": 0.3,
    "trivial": -0.3,
    "waited": -0.3,
}


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


def rank_functions(
    alert: Alert, evidence: Evidence, spectrum: Spectrum | None, snapshot: Snapshot
) -> tuple[Ranked, ...]:
    """Return the functions under suspicion, the most suspicious first; none that only test."""
    path = traced_path(evidence)
    found = _Suspicion()
    if spectrum is not None:
        _add_spectrum(found, spectrum, snapshot)
    _add_trace(found, alert, path, snapshot)
    _add_related(found, path, snapshot, known=spectrum is not None)
    _add_named(found, alert, evidence, snapshot)
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
    for ran in spectrum.lines:
        unit = _unit(ran.path, ran.line, snapshot)
        if unit is not None:
            seen[unit].append(spectrum.ochiai(ran))
    for unit, values in seen.items():
        found.add(unit, "ochiai", max(values))
        found.add(unit, "mean_ochiai", sum(values) / len(values))
        found.add(unit, "size", min(1.0, math.log1p(len(values)) / math.log(MANY_LINES)))
        if _hands_on(unit, snapshot):
            found.add(unit, "trivial", 1.0)
    for ran in spectrum.raised:
        unit = _unit(ran.path, ran.line, snapshot)
        if unit is not None:
            found.add(unit, "raised", spectrum.ochiai(ran))


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
    waited = any(WAITED.search(link.type) for link in alert.exceptions[-1:])
    own = [place for place in path if place.function and not is_test_path(place.path)]
    for distance, place in enumerate(reversed(own)):
        unit = place.path, place.function or ""
        if snapshot.file(place.path).span_of(unit[1]) is not None:
            found.add(unit, "trace", PER_FRAME**distance)
            if waited:
                found.add(unit, "waited", 1.0)
            elif distance == 0 and place == path[-1]:
                found.add(unit, "crash", 1.0)


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
    stems = {test.node_id.partition("::")[0].rpartition("/")[2] for test in alert.failed_tests}
    filed = {word for stem in stems for word in _words(stem)} - {"test", "tests"}
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
        ("file_words", filed),
    ):
        for unit, value in relevance.of(words).items():
            found.add(unit, sign, value)
    for unit in texts:
        own = set(_words(unit[1].rpartition(".")[2]))
        if own:
            found.add(unit, "same_name", len(own & named) / len(own))


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
    file = snapshot.file(unit[0])
    span = file.span_of(unit[1])
    return "\n".join(file.lines[span.first - 1 : span.last]) if span else ""


def _words(text: str) -> list[str]:
    return [word.lower() for word in WORD.findall(text)[:MAX_WORDS] if len(word) > 2]  # noqa: PLR2004
