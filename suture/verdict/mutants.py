"""Small wrong variants of a fix: a regression test that notices none of them proves little.

The classes are those of mutation testing: comparison, arithmetic, connector, condition, constant,
returned value, removed statement. https://doi.org/10.1109/TSE.2010.62
"""

import ast
import difflib
from collections import Counter
from collections.abc import Collection, Iterator
from typing import TypeGuard

from suture.domain.value import Line, Value
from suture.patterns.operators import ARITHMETIC, COMPARISONS
from suture.patterns.source import Edit, SourceFile, is_python

MAX_MUTANTS = 24
MAX_TITLE = 200

Change = tuple[Edit, str]
Node = ast.expr | ast.stmt


class Mutant(Value):
    """A fixed file with one small fault put into what the fix changed."""

    path: str
    line: int
    title: Line
    """What was changed, such as `<` into `<=`."""
    content: str


def changed_lines(base: str, patched: str) -> tuple[int, ...]:
    """Return the lines of the patched text that the base does not have, counted from 1."""
    return tuple(line for _, lines in _hunks(base, patched) for line in lines)


def _hunks(base: str, patched: str) -> Iterator[tuple[range, range]]:
    """Give the lines of the base, and those that stand in their place, counted from 1."""
    matcher = difflib.SequenceMatcher(None, base.splitlines(), patched.splitlines(), autojunk=False)
    for tag, before, until, first, last in matcher.get_opcodes():
        if tag in {"replace", "insert"}:
            yield range(before + 1, until + 1), range(first + 1, last + 1)


def near_mutants(path: str, base: str, patched: str) -> tuple[Mutant, ...]:
    """Return variants of what a fix changed in one Python file, at most `MAX_MUTANTS`.

    Each compiles and differs from the fix and from the base. None for what is no Python. What
    stands on a changed line as it stood before is left alone: that no test notices a fault there
    says nothing of the fix.
    """
    file = SourceFile.parse(path, patched)
    if file is None or not path.endswith(".py"):
        return ()
    new = _new_nodes(file, base)
    found: dict[str, Mutant] = {}
    for node in new:
        for edit, said in _changes(file, node, new):
            content = file.apply((edit,))
            if content in {patched, base} or content in found or not is_python(content):
                continue
            title = f"{path}:{node.lineno}: {said}"[:MAX_TITLE]
            found[content] = Mutant(path=path, line=node.lineno, title=title, content=content)
    return _spread(tuple(found.values()))


def _new_nodes(file: SourceFile, base: str) -> dict[Node, None]:
    """Return what changed lines hold and the base's lines in their place do not, in order."""
    before = SourceFile.parse(file.path, base)
    new: dict[Node, None] = {}
    for replaced, lines in _hunks(base, file.text):
        old = Counter(ast.dump(node) for node in _on_lines(before, replaced)) if before else {}
        for node in _on_lines(file, lines):
            shape = ast.dump(node)
            if old.get(shape):
                old[shape] -= 1
            else:
                new[node] = None
    return new


def _on_lines(file: SourceFile, lines: Collection[int]) -> Iterator[Node]:
    for node in file.nodes:
        if isinstance(node, ast.expr | ast.stmt) and node.lineno in lines:
            yield node


def _spread(mutants: tuple[Mutant, ...]) -> tuple[Mutant, ...]:
    """Keep some of every part where there are too many."""
    if len(mutants) <= MAX_MUTANTS:
        return mutants
    step = len(mutants) / MAX_MUTANTS
    return tuple(mutants[int(number * step)] for number in range(MAX_MUTANTS))


def _changes(file: SourceFile, node: Node, new: Collection[ast.AST]) -> Iterator[Change]:
    if isinstance(node, ast.stmt):
        yield from _of_statement(file, node)
    elif isinstance(node, ast.Compare | ast.BinOp):
        yield from _of_operation(file, node)
    elif isinstance(node, ast.BoolOp):
        yield from _of_connection(file, node, new)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield _with(file, node, f"({file.segment(node.operand)})")
    elif isinstance(node, ast.Constant) and not _is_docstring(file, node):
        for text in _other_constants(node.value):
            yield _with(file, node, text)


def _of_statement(file: SourceFile, node: ast.stmt) -> Iterator[Change]:
    if isinstance(node, ast.If | ast.While):
        yield _with(file, node.test, f"not ({file.segment(node.test)})")
    elif isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        yield _with(file, node.value, "None")
    elif isinstance(node, ast.Expr | ast.Assign | ast.AugAssign) and _is_removable(node):
        yield _with(file, node, "pass")


def _of_operation(file: SourceFile, node: ast.Compare | ast.BinOp) -> Iterator[Change]:
    if isinstance(node, ast.BinOp):
        left, right, others = node.left, node.right, ARITHMETIC.get(type(node.op), ())[:1]
    elif len(node.ops) == 1:
        left, right, others = node.left, node.comparators[0], COMPARISONS[type(node.ops[0])][:2]
    else:
        return
    for other in others:
        yield _with(file, node, f"({file.segment(left)}) {other} ({file.segment(right)})")


def _of_connection(
    file: SourceFile, node: ast.BoolOp, new: Collection[ast.AST]
) -> Iterator[Change]:
    other = " or " if isinstance(node.op, ast.And) else " and "
    parts = [f"({file.segment(value)})" for value in node.values]
    yield _with(file, node, f"({other.join(parts)})")
    for position in (0, len(parts) - 1):
        if any(value in new for value in node.values if value is not node.values[position]):
            yield _with(file, node, parts[position])


def _with(file: SourceFile, node: Node, text: str) -> Change:
    return file.replace(node, text), f"`{file.shown(node)}` as `{text[:80]}`"


def _other_constants(value: object) -> Iterator[str]:
    if isinstance(value, bool):
        yield repr(not value)
    elif isinstance(value, int | float):
        yield repr(value + 1)
        yield repr(value - 1) if value >= 1 else f"({value - 1!r})"
    elif isinstance(value, str):
        yield repr("" if value else "mutant")


def _is_docstring(file: SourceFile, node: ast.Constant) -> bool:
    return isinstance(file.parents[node], ast.Expr | ast.JoinedStr)


def _is_none(node: ast.expr) -> TypeGuard[ast.Constant]:
    return isinstance(node, ast.Constant) and node.value is None


def _is_removable(node: ast.Expr | ast.Assign | ast.AugAssign) -> bool:
    return not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
