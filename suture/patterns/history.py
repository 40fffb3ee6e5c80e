"""What changed between the last good text of a file and its text now, function by function.

Functions are matched by qualified name, renamed or moved ones by how alike their bodies are; what
stands outside functions is compared as one text. That way a moved function shows only what was
changed in it.
"""

import ast
import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from suture.patterns.source import SourceFile, first_line

MAX_LINES = 1_500
MAX_STRANGERS = 30
ALIKE = 0.6
FOLDED = "\0"
"""Begins the line that stands for a function; no source that parses holds this character."""
WORDS: dict[type[ast.AST], str] = {
    ast.Name: "id",
    ast.Attribute: "attr",
    ast.arg: "arg",
    ast.keyword: "arg",
    ast.FunctionDef: "name",
    ast.AsyncFunctionDef: "name",
    ast.ClassDef: "name",
    ast.Constant: "value",
}
"""Where a node keeps its word."""


@dataclass(frozen=True)
class Hunk:
    """Lines of the file now, and what stood there when all was well."""

    file: SourceFile
    unit: str
    """Qualified name of the function now; empty outside functions."""
    first: int
    last: int
    """Last line; `first` - 1 where the good text only has more."""
    lines: tuple[str, ...]
    """The good lines without their ends, indented as the file is now."""


@dataclass(frozen=True)
class _Unit:
    name: str
    numbers: tuple[int, ...]
    lines: tuple[str, ...]
    end: int
    """The line after the last one."""

    @property
    def indent(self) -> str:
        """White space before the first line."""
        return self.lines[0][: len(self.lines[0]) - len(self.lines[0].lstrip())]

    def text(self) -> str:
        """Return the body without its name and indentation."""
        return "\n".join(line.strip() for line in self.lines[1:])


def hunks_between(good: SourceFile, now: SourceFile) -> tuple[Hunk, ...]:
    """Return what changed, in the order of the file now."""
    old_units, new_units = _units(good), _units(now)
    pairs = dict(_pairs(old_units, new_units))
    kept = {old: FOLDED + new for new, old in pairs.items()}
    folded = {new: FOLDED + new if new in pairs else "" for new in new_units}
    found = list(_compare(now, _rest(good, old_units, kept), _rest(now, new_units, folded)))
    for new_name, old_name in pairs.items():
        found.extend(_compare(now, old_units[old_name], new_units[new_name]))
    return tuple(sorted(found, key=lambda hunk: (hunk.first, hunk.last)))


def _plain(file: SourceFile) -> list[str]:
    return [line.rstrip("\r\n") for line in file.lines]


def _units(file: SourceFile) -> dict[str, _Unit]:
    lines, units = _plain(file), dict[str, _Unit]()
    for name, node in file.functions.items():
        if file.function_of(node) is None:
            first, last = first_line(node), node.end_lineno or node.lineno
            numbers = tuple(range(first, last + 1))
            units[name] = _Unit(name, numbers, tuple(lines[first - 1 : last]), last + 1)
    return units


def _rest(file: SourceFile, units: dict[str, _Unit], folded: dict[str, str]) -> _Unit:
    """Return what stands outside functions, with each folded function as a single line.

    A function that is folded to nothing is left out; one that is not folded stays as it is.
    """
    lines = dict(enumerate(_plain(file), start=1))
    for name, line in folded.items():
        for number in units[name].numbers:
            del lines[number]
        if line:
            lines[units[name].numbers[0]] = line
    ordered = sorted(lines.items())
    numbers = tuple(number for number, _ in ordered)
    return _Unit("", numbers, tuple(line for _, line in ordered), len(file.lines) + 1)


def _pairs(old: dict[str, _Unit], new: dict[str, _Unit]) -> Iterator[tuple[str, str]]:
    yield from ((name, name) for name in new if name in old)
    strangers = [unit for name, unit in old.items() if name not in new][:MAX_STRANGERS]
    for unit in [unit for name, unit in new.items() if name not in old][:MAX_STRANGERS]:
        ratios = [
            (difflib.SequenceMatcher(None, other.text(), unit.text()).ratio(), other.name)
            for other in strangers
        ]
        ratio, name = max(ratios, default=(0.0, ""))
        if ratio >= ALIKE:
            strangers = [other for other in strangers if other.name != name]
            yield unit.name, name


def _compare(file: SourceFile, old: _Unit, new: _Unit) -> Iterator[Hunk]:
    before = _shift(old, new) if new.name else old.lines
    if max(len(before), len(new.lines)) > MAX_LINES or before == new.lines:
        return
    matcher = difflib.SequenceMatcher(None, before, new.lines, autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        text = "".join((*before[i1:i2], *new.lines[j1:j2]))
        numbers = new.numbers[j1:j2]
        whole = not numbers or numbers[-1] - numbers[0] == j2 - j1 - 1
        if tag != "equal" and text.strip() and FOLDED not in text and whole:
            first = (*new.numbers, new.end)[j1]
            yield Hunk(file, new.name, first, first + j2 - j1 - 1, before[i1:i2])


def _shift(old: _Unit, new: _Unit) -> tuple[str, ...]:
    if old.indent == new.indent:
        return old.lines
    return tuple(
        new.indent + line.removeprefix(old.indent) if line.strip() else line for line in old.lines
    )


def words_of(file: SourceFile) -> set[str]:
    """Return all names, attributes, keywords and texts of a file."""
    found: set[str] = set()
    for node in file.nodes:
        for kind, field in WORDS.items():
            word = getattr(node, field) if isinstance(node, kind) else None
            found |= {word} if isinstance(word, str) else set()
    return found


def by_function(hunks: tuple[Hunk, ...]) -> dict[str, tuple[Hunk, ...]]:
    """Group hunks by the function that they are in; module-level ones stay out."""
    names = dict.fromkeys(chain(hunk.unit for hunk in hunks if hunk.unit))
    return {name: tuple(hunk for hunk in hunks if hunk.unit == name) for name in names}
