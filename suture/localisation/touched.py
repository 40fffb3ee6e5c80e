"""Which lines of a file a change touched, cheaply: what it meant is another matter."""

import ast
import re
from bisect import bisect_left, bisect_right
from collections import Counter

from suture.localisation.functions import blocks_of, lines_of

AROUND = 3
"""A value may begin a few lines before the line that changed."""
NAME = re.compile(r"[^\W\d]\w*")


def touched_numbers(old: str, new: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the lines of each text that the other has not as often, with those around them."""
    before, after = lines_of(old), lines_of(new)
    counts = Counter(after)
    counts.subtract(before)
    odd = {line for line, count in counts.items() if count}
    return _near(before, odd), _near(after, odd)


def touches(old: str, new: str, names: frozenset[str]) -> bool:
    """Whether a change touched lines that name one of these, or lines beside such."""
    for text, numbers in zip((old, new), touched_numbers(old, new), strict=True):
        lines = lines_of(text)
        if any(not names.isdisjoint(NAME.findall(lines[number - 1])) for number in numbers):
            return True
    return False


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


def _near(lines: list[str], odd: set[str]) -> tuple[int, ...]:
    near: set[int] = set()
    for number, line in enumerate(lines, 1):
        if line in odd:
            near.update(range(number - AROUND, number + AROUND + 1))
    return tuple(sorted(number for number in near if 1 <= number <= len(lines)))
