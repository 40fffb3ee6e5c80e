"""Which lines of a file a change touched, cheaply: what it meant is another matter."""

import ast
import re
from bisect import bisect_left, bisect_right
from difflib import SequenceMatcher

from suture.localisation.functions import blocks_of, lines_of

AROUND = 3
"""A value may begin a few lines before the line that changed."""
NAME = re.compile(r"[^\W\d]\w*")
TOP_LEVEL = re.compile(r"[^\s#)\]}]")
DEFINES = re.compile(r"(?:async\s+def|def|class)\s+(\w+)")


def touched_numbers(old: str, new: str, around: int = 0) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the lines of each text that the other has not there, with so many around them."""
    before, after = lines_of(old), lines_of(new)
    same = min(len(before), len(after))
    head = next((at for at in range(same) if before[at] != after[at]), same)
    rest = same - head
    tail = next((at for at in range(rest) if before[-1 - at] != after[-1 - at]), rest)
    inner = before[head : len(before) - tail], after[head : len(after) - tail]
    here: set[int] = set()
    there: set[int] = set()
    for kind, first, last, start, end in SequenceMatcher(None, *inner).get_opcodes():
        if kind != "equal":
            here.update(range(head + first + 1 - around, head + last + 1 + around))
            there.update(range(head + start + 1 - around, head + end + 1 + around))
    return _within(here, len(before)), _within(there, len(after))


def touches(old: str, new: str, names: frozenset[str]) -> bool:
    """Whether a change touched lines that name one of these, or lines beside such."""
    for text, numbers in zip((old, new), touched_numbers(old, new, AROUND), strict=True):
        lines = lines_of(text)
        if any(not names.isdisjoint(NAME.findall(lines[number - 1])) for number in numbers):
            return True
    return False


def touched_blocks(old: str, new: str) -> tuple[str, str] | None:
    """Return the top-level functions and classes that a change touched, as both texts have them.

    None where it touched something else at the top level. A file of thousands of lines need not
    be parsed for one that changed. What stands inside long strings is no definition.
    """
    before, after = _Blocks(lines_of(old)), _Blocks(lines_of(new))
    numbers = touched_numbers(old, new)
    names: set[str] = set()
    for blocks, touched in zip((before, after), numbers, strict=True):
        for number in touched:
            name = blocks.name_at(number)
            if name is None:
                return None
            names.add(name)
    return before.text_of(names), after.text_of(names)


class _Blocks:
    """The top-level definitions of a file, by how its lines begin."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._starts: list[int] = []
        self._names: list[str | None] = []
        """What begins at each start; None for what is no definition."""
        decorated, quotes = False, 0
        for number, line in enumerate(lines, 1):
            quoted = quotes % 2 == 1
            quotes += line.count('"""') + line.count("'''")
            if not TOP_LEVEL.match(line):
                continue
            found = None if quoted else DEFINES.match(line)
            if not decorated:
                self._starts.append(number)
                self._names.append(None)
            if found:
                self._names[-1] = found[1]
            decorated = not quoted and line.startswith("@")

    def name_at(self, number: int) -> str | None:
        """Return the definition that holds a line, or that it stands below."""
        at = bisect_right(self._starts, number) - 1
        return self._names[at] if at >= 0 else None

    def text_of(self, names: set[str]) -> str:
        """Return the definitions of these names, one after the other."""
        ends = [*(start - 1 for start in self._starts[1:]), len(self._lines)]
        parts = [
            "\n".join(self._lines[start - 1 : end])
            for start, end, name in zip(self._starts, ends, self._names, strict=False)
            if name in names
        ]
        return "\n".join(parts)


def touched_units(tree: ast.Module, numbers: tuple[int, ...]) -> frozenset[str]:
    """Return the functions and classes that hold one of these lines; the empty name is the rest."""
    found: set[str] = set()
    outside = set(numbers)
    waiting: list[tuple[str, ast.stmt]] = [("", node) for node in tree.body]
    while waiting:
        prefix, node = waiting.pop()
        inside = _inside(node, numbers)
        if not inside:
            continue
        name = prefix
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{prefix}.{node.name}" if prefix else node.name
            found.add(name)
            outside.difference_update(inside)
        waiting.extend((name, inner) for block in blocks_of(node) for inner in block)
    return frozenset(found | {""} if outside else found)


def _inside(node: ast.stmt, numbers: tuple[int, ...]) -> tuple[int, ...]:
    decorators = getattr(node, "decorator_list", ())
    first = min([node.lineno, *(each.lineno for each in decorators)])
    last = node.end_lineno or node.lineno
    return numbers[bisect_left(numbers, first) : bisect_right(numbers, last)]


def _within(numbers: set[int], count: int) -> tuple[int, ...]:
    return tuple(sorted(number for number in numbers if 1 <= number <= count))
